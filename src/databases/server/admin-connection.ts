/**
 * One connection to the server's maintenance database, open while somebody uses it, with the locks of its users. Each
 * `Server` has one.
 */
import { type AdvisoryLock, argumentsOf } from '../naming/advisory-lock.ts'
import { type Address, databaseOf, onDatabase } from './address.ts'
import { connect, type Queryable } from './queryable.ts'

/** Gives up the lock that was taken, and closes the connection unless somebody else uses it. Twice does no harm. */
export type ReleaseServer = () => Promise<void>

/** What runs on the connection. */
export type Admin = Pick<Queryable, 'query' | 'runInOrder'>

/** The databases to work from, in order: advisory locks are one database's, so all processes must choose alike. */
const MAINTENANCE = ['postgres', 'template1'] as const

/** No such database, no right to connect to it, no entry for it in pg_hba.conf. */
const NOT_THIS_ONE: readonly unknown[] = ['3D000', '42501', '28000']

export class AdminConnection implements Admin {
  readonly #address: Address
  readonly #locks: Set<AdvisoryLock>
  #users = 0
  #open: Promise<Queryable> | undefined

  /** @param lock is shared while the connection is open */
  constructor(address: Address, lock: AdvisoryLock) {
    this.#address = address
    this.#locks = new Set([lock])
  }

  /** The connection is opened by the first query, and closed when its last user has released it. */
  keepOpen(): ReleaseServer {
    this.#users += 1
    let released: Promise<void> | undefined
    return () => (released ??= this.#letGo())
  }

  query<Row>(sql: string, values?: readonly unknown[]): Promise<Row[]> {
    return this.#onConnection((open) => open.query<Row>(sql, values))
  }

  runInOrder(statements: readonly string[]): Promise<void> {
    return this.#onConnection((open) => open.runInOrder(statements))
  }

  /** Takes a shared lock, again also after the connection was lost. */
  async share(lock: AdvisoryLock): Promise<ReleaseServer> {
    const release = this.keepOpen()
    try {
      await takeShared(await this.#opened(), lock)
    } catch (error) {
      await release()
      throw error
    }
    this.#locks.add(lock)
    return async () => {
      if (this.#locks.delete(lock) && this.#users > 1) await this.#unshare(lock)
      await release()
    }
  }

  async #onConnection<Result>(work: (open: Queryable) => Promise<Result>): Promise<Result> {
    const release = this.keepOpen()
    try {
      return await work(await this.#opened())
    } finally {
      await release()
    }
  }

  /** A connection that was lost meanwhile has not taken the lock again. */
  async #unshare(lock: AdvisoryLock): Promise<void> {
    const open = await this.#opened()
    await open.query(`SELECT pg_catalog.pg_advisory_unlock_shared(${argumentsOf(lock)})`)
  }

  async #letGo(): Promise<void> {
    this.#users -= 1
    if (this.#users > 0) return
    const open = this.#open
    this.#open = undefined
    await (await open)?.end()
  }

  #opened(): Promise<Queryable> {
    if (this.#open !== undefined) return this.#open
    const opening = this.#connect()
    this.#open = opening
    const forget = (): void => {
      if (this.#open === opening) this.#open = undefined
    }
    opening.then((open) => open.onLost(forget), forget)
    return opening
  }

  async #connect(): Promise<Queryable> {
    const open = await connectForMaintenance(this.#address)
    try {
      for (const lock of this.#locks) await takeShared(open, lock)
      return open
    } catch (error) {
      await open.end()
      throw error
    }
  }
}

function takeShared(open: Queryable, lock: AdvisoryLock): Promise<unknown> {
  return open.query(`SELECT pg_catalog.pg_advisory_lock_shared(${argumentsOf(lock)})`)
}

async function connectForMaintenance(address: Address): Promise<Queryable> {
  for (const database of MAINTENANCE) {
    try {
      return await connect(onDatabase(address, database))
    } catch (error) {
      if (!NOT_THIS_ONE.includes((error as { code?: unknown }).code)) throw error
    }
  }
  return connect(onDatabase(address, databaseOf(address)))
}
