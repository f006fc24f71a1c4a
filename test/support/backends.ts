/**
 * What keeps tests apart, as backends of one behaviour. `test/integration/backends/` states the core behaviours once, and
 * `npm test` runs them over each; without it a backend other than the default would be seen by its own tests alone.
 */
import { Pool } from 'pg'
import { testTransaction } from '../../src/index.ts'
import { type TestDatabase, useDatabase } from './database.ts'

export const BACKENDS = ['transaction', 'schema', 'database'] as const

export type Backend = (typeof BACKENDS)[number]

export type BackendTests = {
  readonly database: TestDatabase
  /** Of three clients; the same for all tests, as an application's. */
  readonly pool: Pool
}

/**
 * A database and a pool for the tests of a describe block, with a level around each test and one around all of them. At
 * the end nothing may have been committed to the table `notes`.
 *
 * @example
 * describe.each(BACKENDS)("isolation: '%s'", (backend) => {
 *   const tests = useBackend(backend, 'create table notes (id int primary key)')
 *   test('…', async () => { await tests.pool.query('insert into notes values (1)') })
 * })
 */
export function useBackend(backend: Backend, schema: string): BackendTests {
  const database = useDatabase(schema)
  let pool: Pool

  beforeAll(async () => {
    await database.leave()
    testTransaction.configure({ isolation: backend })
    pool = new Pool({ connectionString: database.url(), max: 3 })
    await testTransaction.start()
  })
  beforeEach(testTransaction.start)
  afterEach(testTransaction.rollback)
  afterAll(async () => {
    await testTransaction.close()
    await pool.end()
    testTransaction.configure({ isolation: 'transaction' })
    expect(await database.countOutside('notes')).toBe(0)
  })

  return {
    database,
    get pool() {
      return pool
    },
  }
}
