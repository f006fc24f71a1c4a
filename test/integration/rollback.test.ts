import { Client, Pool, type Submittable } from 'pg'
import { testTransaction } from '../../src/index.ts'
import { useDatabase } from '../support/database.ts'

/** It brings no types. */
type Cursor = Submittable & { read(rows: number): Promise<unknown[]> }
const CursorClass: new (text: string) => Cursor = require('pg-cursor')

const { start, rollback, close } = testTransaction
const database = useDatabase('create table notes (id int primary key, text text)')

let pool: Pool
beforeEach(async () => {
  pool = new Pool({ connectionString: database.url() })
  pool.on('error', () => {})
  testTransaction.configure({ rollbackTimeout: 5000 })
  await start()
})
afterEach(async () => {
  await close()
  expect(await database.countOutside('notes')).toBe(0)
  await pool.end()
})

async function ids(): Promise<number[]> {
  return (await pool.query('select id from notes order by id')).rows.map((row) => row.id)
}

/** Until the server runs a statement with this text. */
async function running(text: string): Promise<void> {
  for (;;) {
    const rows = await database.outside(
      `select 1 from pg_stat_activity where state = 'active' and query like $1 and pid <> pg_backend_pid()`,
      [`%${text}%`],
    )
    if (rows.length > 0) return
  }
}

function outcome(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => 'done',
    ({ code }: { code: string }) => code,
  )
}

test('waits for a query that is running', async () => {
  const query = outcome(pool.query('insert into notes values (1); select pg_sleep(0.3)'))
  await running('pg_sleep(0.3)')
  await rollback()
  expect(await query).toBe('done')
  await start()
  expect(await ids()).toEqual([])
})

test('cancels what is still running after rollbackTimeout', async () => {
  testTransaction.configure({ rollbackTimeout: 200 })
  const query = outcome(pool.query('insert into notes values (1); select pg_sleep(600)'))
  await running('pg_sleep(600)')
  await rollback()
  expect(await query).toBe('57014')
  await start()
  expect(await ids()).toEqual([])
  await pool.query('insert into notes values (1)')
  expect(await ids()).toEqual([1])
})

test('cancels a read that is running with no transaction around it', async () => {
  testTransaction.configure({ rollbackTimeout: 200 })
  const query = outcome(pool.query('select pg_sleep($1)', [600]))
  await running('pg_sleep($1)')
  await rollback()
  expect(await query).toBe('57014')
  await start()
  expect(await ids()).toEqual([])
})

test('gives up a connection that cannot be cancelled, and the next test starts clean', async () => {
  testTransaction.configure({ rollbackTimeout: 200 })
  const stubborn = outcome(
    pool.query(`do $$ begin insert into notes values (1);
      loop begin perform pg_sleep(600); exception when query_canceled then null; end; end loop; end $$`),
  )
  await running('query_canceled')
  await rollback()
  expect(await stubborn).not.toBe('done')
  await start()
  expect(await ids()).toEqual([])
  await database.outside(
    `select pg_terminate_backend(pid) from pg_stat_activity where query like '%query_canceled%' and pid <> pg_backend_pid()`,
  )
})

test('close cancels a running query, too', async () => {
  testTransaction.configure({ rollbackTimeout: 200 })
  const query = outcome(pool.query('insert into notes values (1); select pg_sleep(600)'))
  await running('pg_sleep(600)')
  await close()
  expect(await query).toBe('PG_SANDBOX_TEST_ENDED')
  expect(
    await database.outside(
      "select pid from pg_stat_activity where query like '%pg_sleep(600)' and state = 'active'",
    ),
  ).toEqual([])
})

test('rejects queries that wait in line, and runs none of them', async () => {
  const first = outcome(pool.query('insert into notes values (1); select pg_sleep(0.3)'))
  await running('pg_sleep(0.3)')
  const clients = await Promise.all([pool.connect(), pool.connect()])
  const queued = clients.map((client, index) => client.query('insert into notes values ($1)', [index + 2]))
  for (const query of queued) query.catch(() => {})
  await rollback()
  expect(await first).toBe('done')
  for (const query of queued) {
    await expect(query).rejects.toMatchObject({
      code: 'PG_SANDBOX_TEST_ENDED',
      message: expect.stringContaining('insert into notes values ($1)'),
    })
  }
  for (const client of clients) client.release()
  await start()
  expect(await ids()).toEqual([])
})

test('rejects queries that wait behind an open transaction', async () => {
  const owner = await pool.connect()
  await owner.query('begin')
  await owner.query('insert into notes values (1)')
  const other = await pool.connect()
  const waiting = outcome(other.query('insert into notes values (2)'))
  await Promise.resolve()
  await rollback()
  expect(await waiting).toBe('PG_SANDBOX_TEST_ENDED')
  owner.release()
  other.release()
  await start()
  expect(await ids()).toEqual([])
})

test('rejects the queries that one client has queued behind its running one', async () => {
  const client = await pool.connect()
  const first = outcome(client.query('insert into notes values (1); select pg_sleep(0.3)'))
  const second = outcome(client.query('insert into notes values (2)'))
  const third = outcome(client.query('insert into notes values (3)'))
  await running('pg_sleep(0.3)')
  await rollback()
  await start()
  expect(await ids()).toEqual([])
  expect([await first, await second, await third]).toEqual([
    'done',
    'PG_SANDBOX_TEST_ENDED',
    'PG_SANDBOX_TEST_ENDED',
  ])
  client.release()
})

