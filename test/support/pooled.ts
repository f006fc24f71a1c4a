import { type Client, Pool, type PoolClient } from 'pg'
import { testTransaction } from '../../src/index.ts'
import { describeError } from './both-ways.ts'
import { type TestDatabase, useDatabase } from './database.ts'

export type Pooled = {
  readonly database: TestDatabase
  /** A new pool for each test. */
  readonly pool: Pool
  /** Clients that the end of the test gives back or ends. */
  readonly clients: (PoolClient | Client)[]
  /** A client of the pool, given back at the end of the test. */
  lend(): Promise<PoolClient>
}

/**
 * A database with a table `notes` and a pool for each test. After each test the sandbox is closed, and nothing may have
 * been committed to `notes`.
 */
export function usePooled(schema: string): Pooled {
  const database = useDatabase(schema)
  let pool: Pool
  let clients: (PoolClient | Client)[]

  beforeEach(() => {
    testTransaction.configure({ rollbackTimeout: 5000 })
    clients = []
    pool = new Pool({ connectionString: database.url() })
    pool.on('error', () => {})
  })

  afterEach(async () => {
    await testTransaction.close()
    const left = await database.countOutside('notes')
    await database.outside('truncate notes')
    for (const client of clients) {
      if ('release' in client) client.release(true)
      else await client.end().catch(() => {})
    }
    await pool.end()
    expect(left).toBe(0)
  }, 20_000)

  return {
    database,
    get pool() {
      return pool
    },
    get clients() {
      return clients
    },
    async lend() {
      const client = await pool.connect()
      client.on('error', () => {})
      clients.push(client)
      return client
    },
  }
}

/** The rows, or the error as plain data. */
export function outcome(promise: Promise<unknown>): Promise<any> {
  return promise.then((result: any) => result?.rows ?? result, describeError)
}

/** What `promise` gives, or 'pending' when it takes too long. */
export function settled<Result>(promise: Promise<Result>, limit = 3000): Promise<Result | 'pending'> {
  return Promise.race([promise, pause(limit).then(() => 'pending' as const)])
}

export function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds).unref())
}
