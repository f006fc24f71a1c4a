import { once } from 'node:events'
import { Client, type Pool, type PoolClient, type Submittable } from 'pg'
import QueryStream from 'pg-query-stream'
import { testTransaction } from '../../src/index.ts'
import { rejection, useBothWays, withClient, withPool } from '../support/both-ways.ts'
import { useDatabase } from '../support/database.ts'

type Cursor = { read(rows: number): Promise<unknown[]>; close(): Promise<void> }
const CursorClass: new (text: string, values?: unknown[], config?: object) => Cursor = require('pg-cursor')

function open(client: Client | PoolClient, text: string, values?: unknown[], config?: object): Cursor {
  return client.query<Cursor & Submittable>(new CursorClass(text, values, config) as never)
}

const SERIES = 'select n from generate_series(1, $1) n'
const SCHEMA = 'create table notes (id int primary key, body text)'
const { expectSame } = useBothWays(SCHEMA)

describe('pg-cursor', () => {
  test('reads page by page to the end', () =>
    expectSame(({ url }) =>
      withClient(url(), async (client) => {
        const cursor = open(client, SERIES, [5])
        const pages = [await cursor.read(2), await cursor.read(2), await cursor.read(2), await cursor.read(2)]
        await cursor.close()
        return [pages, (await client.query('select 1 as works')).rows]
      }),
    ))

  test('reads arrays, and nothing', () =>
    expectSame(({ url }) =>
      withClient(url(), async (client) => {
        const arrays = open(client, SERIES, [3], { rowMode: 'array' })
        const seen = [await arrays.read(10)]
        await arrays.close()
        const empty = open(client, SERIES, [0])
        seen.push(await empty.read(10))
        await empty.close()
        return seen
      }),
    ))

  test('closes early, and the client works on', () =>
    expectSame(({ url }) =>
      withClient(url(), async (client) => {
        const cursor = open(client, SERIES, [1000])
        const page = await cursor.read(1)
        await cursor.close()
        const late = await cursor.read(1)
        await client.query('insert into notes values (1)')
        return [page, late, (await client.query('select id from notes')).rows]
      }),
    ))

  test('closes before anything is read', () =>
    expectSame(({ url }) =>
      withClient(url(), async (client) => {
        await open(client, SERIES, [1000]).close()
        return (await client.query('select 1 as works')).rows
      }),
    ))

  test('two at once on two clients, with writes of others between the pages', () =>
    expectSame(({ url }) =>
      withPool({ connectionString: url() }, async (pool) => {
        const [first, second] = [await pool.connect(), await pool.connect()]
        const [ups, downs] = [
          open(first, SERIES, [4]),
          open(second, 'select 10 - n as n from generate_series(1, 4) n'),
        ]
        const seen: unknown[] = []
        for (const id of [1, 2]) {
          seen.push(await ups.read(2))
          await pool.query('insert into notes values ($1)', [id])
          seen.push(await downs.read(2))
          seen.push((await pool.query('select count(*)::int as n from notes')).rows)
        }
        await ups.close()
        await downs.close()
        first.release()
        second.release()
        return seen
      }),
    ))

  test('does not see what is written after it was opened', () =>
    expectSame(({ url }) =>
      withPool({ connectionString: url() }, async (pool) => {
        await pool.query('insert into notes select generate_series(1, 4)')
        const client = await pool.connect()
        const cursor = open(client, 'select id from notes order by id')
        const seen = [await cursor.read(1)]
        await pool.query('insert into notes values (5)')
        await pool.query('delete from notes where id = 3')
        seen.push(await cursor.read(100))
        await cursor.close()
        client.release()
        return [seen, (await pool.query('select count(*)::int as n from notes')).rows]
      }),
    ))

  test('fails as plainly, and the next cursor works', () =>
    expectSame(({ url }) =>
      withClient(url(), async (client) => {
        const wrong = await rejection(open(client, 'select no_column').read(1))
        const halfway = open(client, 'select 1 / (3 - n) as q from generate_series(1, 5) n')
        const first = await halfway.read(1)
        const failed = await rejection(halfway.read(10))
        const next = open(client, SERIES, [2])
        const rows = await next.read(10)
        await next.close()
        await client.query('insert into notes values (1)')
        return [wrong, first, failed, rows]
      }),
    ))

  test('after an error in a statement of another client between two pages', () =>
    expectSame(({ url }) =>
      withPool({ connectionString: url() }, async (pool) => {
        await pool.query('insert into notes values (1)')
        const client = await pool.connect()
        const cursor = open(client, SERIES, [4])
        const seen: unknown[] = [await cursor.read(2)]
        seen.push(await rejection(pool.query('insert into notes values (1)')))
        seen.push(await cursor.read(4))
        await cursor.close()
        client.release()
        return seen
      }),
    ))

  test('inside a transaction, with statements of the same client behind it', () =>
    expectSame(({ url }) =>
      withClient(url(), async (client) => {
        await client.query('begin')
        await client.query('insert into notes select generate_series(1, 3)')
        const cursor = open(client, 'select id from notes order by id')
        const page = await cursor.read(2)
        const later = client.query('select count(*)::int as n from notes')
        const rest = await cursor.read(2)
        await cursor.close()
        await client.query('commit')
        return [page, rest, (await later).rows]
      }),
    ))

  test('over INSERT … RETURNING', () =>
    expectSame(({ url }) =>
      withClient(url(), async (client) => {
        const cursor = open(client, 'insert into notes select generate_series(1, 3) returning id')
        const pages = [await cursor.read(2), await cursor.read(2), await cursor.read(2)]
        await cursor.close()
        return [pages, (await client.query('select count(*)::int as n from notes')).rows]
      }),
    ))

  test('of SQL: DECLARE needs a transaction, FETCH pages, COMMIT closes it', () =>
    expectSame(({ url }) =>
      withClient(url(), async (client) => {
        const outside = await rejection(client.query('declare c cursor for select 1'))
        await client.query('begin')
        await client.query('declare c cursor for select n from generate_series(1, 3) n')
        const page = (await client.query('fetch 2 from c')).rows
        await client.query('commit')
        return [outside, page, await rejection(client.query('fetch 1 from c'))]
      }),
    ))
})

