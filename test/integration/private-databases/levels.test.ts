import { Client, Pool } from 'pg'
import { isolated, testTransaction } from '../../../src/index.ts'
import { useDatabase } from '../../support/database.ts'

// Which rows are seen where: each level is cloned from the one around it, as that was when the level was first used.

const database = useDatabase('create table users (email text primary key)')

let pool: Pool
beforeAll(async () => {
  await database.leave()
  testTransaction.configure({ isolation: 'database' })
  pool = new Pool({ connectionString: database.url(), max: 3 })
})
beforeAll(testTransaction.start)
beforeEach(testTransaction.start)
afterEach(testTransaction.rollback)
afterAll(testTransaction.close)
afterAll(async () => {
  await pool.end()
  testTransaction.configure({ isolation: 'transaction' })
  expect(await database.countOutside('users')).toBe(0)
  const left = await database.outside(
    `select datname from pg_database where datname like 'pgs_test_${process.pid}%'`,
  )
  expect(left).toEqual([])
})

const add = (email: string) => pool.query('insert into users values ($1)', [email])
const emails = async () =>
  (await pool.query('select email from users order by email')).rows.map(
    ({ email }: { email: string }) => email,
  )
const databaseName = async () =>
  ((await pool.query('select current_database() as name')).rows[0] as { name: string }).name

describe('rows of beforeAll', () => {
  beforeAll(() => add('ada'))

  test('are seen by a test', async () => {
    await add('bob')
    expect(await emails()).toEqual(['ada', 'bob'])
  })

  test('and by the next, without those of the first', async () => {
    expect(await emails()).toEqual(['ada'])
  })

  test('also where a scope of its own runs', async () => {
    await add('bob')
    expect(await testTransaction.parallel(emails)).toEqual(['ada'])
  })

  test('and in isolated tests', async () => {
    const body = async (): Promise<string[]> => {
      await add('eve')
      return emails()
    }
    expect(await isolated(body)()).toEqual(['ada', 'eve'])
  })
})

describe('rows that are added between the tests', () => {
  beforeAll(() => add('cid'))

  test('are seen with those from before', async () => {
    expect(await emails()).toEqual(['ada', 'cid'])
  })
})

describe('a level that is opened in a test', () => {
  test('sees the rows of the test, and gives them back without its own', async () => {
    await add('dan')
    await testTransaction.start()
    await add('eve')
    expect(await emails()).toEqual(['ada', 'cid', 'dan', 'eve'])
    await testTransaction.rollback()
    expect(await emails()).toEqual(['ada', 'cid', 'dan'])
  })
})

describe('parallel scopes', () => {
  test('insert the same key at once, and commit it', async () => {
    const scope = async (): Promise<string> => {
      const client = await pool.connect()
      try {
        await client.query('begin')
        await client.query("insert into users values ('same')")
        await client.query('commit')
      } finally {
        client.release()
      }
      expect(await emails()).toEqual(['ada', 'cid', 'same'])
      return databaseName()
    }
    const names = await Promise.all([1, 2, 3].map(() => testTransaction.parallel(scope)))
    expect(new Set([...names, await databaseName()]).size).toBe(4)
  })

  test('have a client in common, which keeps what it has in each', async () => {
    const client = new Client({ connectionString: database.url() })
    await client.connect()
    await client.query('create temporary table mine as select 1 as n')
    await client.query("set application_name = 'shared'")
    await testTransaction.parallel(async () => {
      expect((await client.query("select to_regclass('mine') as t")).rows).toEqual([{ t: null }])
      expect((await client.query('show application_name')).rows).toEqual([{ application_name: 'shared' }])
    })
    expect((await client.query('select n from mine')).rows).toEqual([{ n: 1 }])
    await client.end()
  })
})

describe('a pool', () => {
  test('has no more clients than it allows, as each has a connection', async () => {
    const ask = () => pool.query<{ pid: number }>('select pg_backend_pid() as pid, pg_sleep(0.01)')
    const answers = await Promise.all(Array.from({ length: 10 }, ask))
    expect(new Set(answers.map(({ rows }) => rows[0]?.pid)).size).toBe(3)
    expect(pool.totalCount).toBe(3)
  })
})
