/** One connection to the server's maintenance database, open while somebody holds it, with the locks of its holders. */
import { type AdvisoryLock, argumentsOf } from '../naming/advisory-lock.ts'
import { type Connection, databaseOf, onDatabase } from './address.ts'
import { connect, type Queryable } from './queryable.ts'

/** Gives up what was taken. Twice does no harm. */
export type Release = () => Promise<void>

/** What runs on the connection. */
export type Admin = Pick<Queryable, 'query' | 'runInOrder'>

/** The databases to work from, in order: advisory locks are one database's, so all processes must choose alike. */
const MAINTENANCE = ['postgres', 'template1'] as const

/** No such database, no right to connect to it, no entry for it in pg_hba.conf. */
const NOT_THIS_ONE: readonly unknown[] = ['3D000', '42501', '28000']

export class AdminConnection implements Admin {
  readonly #connection: Connection
  readonly #locks: Set<AdvisoryLock>
  #holds = 0
  #open: Promise<Queryable> | undefined

  /** @param lock is shared while the connection is open */
  constructor(connection: Connection, lock: AdvisoryLock) {
    this.#connection = connection
    this.#locks = new Set([lock])
  }

  /** The connection is opened by the first query, and closed when the last hold is released. */
  hold(): Release {
    this.#holds += 1
    let released: Promise<void> | undefined
    return () => (released ??= this.#letGo())
  }

  query<Row>(sql: string, values?: readonly unknown[]): Promise<Row[]> {
    return this.#held((open) => open.query<Row>(sql, values))
  }

  runInOrder(statements: readonly string[]): Promise<void> {
    return this.#held((open) => open.runInOrder(statements))
  }

  /** Takes a shared lock, again also after the connection was lost. */
  async share(lock: AdvisoryLock): Promise<Release> {
    const release = this.hold()
    try {
      await takeShared(await this.#opened(), lock)
    } catch (error) {
      await release()
      throw error
    }
    this.#locks.add(lock)
    return async () => {
      if (this.#locks.delete(lock) && this.#holds > 1) await this.#unshare(lock)
      await release()
    }
  }

  async #held<Result>(work: (open: Queryable) => Promise<Result>): Promise<Result> {
    const release = this.hold()
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
    this.#holds -= 1
    if (this.#holds > 0) return
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
    const open = await connectForMaintenance(this.#connection)
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

async function connectForMaintenance(connection: Connection): Promise<Queryable> {
  for (const database of MAINTENANCE) {
    try {
      return await connect(onDatabase(connection, database))
    } catch (error) {
      if (!NOT_THIS_ONE.includes((error as { code?: unknown }).code)) throw error
    }
  }
  return connect(onDatabase(connection, databaseOf(connection)))
}