test('a queued query of a client does not reach the next test', async () => {
  const client = await pool.connect()
  void outcome(client.query('insert into notes values (1); select pg_sleep(0.2)'))
  const second = outcome(client.query('insert into notes values (2)'))
  await running('pg_sleep(0.2)')
  await rollback()
  await start()
  await second
  expect(await ids()).toEqual([])
  client.release()
})

test('a transaction left open does not reach the next test', async () => {
  const client = await pool.connect()
  await client.query('begin')
  await client.query('insert into notes values (1)')
  await client.query('savepoint s')
  await rollback()
  await start()
  expect(await ids()).toEqual([])
  await pool.query('insert into notes values (1)')
  await expect(client.query('rollback to s')).rejects.toMatchObject({ code: '25P01' })
  client.release()
  expect(await ids()).toEqual([1])
})

test('a failed transaction left open does not reach the next test', async () => {
  const client = await pool.connect()
  await client.query('begin')
  await expect(client.query('select 1 / 0')).rejects.toMatchObject({ code: '22012' })
  await rollback()
  await start()
  expect(await ids()).toEqual([])
  await expect(client.query('select 1 as one')).resolves.toMatchObject({ rows: [{ one: 1 }] })
  client.release()
})

test('an empty transaction left open does not reach the next test', async () => {
  const client = await pool.connect()
  await client.query('begin')
  await rollback()
  await start()
  await pool.query('insert into notes values (1)')
  client.release()
  expect(await ids()).toEqual([1])
})

test('a failing query that is not awaited leaves the next test sound', async () => {
  const failing = outcome(pool.query('insert into notes values (1), (1)'))
  const also = outcome(pool.query('select * from nowhere'))
  await rollback()
  await start()
  expect(await ids()).toEqual([])
  expect(['23505', 'PG_SANDBOX_TEST_ENDED']).toContain(await failing)
  expect(['42P01', 'PG_SANDBOX_TEST_ENDED']).toContain(await also)
})

test('a cursor left open does not reach the next test', async () => {
  const client = await pool.connect()
  const cursor = client.query(new CursorClass('select n from generate_series(1, 1000) n'))
  expect(await cursor.read(2)).toEqual([{ n: 1 }, { n: 2 }])
  await rollback()
  await start()
  expect(await ids()).toEqual([])
  await pool.query('insert into notes values (1)')
  client.release(true)
  expect(await ids()).toEqual([1])
})

test('reading on from a cursor of the last test is an error, and does not hang', async () => {
  const client = await pool.connect()
  const cursor = client.query(new CursorClass('select n from generate_series(1, 1000) n'))
  await cursor.read(2)
  await rollback()
  await start()
  expect(await outcome(cursor.read(2))).toBe('PG_SANDBOX_TEST_ENDED')
  client.release(true)
  expect(await ids()).toEqual([])
})

test('a client left checked out works in the next test', async () => {
  const client = await pool.connect()
  await client.query('insert into notes values (1)')
  await rollback()
  await start()
  await expect(client.query('select id from notes')).resolves.toMatchObject({ rows: [] })
  client.release()
})

test('a COPY under way when the test ends', async () => {
  const client = new Client({ connectionString: database.url() })
  client.on('error', () => {})
  await client.connect()
  testTransaction.configure({ rollbackTimeout: 200 })
  const copying = outcome(client.query('copy notes from program $$sleep 30; echo 1$$'))
  await running('copy notes')
  await rollback()
  expect(await copying).not.toBe('done')
  await start()
  expect(await ids()).toEqual([])
  await client.end()
})

test('rollback of a test whose connection was killed settles, and the next test starts clean', async () => {
  const client = new Client({ connectionString: database.url() })
  client.on('error', () => {})
  await client.connect()
  await client.query('insert into notes values (1)')
  const { rows } = await client.query('select pg_backend_pid() as pid')
  await database.outside('select pg_terminate_backend($1, 5000)', [rows[0].pid])
  await rollback()
  await start()
  expect(await ids()).toEqual([])
  await pool.query('insert into notes values (1)')
  expect(await ids()).toEqual([1])
})

test('the limit counts only while a query runs: a test may think for longer', async () => {
  testTransaction.configure({ rollbackTimeout: 50 })
  await pool.query('insert into notes values (1)')
  await new Promise((resolve) => setTimeout(resolve, 150))
  expect(await ids()).toEqual([1])
  await rollback()
})

test('a commit in the middle of a test is undone with it', async () => {
  const client = await pool.connect()
  await client.query('begin')
  await client.query('insert into notes values (1)')
  await client.query('commit')
  client.release()
  await rollback()
  expect(await database.countOutside('notes')).toBe(0)
  await start()
  expect(await ids()).toEqual([])
})

test('two hundred tests leave nothing', async () => {
  await rollback()
  for (let i = 0; i < 200; i += 1) {
    await start()
    expect(await ids()).toEqual([])
    await pool.query('insert into notes values (1)')
    await rollback()
  }
  expect(await database.countOutside('notes')).toBe(0)
})
