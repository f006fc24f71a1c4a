/** One user of the database: keeps a client, takes a new one when it is lost, and knows what was acknowledged. */
import { Client, type PoolClient } from 'pg'
import type { Statement } from '../program.ts'
import { queryOf } from '../query.ts'
import type { Ledger } from './ledger.ts'
import type { Outcome } from './outcomes.ts'
import type { ActorPlan } from './program.ts'
import type { RunningTest } from './running-test.ts'

/** The rows written in the open transaction, as long as it is certain that they stand or fall with it. */
interface Block {
  readonly client: Client | PoolClient | undefined
  readonly epoch: number
  readonly marks: number[]
  isCertain: boolean
}

const RECONNECTIONS = 3

export class Actor {
  readonly plan: ActorPlan
  readonly test: RunningTest
  readonly ledger: Ledger
  #client: Client | PoolClient | undefined
  #isLost = false
  #connections = 0
  #reconnecting: Promise<void> | undefined
  #onEnd = (): void => {}
  /** Settles when its client has ended. */
  #ended: Promise<void> = new Promise(() => {})
  #block: Block | undefined
  /** A string has begun or ended transactions: until a commit or rollback of its own nobody knows whether one is open. */
  #isUnsure = false
  readonly #onError = (): void => {
    this.#isLost = true
  }

  constructor(plan: ActorPlan, test: RunningTest, ledger: Ledger) {
    this.plan = plan
    this.test = test
    this.ledger = ledger
  }

  get client(): Client | PoolClient | undefined {
    return this.#client
  }

  /** Ahead of the sandbox, for a client that was there before it. */
  async connectBefore(): Promise<void> {
    if (this.plan.through === 'before') await this.#connect()
  }

  /** A client that works, as far as pg knows; undefined when there is none to be had. */
  async ready(): Promise<Client | PoolClient | undefined> {
    if (this.#client !== undefined && !this.#isLost) return this.#client
    this.#reconnecting ??= this.#reconnect().finally(() => {
      this.#reconnecting = undefined
    })
    await this.#reconnecting
    return this.#client
  }

  async query(statement: Statement): Promise<Outcome> {
    const { sql } = statement
    // pg takes a text in place of a configuration, which its types tell in two signatures.
    const config = queryOf(statement) as string
    const { promises, pool } = this.test
    if (this.test.isStopped) return { error: new Error('the test has been given up') }
    if (this.plan.through === 'pool') return promises.track(`pool.query ${sql}`, () => pool.query(config))
    const client = await this.ready()
    if (client === undefined || this.test.isStopped) return { error: new Error('there is no client') }
    const outcome = await promises.track(`query ${sql}`, () => client.query(config))
    if ('error' in outcome) this.doubt()
    return outcome
  }

  async begin(): Promise<Outcome> {
    const { epoch } = this.ledger
    const outcome = await this.query(command('begin'))
    if (this.#block === undefined && !this.#isUnsure && 'value' in outcome)
      this.#block = { client: this.#client, epoch, marks: [], isCertain: true }
    return outcome
  }

  async commit(): Promise<Outcome> {
    const block = this.#takeBlock()
    const outcome = await this.query(command('commit'))
    if ('value' in outcome) this.#isUnsure = false
    const isCommitted = 'value' in outcome && Reflect.get(outcome.value as object, 'command') === 'COMMIT'
    if (isCommitted && this.#isCertain(block)) this.ledger.acknowledge(block.marks, block.epoch)
    return outcome
  }

  async rollback(): Promise<Outcome> {
    const block = this.#takeBlock()
    const outcome = await this.query(command('rollback'))
    if ('value' in outcome) this.#isUnsure = false
    if ('value' in outcome && this.#isCertain(block)) this.ledger.undo(block.marks)
    return outcome
  }

  async mark(): Promise<Outcome> {
    const number = this.ledger.take()
    const { epoch } = this.ledger
    await this.ready()
    const block = this.#block
    const outcome = await this.query(command(`insert into ledger values (${number})`))
    if ('error' in outcome || this.#isUnsure) return outcome
    if (block === undefined && this.#usesPool && this.test.isPoolDirty) return outcome
    if (block === undefined) this.ledger.acknowledge([number], epoch)
    else block.marks.push(number)
    return outcome
  }

  /** Something was said that may have ended a transaction or begun one. */
  lookAway(): void {
    this.#isUnsure = true
    this.doubt()
  }

  /** Something was said that may have undone a part of the transaction. */
  doubt(): void {
    if (this.#block !== undefined) this.#block.isCertain = false
  }

  /** What `promise` gives; or an error when the client ends, for some streams of pg then wait for ever. */
  async untilEnd<Result>(promise: Promise<Result>): Promise<Result> {
    const ended = this.#ended.then(() => new Promise((resolve) => setTimeout(resolve, 100)))
    const failed = ended.then(() => {
      throw new Error('Connection terminated')
    })
    failed.catch(() => {})
    return Promise.race([promise, failed])
  }

  /** Gives the client back, or ends it. */
  async leave(): Promise<void> {
    const client = this.#client
    if (this.#usesPool && (this.#block !== undefined || this.#isUnsure)) this.test.isPoolDirty = true
    this.#client = undefined
    this.#block = undefined
    this.#isUnsure = false
    if (client === undefined) return
    client.off('end', this.#onEnd)
    if (!('release' in client)) {
      await this.test.promises.track('client.end', () => client.end())
      return
    }
    client.off('error', this.#onError)
    await this.test.promises.track('client.release', () => client.release(this.#isLost))
  }

  async #reconnect(): Promise<void> {
    await this.leave()
    if (this.#connections <= RECONNECTIONS && !this.test.isStopped) await this.#connect()
  }

  async #connect(): Promise<void> {
    const { promises, pool, url } = this.test
    this.#isLost = false
    this.#connections += 1
    const outcome = await promises.track('connect', async () => {
      if (this.plan.through === 'pooled') return pool.connect()
      const config = { connectionString: url, pipeline: this.plan.through === 'pipelined' }
      const client = new Client(config).on('error', this.#onError)
      this.test.clients.add(client)
      await client.connect()
      return client
    })
    if ('error' in outcome) return
    this.#client = outcome.value
    if (this.plan.through === 'pooled') this.#client.on('error', this.#onError)
    this.#ended = new Promise((resolve) => {
      this.#onEnd = () => {
        this.#isLost = true
        resolve()
      }
    })
    this.#client.on('end', this.#onEnd)
  }

  get #usesPool(): boolean {
    return this.plan.through === 'pool' || this.plan.through === 'pooled'
  }

  #isCertain(block: Block | undefined): block is Block {
    return block?.isCertain === true && block.client === this.#client && block.epoch === this.ledger.epoch
  }

  #takeBlock(): Block | undefined {
    const block = this.#block
    this.#block = undefined
    return block
  }
}

function command(sql: string): Statement {
  return { kind: 'statement', sql, protocol: 'simple' }
}
