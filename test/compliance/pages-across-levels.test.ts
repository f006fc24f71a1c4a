import { Client, Pool, type PoolClient } from 'pg'
import QueryStream from 'pg-query-stream'
import { testTransaction } from '../../src/index.ts'
import { rejection } from '../support/both-ways.ts'
import { useDatabase } from '../support/database.ts'

type Cursor = { read(rows: number): Promise<unknown[]>; close(): Promise<void> }
const PgCursor: new (text: string, values?: unknown[]) => Cursor = require('pg-cursor')

const database = useDatabase('create table notes (id int primary key)')
const series = 'select n from generate_series(1, 100) n'
let pool: Pool
let client: PoolClient

beforeEach(async () => {
  await testTransaction.start()
  pool = new Pool({ connectionString: database.url() })
  pool.on('error', () => {})
})

afterEach(async () => {
  await testTransaction.close()
  client.release(true)
  await pool.end()
  expect(await database.countOutside('notes')).toBe(0)
})

function open(text: string): Cursor {
  return client.query(new PgCursor(text) as never)
}

async function lend(): Promise<void> {
  client = await pool.connect()
  client.on('error', () => {})
}

/** Nothing hangs and nothing is left: the next test works, with this client's pool and others. */
async function expectNextTestToWork(): Promise<void> {
  await testTransaction.start()
  await pool.query('insert into notes values (1)')
  expect((await pool.query('select id from notes')).rows).toEqual([{ id: 1 }])
  const other = new Client(database.url())
  await other.connect()
  expect((await other.query('select id from notes')).rows).toEqual([{ id: 1 }])
  await other.end()
  await testTransaction.rollback()
}

test.each([
  series,
  'select id from notes order by id',
  'insert into notes select n from generate_series(2, 9) n returning id',
])('a cursor that is open when its level is rolled back cannot be read on: %s', async (text) => {
  await lend()
  await testTransaction.start()
  await client.query('insert into notes select n from generate_series(10, 20) n')
  const cursor = open(text)
  expect(await cursor.read(2)).toHaveLength(2)
  await testTransaction.rollback()
  const failed = await rejection(cursor.read(2))
  expect(failed).toMatchObject({ code: expect.stringMatching(/^34000|PG_SANDBOX_TEST_ENDED$/) })
  await expectNextTestToWork()
  await testTransaction.start()
  expect((await client.query('select count(*)::int as n from notes')).rows).toEqual([{ n: 0 }])
  await testTransaction.rollback()
})

test('a cursor in a transaction that the rollback of its level has ended', async () => {
  await lend()
  await testTransaction.start()
  await client.query('begin')
  await client.query('insert into notes values (1)')
  const cursor = open(series)
  await cursor.read(2)
  await testTransaction.rollback()
  expect(await rejection(cursor.read(2))).toMatchObject({ code: 'PG_SANDBOX_TEST_ENDED' })
  await expectNextTestToWork()
})

test('a cursor of an outer level goes on after an inner one was rolled back', async () => {
  await lend()
  await client.query('insert into notes select n from generate_series(1, 10) n')
  const cursor = open('select id from notes order by id')
  expect(await cursor.read(2)).toEqual([{ id: 1 }, { id: 2 }])
  await testTransaction.start()
  await pool.query('delete from notes')
  await testTransaction.rollback()
  expect(await cursor.read(2)).toEqual([{ id: 3 }, { id: 4 }])
  await cursor.close()
  expect((await pool.query('select count(*)::int as n from notes')).rows).toEqual([{ n: 10 }])
})

test('a stream that is read while its level is rolled back ends with an error', async () => {
  await lend()
  await testTransaction.start()
  const stream = client.query(
    new QueryStream('select n from generate_series(1, 10000) n', [], { batchSize: 5 }),
  )
  let rows = 0
  const ended = rejection(
    (async () => {
      for await (const _ of stream) {
        rows += 1
        if (rows < 3) await pool.query('insert into notes values ($1)', [rows])
        if (rows === 3) await testTransaction.rollback()
      }
    })(),
  )
  expect(await ended).toMatchObject({ code: expect.any(String) })
  expect(rows).toBeLessThan(100)
  await expectNextTestToWork()
})

test('a cursor that nobody closes does not keep close() waiting', async () => {
  await lend()
  await open(series).read(1)
  const before = Date.now()
  await testTransaction.close()
  expect(Date.now() - before).toBeLessThan(1000)
  await testTransaction.start()
  await expectNextTestToWork()
})
