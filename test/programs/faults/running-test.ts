/** A program while it runs: what its actors and its fault share. */
import { Client, type Pool } from 'pg'
import { Ledger } from './ledger.ts'
import { type Outcome, Promises } from './outcomes.ts'
import type { Program } from './program.ts'
import type { World } from './world.ts'

export class RunningTest {
  readonly world: World
  readonly database: Program['database']
  readonly promises = new Promises()
  /** The rows of the main scope. */
  readonly ledger = new Ledger(0)
  /** What is not as it must be. */
  readonly findings: string[] = []
  /** Clients outside the pool, which may have to be ended by force. */
  readonly clients = new Set<Client>()
  readonly pool: Pool
  /** The test has been given up: its actors take no further step. */
  isStopped = false
  isPoolEnded = false
  /** A setting of a pooled client outlives the test, as it does without a sandbox. */
  isPoolSlow = false
  /** A client was given back to the pool with a transaction open: what others write through it may be undone with that. */
  isPoolDirty = false
  levels = 0

  constructor(world: World, database: Program['database']) {
    this.world = world
    this.database = database
    this.pool = world.openPool(database)
  }

  get url(): string {
    return this.world.url(this.database)
  }

  startLevel(): Promise<Outcome<void>> {
    this.levels += 1
    this.ledger.openLevel()
    return this.promises.track('start()', () => this.world.sandbox.start())
  }

  rollbackLevel(): Promise<Outcome<void>> {
    this.levels -= 1
    this.ledger.undoLevel()
    return this.promises.track('rollback()', () => this.world.sandbox.rollback())
  }

  /** May what is left of the test be compared with what was acknowledged? If the test can still be asked. */
  async verify(ledger: Ledger): Promise<void> {
    if (this.world.isPlain) return
    const faultsIn = ledger.expectation()
    const client = new Client({ connectionString: this.url }).on('error', () => {})
    this.clients.add(client)
    const asked = await this.promises.track('verify', async () => {
      await client.connect()
      const { rows } = await client.query<{ n: number }>('select n from ledger')
      return rows.map(({ n }) => n)
    })
    await this.promises.track('verify: end', () => client.end())
    if ('value' in asked && !this.isStopped) this.findings.push(...faultsIn(asked.value))
  }

  endPool(): Promise<Outcome<void>> {
    this.isPoolEnded = true
    return this.promises.track('pool.end()', () => this.pool.end())
  }
}