describe('pg-query-stream', () => {
  async function drain(
    stream: AsyncIterable<unknown>,
    each: (row: unknown) => Promise<unknown>,
  ): Promise<unknown[]> {
    const rows: unknown[] = []
    for await (const row of stream) {
      rows.push(row)
      await each(row)
    }
    return rows
  }

  const insertInto = (pool: Pool) => (row: unknown) =>
    pool.query('insert into notes values ($1)', [(row as { n: number }).n])

  test('lets others write between its pages', () =>
    expectSame(({ url }) =>
      withPool({ connectionString: url() }, async (pool) => {
        const client = await pool.connect()
        const stream = client.query(new QueryStream(SERIES, [50], { batchSize: 7 }))
        const rows = await drain(stream, insertInto(pool))
        client.release()
        return [rows, (await pool.query('select count(*)::int as n from notes')).rows]
      }),
    ))

  test('reads from a table that is written meanwhile', () =>
    expectSame(({ url }) =>
      withPool({ connectionString: url() }, async (pool) => {
        await pool.query('insert into notes select generate_series(1, 30)')
        const client = await pool.connect()
        const stream = client.query(new QueryStream('select id from notes order by id', [], { batchSize: 4 }))
        const rows = await drain(stream, () =>
          pool.query("update notes set body = coalesce(body, '') || 'x'"),
        )
        client.release()
        return [rows, (await pool.query('select distinct body from notes')).rows]
      }),
    ))

  test('destroyed early gives the client back', () =>
    expectSame(({ url }) =>
      withPool({ connectionString: url(), max: 2 }, async (pool) => {
        const client = await pool.connect()
        const stream = client.query(new QueryStream(SERIES, [10_000], { batchSize: 10 }))
        for await (const row of stream) {
          if ((row as { n: number }).n === 15) break
        }
        await client.query('insert into notes values (1)')
        const { rows } = await client.query('select id from notes')
        client.release()
        return rows
      }),
    ))

  test('destroyed with an error emits it', () =>
    expectSame(({ url }) =>
      withClient(url(), async (client) => {
        const stream = client.query(new QueryStream(SERIES, [10_000], { batchSize: 10 }))
        await once(stream, 'data')
        stream.destroy(new Error('enough'))
        const [error] = await once(stream, 'error')
        return [(error as Error).message, (await client.query('select 1 as works')).rows]
      }),
    ))

  test('an error in the middle reaches the reader, and the client works on', () =>
    expectSame(({ url }) =>
      withClient(url(), async (client) => {
        const text = 'select 1 / (20 - n) as q from generate_series(1, 50) n'
        const stream = client.query(new QueryStream(text, [], { batchSize: 5 }))
        let rows = 0
        const error = await rejection(drain(stream, async () => (rows += 1)))
        return [error, rows > 0, (await client.query('select 1 as works')).rows]
      }),
    ))

  test('streams many rows with two readers at once', () =>
    expectSame(({ url }) =>
      withPool({ connectionString: url() }, async (pool) => {
        const sums = await Promise.all(
          [20_000, 10_000].map(async (rows) => {
            const client = await pool.connect()
            let sum = 0
            for await (const row of client.query(new QueryStream(SERIES, [rows])))
              sum += (row as { n: number }).n
            client.release()
            return sum
          }),
        )
        return sums
      }),
    ))
})

describe('at the end of a test', () => {
  const database = useDatabase(SCHEMA)

  test('an open cursor does not hinder rollback, and the next test is clean', async () => {
    await testTransaction.start()
    await testTransaction.start()
    const client = new Client(database.url())
    client.on('error', () => {})
    await client.connect()
    await client.query('insert into notes values (1)')
    const cursor = open(client, SERIES, [1000])
    await cursor.read(1)
    await testTransaction.rollback()
    await testTransaction.start()
    await withClient(database.url(), async (next) => {
      expect((await next.query('select * from notes')).rows).toEqual([])
      await next.query('insert into notes values (1)')
    })
    await testTransaction.rollback()
    await testTransaction.close()
    expect(await database.countOutside('notes')).toBe(0)
    await client.end()
  })
})
