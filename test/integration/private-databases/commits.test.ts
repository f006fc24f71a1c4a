import { Readable, Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { Client, Pool, Query, type Submittable } from 'pg'
import { testTransaction } from '../../../src/index.ts'
import { useDatabase } from '../../support/database.ts'
import { openOutside } from '../../support/outside.ts'
import { until } from '../../support/until.ts'

const Cursor: new (text: string) => Submittable & {
  read(rows: number): Promise<unknown[]>
  close(): Promise<void>
} = require('pg-cursor')
const copy: {
  from(text: string): Submittable & Writable
  to(text: string): Submittable & Readable
} = require('pg-copy-streams')

// What no transaction that is rolled back can give: real commits, in a clone for each test.

const database = useDatabase(`
  create table notes (id int primary key, body text);
  create function tell() returns trigger language plpgsql as
    $$ begin perform pg_notify('notes', new.id::text); return new; end $$;
  create trigger tell after insert on notes for each row execute function tell();`)

let pool: Pool
beforeAll(async () => {
  await database.leave()
  testTransaction.configure({ isolation: 'database' })
  pool = new Pool({ connectionString: database.url() })
})
beforeAll(testTransaction.start)
beforeEach(testTransaction.start)
afterEach(testTransaction.rollback)
afterAll(testTransaction.close)
afterAll(async () => {
  await pool.end()
  expect(await database.countOutside('notes')).toBe(0)
  testTransaction.configure({ isolation: 'transaction' })
})

const ids = async () =>
  (await pool.query('select id from notes order by id')).rows.map(({ id }: { id: number }) => id)

async function withClient(work: (client: Client) => Promise<unknown>): Promise<void> {
  const client = new Client({ connectionString: database.url() })
  await client.connect()
  try {
    await work(client)
  } finally {
    await client.end()
  }
}

test('a row is committed', async () => {
  await pool.query('insert into notes values (1)')
  await withClient(async (other) => {
    expect((await other.query('select id from notes')).rows).toEqual([{ id: 1 }])
  })
})

test('the next test does not see it', async () => {
  expect(await ids()).toEqual([])
})

test('a trigger notifies', async () => {
  await withClient(async (listener) => {
    const heard: (string | undefined)[] = []
    listener.on('notification', ({ payload }) => heard.push(payload))
    await listener.query('listen notes')
    await pool.query('insert into notes values (7)')
    await until(() => heard.length > 0)
    expect(heard).toEqual(['7'])
  })
})

test('now() moves from one transaction to the next', async () => {
  await withClient(async (client) => {
    const ask = async (): Promise<string> =>
      ((await client.query('select now()::text as now')).rows[0] as { now: string }).now
    const first = await ask()
    await until(async () => (await ask()) !== first)
  })
})

test('an index is made concurrently, and the table vacuumed', async () => {
  await pool.query('create index concurrently notes_body on notes (body)')
  await pool.query('vacuum notes')
  const { rows } = await pool.query(
    "select indisvalid from pg_index where indexrelid = 'notes_body'::regclass",
  )
  expect(rows).toEqual([{ indisvalid: true }])
})

test('of two transactions that race, one cannot be serialized', async () => {
  await pool.query("insert into notes values (1, 'a'), (2, 'b')")
  await withClient((one) =>
    withClient(async (two) => {
      for (const client of [one, two]) {
        await client.query('begin isolation level serializable')
        await client.query('select sum(id) from notes')
      }
      await one.query('insert into notes values (3)')
      await two.query('insert into notes values (4)')
      await one.query('commit')
      await expect(two.query('commit')).rejects.toMatchObject({ code: '40001' })
      await two.query('rollback')
    }),
  )
  expect(await ids()).toEqual([1, 2, 3])
})

test('another process sees the rows', async () => {
  await pool.query('insert into notes values (5)')
  const { rows } = await pool.query('select current_database() as name')
  const url = new URL(database.url())
  url.pathname = `/${(rows[0] as { name: string }).name}`
  const outside = openOutside()
  expect(await outside.query(url.href, 'select id from notes')).toEqual([{ id: 5 }])
  outside.close()
})

test('a COPY brings rows', async () => {
  await withClient(async (client) => {
    await pipeline(Readable.from(['1\tone\n', '2\ttwo\n']), client.query(copy.from('copy notes from stdin')))
    const chunks: Buffer[] = []
    const sink = new Writable({ write: (chunk: Buffer, _, done) => (chunks.push(chunk), done()) })
    await pipeline(client.query(copy.to('copy notes to stdout')), sink)
    expect(Buffer.concat(chunks).toString()).toBe('1\tone\n2\ttwo\n')
  })
})

test('a cursor is read page by page, with writes in between', async () => {
  await pool.query('insert into notes select * from generate_series(1, 5)')
  await withClient(async (client) => {
    const cursor = client.query(new Cursor('select id from notes order by id'))
    expect(await cursor.read(2)).toEqual([{ id: 1 }, { id: 2 }])
    await pool.query('insert into notes values (6)')
    expect(await cursor.read(2)).toEqual([{ id: 3 }, { id: 4 }])
    await cursor.close()
    await expect(client.query(new Cursor('select 1 / (id - 2) from notes')).read(5)).rejects.toMatchObject({
      code: '22012',
    })
    expect((await client.query('select 1 as one')).rows).toEqual([{ one: 1 }])
  })
})

test('a query is cancelled by its client', async () => {
  await withClient(async (client) => {
    const canceller = new Client({ connectionString: database.url() })
    const query = new Query('select pg_sleep(30)')
    const ended = new Promise<Error>((resolve) => void query.on('error', resolve))
    client.query(query)
    await until(async () => {
      const { rows } = await pool.query("select from pg_stat_activity where query = 'select pg_sleep(30)'")
      return rows.length === 1
    })
    ;(canceller as unknown as { cancel(client: Client, query: object): void }).cancel(client, query)
    expect(await ended).toMatchObject({ code: '57014' })
  })
})
