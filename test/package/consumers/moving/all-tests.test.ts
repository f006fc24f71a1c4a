// The set-up file for all tests, and what its README shows of queries, transactions, databases and parallel().
import { testTransaction } from 'pg-transactional-tests'
import { db, end, otherDb } from './db'

afterAll(end)

const insert = (text = 'value') => db.query('INSERT INTO sample (text) VALUES ($1)', [text])

test('create record', async () => {
  await insert()
  const { rows } = await db.query('SELECT text FROM sample')
  expect(rows).toEqual([{ text: 'value' }])
})

test('the record of another test is gone', async () => {
  expect(await db.count()).toBe(0)
})

test('nested transactions', async () => {
  await db.transaction(async (t) => {
    await t.query("INSERT INTO sample (text) VALUES ('value')")
  })
  const failing = db.transaction(async (t) => {
    await t.query("INSERT INTO sample (text) VALUES ('undone')")
    throw new Error('stop')
  })
  await expect(failing).rejects.toThrow('stop')
  expect(await db.count()).toBe(1)
})

test('a test that only reads makes no transaction', async () => {
  await db.query('SELECT 1')
  const { rows } = await db.query('SELECT now() = statement_timestamp() AS outside FROM pg_sleep(0)')
  expect(rows).toEqual([{ outside: true }])
})

test('several databases', async () => {
  await Promise.all([insert(), otherDb.query("INSERT INTO sample (text) VALUES ('other')")])
  expect([await db.count(), await otherDb.count()]).toEqual([1, 1])
})

test('they are empty again', async () => {
  expect([await db.count(), await otherDb.count()]).toEqual([0, 0])
})

describe('records for several tests', () => {
  beforeAll(async () => {
    await testTransaction.start()
    await insert('seed')
  })
  afterAll(async () => {
    await testTransaction.rollback()
  })

  test('are seen', async () => {
    expect(await db.count()).toBe(1)
  })

  test('are seen again', async () => {
    expect(await db.count()).toBe(1)
  })
})

test('and gone after their block', async () => {
  expect(await db.count()).toBe(0)
})

describe('run transactions in parallel', () => {
  async function runSomeQueries() {
    await insert('parallel')
    return db.count()
  }
  const succeeded = [1, 1, 1].map((value) => ({ status: 'fulfilled', value }))

  test('each awaited', async () => {
    const promise1 = await testTransaction.parallel(runSomeQueries)
    const promise2 = await testTransaction.parallel(() => runSomeQueries())
    const promise3 = await testTransaction.parallel(async () => {
      return await runSomeQueries()
    })
    expect(await Promise.allSettled([promise1, promise2, promise3])).toEqual(succeeded)
  })

  test('at the same time', async () => {
    const promises = [1, 2, 3].map(() => testTransaction.parallel(runSomeQueries))
    expect(await Promise.allSettled(promises)).toEqual(succeeded)
  })
})

test('parallel() rejects with what its function throws', async () => {
  const error = new Error('stop')
  const promise = testTransaction.parallel(async () => {
    await db.query('SELECT 1')
    throw error
  })
  await expect(promise).rejects.toBe(error)
})
