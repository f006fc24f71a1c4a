import { Client, Pool } from 'pg'
import { testTransaction } from '../../src/index.ts'
import { useDatabase } from '../support/database.ts'
import { until } from '../support/until.ts'

const database = useDatabase('create table notes (id int primary key, body text)')
const add = 'insert into notes values ($1)'

let pool: Pool
let poolErrors: string[]

beforeAll(testTransaction.start)
beforeEach(async () => {
  poolErrors = []
  pool = new Pool({ connectionString: database.url() })
  pool.on('error', (error) => poolErrors.push(error.message))
  await testTransaction.start()
})
afterEach(async () => {
  await testTransaction.rollback()
  await pool.end()
})
afterAll(testTransaction.close)

/** Ends every connection of the test from outside, and waits until the server has. */
async function terminateAll(): Promise<void> {
  const others = `from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()`
  await database.outside(`select pg_terminate_backend(pid) ${others}`)
  await until(async () => (await database.outside(`select pid ${others}`)).length === 0)
  await new Promise((resolve) => setTimeout(resolve, 20))
}

async function theNextTestIsClean(): Promise<void> {
  await testTransaction.rollback()
  await testTransaction.start()
  await pool.query(add, [1])
  expect((await pool.query('select id from notes')).rows).toEqual([{ id: 1 }])
  expect(await database.countOutside('notes')).toBe(0)
}

const settled = (promise: Promise<unknown>): Promise<{ code?: string; message: string } | string> =>
  promise.then(
    () => 'passed',
    (error) => error,
  )

describe('when the pinned connection is terminated', () => {
  test('while idle, after a write: the test fails with an explanation, the next is clean', async () => {
    await pool.query(add, [1])
    await terminateAll()
    const outcome = await settled(pool.query('select * from notes'))
    expect(outcome).toMatchObject({ code: 'PG_SANDBOX_CONNECTION_LOST' })
    expect(outcome).toHaveProperty(
      'message',
      expect.stringContaining('terminating connection due to administrator command'),
    )
    // Never half of the test: what comes later does not run either.
    expect(await settled(pool.query(add, [2]))).toMatchObject({ code: 'PG_SANDBOX_CONNECTION_LOST' })
    await theNextTestIsClean()
  })

  test('while idle, with nothing written: nothing is lost, and queries work', async () => {
    await pool.query('select 1')
    await terminateAll()
    const first = await settled(pool.query('select 2 as n'))
    if (first !== 'passed') expect((await pool.query('select 2 as n')).rows).toEqual([{ n: 2 }])
    await theNextTestIsClean()
  })

  test('while a query runs: that query fails as in pg, the next is clean', async () => {
    await pool.query(add, [1])
    const running = settled(pool.query('select pg_sleep(10)'))
    await new Promise((resolve) => setTimeout(resolve, 50))
    await terminateAll()
    expect(await running).toMatchObject({ code: '57P01' })
    expect(await settled(pool.query('select 1'))).toMatchObject({ code: 'PG_SANDBOX_CONNECTION_LOST' })
    await theNextTestIsClean()
  })

  test('by a statement of the test itself', async () => {
    await pool.query(add, [1])
    expect(await settled(pool.query('select pg_terminate_backend(pg_backend_pid())'))).toMatchObject({
      code: '57P01',
    })
    await theNextTestIsClean()
  })

  test('inside a transaction, idle', async () => {
    const client = await pool.connect()
    client.on('error', () => {})
    await client.query('begin')
    await client.query(add, [1])
    await terminateAll()
    const outcome = await settled(client.query('commit'))
    client.release(true)
    expect(outcome).not.toBe('passed')
    await theNextTestIsClean()
  })

  test('inside a transaction, while another client waits for it', async () => {
    const client = await pool.connect()
    client.on('error', () => {})
    await client.query('begin')
    await client.query(add, [1])
    const waiting = settled(pool.query(add, [2]))
    await terminateAll()
    const outcome = await waiting
    client.release(true)
    expect(outcome).toMatchObject({ code: 'PG_SANDBOX_CONNECTION_LOST' })
    await theNextTestIsClean()
  })

  test('while rollback() waits for a query', async () => {
    await pool.query(add, [1])
    const running = settled(pool.query('select pg_sleep(10)'))
    await new Promise((resolve) => setTimeout(resolve, 50))
    const rolledBack = settled(testTransaction.rollback())
    await new Promise((resolve) => setTimeout(resolve, 50))
    await terminateAll()
    expect(await running).toMatchObject({ code: '57P01' })
    await rolledBack
    await testTransaction.start()
    await theNextTestIsClean()
  })

  test('between two tests', async () => {
    await pool.query(add, [1])
    await testTransaction.rollback()
    await terminateAll()
    await testTransaction.start()
    await settled(pool.query('select 1')) // May tell of it once.
    await theNextTestIsClean()
  })

  test('within a parallel scope, only that scope fails', async () => {
    await pool.query(add, [1])
    const failed = await settled(
      testTransaction.parallel(async () => {
        await pool.query(add, [2])
        await pool.query('select pg_terminate_backend(pg_backend_pid())')
      }),
    )
    expect(failed).toMatchObject({ code: '57P01' })
    expect((await pool.query('select id from notes')).rows).toEqual([{ id: 1 }])
  })

  test('a client that has a listener for errors gets none but of its own connection', async () => {
    const errors: string[] = []
    const client = new Client(database.url())
    client.on('error', (error) => errors.push(error.message))
    await client.connect()
    await client.query(add, [1])
    await terminateAll()
    expect(await settled(client.query('select 1'))).not.toBe('passed')
    await client.end()
    expect(errors.length).toBeLessThanOrEqual(2)
  })
})

test('the tables are as empty as before', async () => {
  expect(await database.countOutside('notes')).toBe(0)
})
