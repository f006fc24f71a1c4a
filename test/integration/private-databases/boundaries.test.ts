import { Client, Pool } from 'pg'
import { isolated, sandboxSocket, testTransaction } from '../../../src/index.ts'
import { useDatabase } from '../../support/database.ts'
import { otherPg } from '../../support/other-pg.ts'

// Into private databases and out of them, and what keeps clients from having one.

const database = useDatabase('create table notes (id int primary key)')
const { start, rollback, close, configure } = testTransaction

let pool: Pool
beforeEach(async () => {
  await database.leave()
  configure({ isolation: 'database' })
  pool = new Pool({ connectionString: database.url() })
})
afterEach(async () => {
  await close()
  await pool.end()
  configure({ isolation: 'transaction' })
  expect(await database.outside('select id from notes')).toEqual([])
  const clones = "select datname from pg_database where datname like 'test%clone%'"
  expect(
    await database.outside(`${clones} and shobj_description(oid, 'pg_database') like $1`, [MINE]),
  ).toEqual([])
})

/** In the mark of a database that this process has made. */
const MINE = `%"pid":${process.pid},%`

const insert = (client: Pick<Pool, 'query'> = pool) => client.query('insert into notes values (1)')
const ids = async (client: Pick<Pool, 'query'> = pool) => (await client.query('select id from notes')).rows
const databaseName = async () => (await pool.query('select current_database() as name')).rows[0] as object

test('a pool from before joins with what it has set, and goes on outside', async () => {
  const named = new URL(database.url()).pathname.slice(1)
  const client = await pool.connect()
  await client.query("set time zone 'Asia/Tokyo'")
  await client.query({ name: 'all', text: 'select id from notes' })
  client.release()
  await start()
  await insert()
  expect(await databaseName()).not.toEqual({ name: named })
  expect((await pool.query({ name: 'all', text: 'select id from notes' })).rows).toEqual([{ id: 1 }])
  expect((await pool.query('show time zone')).rows).toEqual([{ TimeZone: 'Asia/Tokyo' }])
  await close()
  expect(await databaseName()).toEqual({ name: named })
  expect((await pool.query({ name: 'all', text: 'select id from notes' })).rows).toEqual([])
  expect((await pool.query('show time zone')).rows).toEqual([{ TimeZone: 'Asia/Tokyo' }])
  await start()
  expect(await ids()).toEqual([])
  await insert()
})

test('one file uses both kinds, one after the other', async () => {
  configure({ isolation: 'transaction' })
  await start()
  await insert()
  await close()
  configure({ isolation: 'database' })
  await start()
  await insert()
  await close()
  configure({ isolation: 'transaction' })
  await start()
  await insert()
  expect(await ids()).toEqual([{ id: 1 }])
})

test('a query that runs when everything ends is answered', async () => {
  await start()
  await insert()
  const running = pool.query('select pg_sleep(0.2)').catch((error: unknown) => error)
  await pool.query('select 1')
  await close()
  expect(await running).toMatchObject({ code: 'PG_SANDBOX_TEST_ENDED' })
})

test('a query whose test ends while its database is being made is refused', async () => {
  await start()
  await insert()
  await start()
  const late = ids().catch((error: unknown) => error)
  await rollback()
  expect(await late).toMatchObject({ code: 'PG_SANDBOX_TEST_ENDED' })
  expect(await ids()).toEqual([{ id: 1 }])
})

test('the log of SQL shows what is passed on', async () => {
  const written = jest.spyOn(process.stderr, 'write').mockReturnValue(true)
  configure({ logSql: 'always' })
  await start()
  await ids()
  await rollback()
  configure({ logSql: 'never' })
  expect(written.mock.calls.join('')).toMatch(
    /1\. select id from notes\n +on the wire: the same\n +SELECT 0 in/,
  )
  written.mockRestore()
})

test('isolated needs no hooks', async () => {
  await isolated(async () => {
    await insert()
    expect(await ids()).toEqual([{ id: 1 }])
  })()
})

test('a copy of pg that nobody has patched is in the clone', async () => {
  await start()
  await insert()
  const client = new (otherPg().Client)({ connectionString: database.url() })
  await client.connect()
  expect(await ids(client)).toEqual([{ id: 1 }])
  await rollback()
  await start()
  expect(await ids(client)).toEqual([])
  await client.end()
})

test('a driver that takes a socket is in the clone, with its cancellations', async () => {
  await start()
  await insert()
  const { hostname: host, port } = new URL(database.url())
  const socket = sandboxSocket({ host, port: Number(port) }) as never
  const client = new (otherPg().Client)({ connectionString: database.url(), stream: socket })
  await client.connect()
  expect(await ids(client)).toEqual([{ id: 1 }])
  await client.end()
})

test('sessions that are open in the database are told of', async () => {
  const other = new Client({ connectionString: database.url(), application_name: 'a program' })
  await other.connect()
  const { rows } = await other.query<{ pid: number }>('select pg_backend_pid() as pid')
  await start()
  await expect(insert()).rejects.toMatchObject({
    code: 'PG_SANDBOX_DATABASE_IN_USE',
    message: expect.stringMatching(`pid ${rows[0]?.pid}, user "[^"]+", application "a program"`),
  })
  await close()
  await other.end()
})

test('who may not create databases is told so', async () => {
  const url = database.url({ user: 'app_user', password: 'secret' })
  const client = new Client({ connectionString: url })
  await start()
  await expect(client.connect()).rejects.toMatchObject({
    code: 'PG_SANDBOX_NO_CREATEDB',
    message: expect.stringContaining('ALTER ROLE "app_user" CREATEDB'),
  })
})

test('who is not let in keeps nobody else out', async () => {
  const wrong = new Client({ connectionString: database.url({ user: 'app_user', password: 'wrong' }) })
  const { hostname, port, pathname } = new URL(database.url())
  const failing = new Client({
    host: hostname,
    port: Number(port),
    database: pathname.slice(1),
    user: 'app_user',
    password: () => Promise.reject(new Error('no secret today')),
  })
  await start()
  await expect(wrong.connect()).rejects.toMatchObject({ code: '28P01' })
  await expect(failing.connect()).rejects.toThrow('no secret today')
  await insert()
  expect(await ids()).toEqual([{ id: 1 }])
})

test('there is no other kind', () => {
  expect(() => configure({ isolation: 'container' as 'database' })).toThrow(
    'testTransaction.configure was given isolation: container.',
  )
})
