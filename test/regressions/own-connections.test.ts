/** The connections of the package itself: nobody but the application is in the sandbox, and nobody stands in its way. */
import { Client, Pool } from 'pg'
import { dropDatabases, restore, snapshot } from '../../src/databases/index.ts'
import { testTransaction } from '../../src/index.ts'
import { useDatabase } from '../support/database.ts'
import { useProject } from '../support/databases-project.ts'
import { until } from '../support/until.ts'

// To copy a database takes its time on a machine that is busy.
jest.setTimeout(60_000)

const database = useDatabase('create table notes (id int primary key)')
const other = useDatabase('create table notes (id int primary key)')
const project = useProject(database.url)

const uncaught: unknown[] = []
const note = (error: unknown): void => void uncaught.push(error)
beforeAll(() => {
  process.env['PG_SANDBOX_PROJECT'] = project.name
  process.on('uncaughtExceptionMonitor', note)
})
afterAll(() => {
  process.off('uncaughtExceptionMonitor', note)
})
afterEach(async () => {
  await testTransaction.close()
  testTransaction.configure({ isolation: 'transaction' })
  await dropDatabases()
  expect(uncaught.splice(0)).toEqual([])
})

test('a snapshot that was taken before start() is restored inside', async () => {
  const of = { database: { url: other.url() } }
  await snapshot('empty', of)
  // Until the connection rests: a clone is made ahead.
  await until(async () => (await project.names()).length === 2)
  const pool = new Pool({ connectionString: database.url() })
  await testTransaction.start()
  await pool.query('insert into notes values (1)')
  await other.outside('insert into notes values (1)')
  await restore('empty', of)
  expect(await other.countOutside('notes')).toBe(0)
  await other.outside('insert into notes values (2)')
  await restore('empty', of)
  expect(await other.countOutside('notes')).toBe(0)
  await testTransaction.rollback()
  await pool.end()
  expect(await database.countOutside('notes')).toBe(0)
})

describe("with isolation: 'database'", () => {
  const url = (name: string): string => {
    const changed = new URL(database.url())
    changed.pathname = `/${name}`
    return changed.href
  }

  /** As helpers ask whether the test database exists. */
  async function exists(login = url('postgres')): Promise<unknown> {
    const client = new Client({ connectionString: login })
    await client.connect()
    try {
      const name = new URL(database.url()).pathname.slice(1)
      return (await client.query('select datname from pg_database where datname = $1', [name])).rowCount
    } finally {
      await client.end()
    }
  }

  test('a client of the database "postgres" works beside one of the application', async () => {
    testTransaction.configure({ isolation: 'database' })
    const pool = new Pool({ connectionString: database.url() })
    await database.leave()
    for (let run = 0; run < 2; run += 1) {
      await testTransaction.start()
      expect(await exists()).toBe(1)
      await pool.query('insert into notes values (1)')
      expect(await exists()).toBe(1)
      await testTransaction.rollback()
    }
    await pool.end()
    expect(await database.countOutside('notes')).toBe(0)
  })

  test('what the client writes there is gone with the test', async () => {
    testTransaction.configure({ isolation: 'database' })
    const client = new Client({ connectionString: url('postgres') })
    await client.connect()
    await testTransaction.start()
    await client.query('create table pg_sandbox_notes (id int)')
    await testTransaction.rollback()
    await testTransaction.close()
    expect((await client.query("select to_regclass('pg_sandbox_notes') as there")).rows).toEqual([
      { there: null },
    ])
    await client.end()
  })

  test('a user who does not own it may ask there, too', async () => {
    await database.outside("create role own_connections login createdb password 'secret'")
    try {
      testTransaction.configure({ isolation: 'database' })
      const login = new URL(url('postgres'))
      Object.assign(login, { username: 'own_connections', password: 'secret' })
      await testTransaction.start()
      expect(await exists(login.href)).toBe(1)
      await testTransaction.close()
    } finally {
      await database.outside('drop role own_connections')
    }
  })

  test.each([
    ['a table', 'create table pg_sandbox_kept (id int)', 'drop table pg_sandbox_kept'],
    ['a right', 'grant create on schema public to app_user', 'revoke create on schema public from app_user'],
  ])('%s that somebody has made there is not left out: the test is told', async (_what, make, undo) => {
    const keeper = new Client({ connectionString: url('postgres') })
    await keeper.connect()
    await keeper.query(make)
    try {
      testTransaction.configure({ isolation: 'database' })
      await testTransaction.start()
      await expect(exists()).rejects.toMatchObject({ code: 'PG_SANDBOX_DATABASE_IN_USE' })
    } finally {
      await testTransaction.close()
      await keeper.query(undo)
      await keeper.end()
    }
  })
})
