/** Who makes the databases for `isolation: 'database'`. */
import { openServer } from './driver/server-connection.ts'
import { ownPg } from './driver/pg.ts'
import type { Clone, ClonePool, Login } from './session/clones.ts'
import { ask } from './session/ask.ts'
import { BACKEND, readFields } from './protocol/backend.ts'
import type { ServerConnection } from './session/server-connection.ts'

let serial = 0

export function makePool(login: Login, from: string): ClonePool {
  return new MinimalPool(login, from)
}

class MinimalPool implements ClonePool {
  readonly #ahead: Promise<Clone>[] = []
  readonly #all = new Set<string>()
  readonly #drops: Promise<unknown>[] = []
  #line: Promise<unknown> = Promise.resolve()
  readonly #login: Login
  readonly #from: string
  #server: Promise<ServerConnection> | undefined
  constructor(login: Login, from: string) {
    this.#login = login
    this.#from = from
  }
  take(): Promise<Clone> {
    const taken = this.#ahead.shift() ?? this.#make()
    taken.then(
      () => {
        if (this.#ahead.length === 0) {
          const next = this.#make()
          next.catch(() => {})
          this.#ahead.push(next)
        }
      },
      () => {},
    )
    return taken
  }
  release({ name }: Clone, { keep = false } = {}): void {
    if (keep) {
      this.#all.delete(name)
      process.stderr.write(`kept ${name}: psql ${this.#from}\n`)
    } else this.#drops.push(this.#drop(name))
  }
  async end(): Promise<void> {
    await Promise.allSettled(this.#ahead)
    await Promise.all([...this.#drops, ...[...this.#all].map((name) => this.#drop(name))])
    ;(await this.#server)?.socket.end()
  }
  async #drop(name: string): Promise<void> {
    this.#all.delete(name)
    await this.#query(`DROP DATABASE IF EXISTS "${name}" WITH (FORCE)`)
  }
  async #make(): Promise<Clone> {
    serial += 1
    const name = `pgs_test_${process.pid}_${serial}`
    this.#all.add(name)
    await this.#query(`CREATE DATABASE "${name}" TEMPLATE "${this.#from}"`)
    return { name }
  }
  #query(sql: string): Promise<unknown> {
    const result = this.#line.then(async () => {
      this.#server ??= this.#connect()
      const { socket } = await this.#server
      let error: Record<string, string> | undefined
      await ask(socket, [sql], (bytes) => {
        if (bytes[0] === BACKEND.error) error = readFields(bytes)
      })
      socket.unref?.()
      if (error !== undefined) throw Object.assign(new Error(error['M']), { code: error['C'] })
    })
    this.#line = result.catch(() => {})
    return result
  }
  #connect(): Promise<ServerConnection> {
    const real = ownPg()
    const client = new real.Client({ ...this.#login, database: 'postgres' })
    return openServer(real, client, 'own')
  }
}
