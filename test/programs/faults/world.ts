/** The databases that the programs of one process work on, and how to look at them from outside. */
import { Pool } from 'pg'
import { openOutside, type Outside, type Row } from '../../support/outside.ts'
import { Patience } from '../patience.ts'
import { type Sandbox, sandboxOf } from '../sandbox.ts'
import { CuttingProxy } from './cutting-proxy.ts'
import type { Program } from './program.ts'
import { restartServer } from './server.ts'
import { SCHEMAS } from './statements.ts'

export interface WorldOptions {
  readonly server: string
  readonly data: string
  readonly plain: boolean
  /** Milliseconds within which a program must settle. */
  readonly limit: number
}

export class World {
  readonly isPlain: boolean
  readonly sandbox: Sandbox
  readonly patience: Patience
  readonly proxy: CuttingProxy
  /** Lives as long as the process, as an application's does; its clients have no connection between the programs. */
  readonly pools: Readonly<Record<Program['database'], Pool>>
  readonly #options: WorldOptions
  readonly #outside: Outside = openOutside()

  private constructor(options: WorldOptions, proxy: CuttingProxy) {
    this.#options = options
    this.proxy = proxy
    this.isPlain = options.plain
    this.sandbox = sandboxOf({ isPlain: options.plain })
    this.patience = new Patience(options.limit)
    this.pools = { plain: this.openPool('plain'), functions: this.openPool('functions') }
  }

  static async open(options: WorldOptions): Promise<World> {
    const { hostname, port } = new URL(options.server)
    const world = new World(options, await CuttingProxy.start({ host: hostname, port: Number(port) }))
    for (const [database, schema] of Object.entries(SCHEMAS)) {
      await world.#outside.query(options.server, `drop database if exists faults_${database}`)
      await world.#outside.query(options.server, `create database faults_${database} template template0`)
      await world.look(database as Program['database'], schema)
    }
    await world.#warmUp()
    return world
  }

  get limit(): number {
    return this.#options.limit
  }

  /** The way through the proxy. */
  url(database: Program['database']): string {
    return changed(this.#options.server, { pathname: `/faults_${database}`, port: String(this.proxy.port) })
  }

  openPool(database: Program['database']): Pool {
    return new Pool({ connectionString: this.url(database), idleTimeoutMillis: 0 }).on('error', () => {})
  }

  /** Asks past the proxy, from another process; again where a restart has ended the connection. */
  async look(database: Program['database'], sql: string, values: unknown[] = []): Promise<Row[]> {
    const url = changed(this.#options.server, { pathname: `/faults_${database}` })
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await this.#outside.query(url, sql, values)
      } catch (error) {
        const { code, message } = error as { code?: string; message: string }
        const isLost = /^(57P0|ECONN|EPIPE)/.test(code ?? '') || /terminated|not queryable/.test(message)
        if (!isLost || attempt === 100) throw error
        await new Promise((resolve) => setTimeout(resolve, 50))
      }
    }
  }

  /** Without a sandbox, what a program writes must be taken back. */
  async reset(database: Program['database']): Promise<void> {
    await this.look(
      database,
      `select pg_terminate_backend(pid, 5000) from pg_stat_activity
      where datname = current_database() and pid <> pg_backend_pid()`,
    )
    await this.look(database, `drop schema public cascade; create schema public; ${SCHEMAS[database]}`)
  }

  restart(mode: 'fast' | 'immediate'): Promise<void> {
    return restartServer(this.#options.data, mode)
  }

  /** What is made once and kept, such as listeners of the pools, is not to be taken for a leak of the first program. */
  async #warmUp(): Promise<void> {
    if (this.isPlain) return
    await this.sandbox.start()
    for (const pool of Object.values(this.pools)) await pool.query('select 1')
    await this.sandbox.close()
  }

  async close(): Promise<void> {
    await Promise.all(Object.values(this.pools).map((pool) => pool.end()))
    await this.proxy.close()
    this.#outside.close()
    this.patience.end()
  }
}

function changed(url: string, change: { readonly pathname: string; readonly port?: string }): string {
  return Object.assign(new URL(url), change).href
}
