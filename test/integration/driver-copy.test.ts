import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { Readable, Transform, Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { Client, PoolClient, QueryResult, Submittable } from 'pg'
import { testTransaction } from '../../src/index.ts'
import { rejection, useBothWays, withClient, withPool } from '../support/both-ways.ts'
import { useDatabase } from '../support/database.ts'

type Copy = { rowCount: number }
const copyStreams: {
  from(text: string, options?: object): Writable & Copy
  to(text: string, options?: object): Readable & Copy
} = require('pg-copy-streams')

const from = (client: Client | PoolClient, text: string): Writable & Copy =>
  client.query<Writable & Copy & Submittable>(copyStreams.from(text) as never)
const to = (client: Client | PoolClient, text: string): Readable & Copy =>
  client.query<Readable & Copy & Submittable>(copyStreams.to(text) as never)

async function read(stream: Readable): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of stream) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks).toString()
}

async function ids(client: Pick<Client, 'query'>): Promise<unknown[]> {
  const { rows }: QueryResult<{ id: number }> = await client.query('select id from notes order by id')
  return rows.map(({ id }) => id)
}

const SCHEMA = 'create table notes (id int primary key, body text)'
const IN = 'copy notes (id, body) from stdin'
const OUT = 'copy (select id, body from notes order by id) to stdout'

describe('COPY FROM STDIN', () => {
  const { expectSame } = useBothWays(SCHEMA)

  test('writes rows', () =>
    expectSame(({ url }) =>
      withClient(url(), async (client) => {
        const copy = from(client, IN)
        await pipeline(Readable.from(['1\ta\n2', '\tb\n', '3\t\\N\n']), copy)
        return [copy.rowCount, (await client.query('select * from notes order by id')).rows]
      }),
    ))

  test('writes nothing when nothing comes', () =>
    expectSame(({ url }) =>
      withClient(url(), async (client) => {
        await pipeline(Readable.from([]), from(client, IN))
        return ids(client)
      }),
    ))

  test('fails on a bad row, in the middle, and the client works on', () =>
    expectSame(({ url }) =>
      withClient(url(), async (client) => {
        const bad = await rejection(pipeline(Readable.from(['1\ta\n', 'x\tb\n', '3\tc\n']), from(client, IN)))
        await pipeline(Readable.from(['4\td\n']), from(client, IN))
        return [bad, await ids(client)]
      }),
    ))

  test('fails at its end, on a constraint', () =>
    expectSame(({ url }) =>
      withClient(url(), async (client) => {
        await client.query('insert into notes values (2)')
        const failed = await rejection(pipeline(Readable.from(['1\ta\n2\tb\n']), from(client, IN)))
        return [failed, await ids(client)]
      }),
    ))

  test('fails before it begins', () =>
    expectSame(({ url }) =>
      withClient(url(), async (client) => {
        const failed = await rejection(
          pipeline(Readable.from(['1\ta\n']), from(client, 'copy nowhere from stdin')),
        )
        await pipeline(Readable.from(['1\ta\n']), from(client, IN))
        return [failed, await ids(client)]
      }),
    ))

  test('is given up when its source fails', () =>
    expectSame(({ url }) =>
      withClient(url(), async (client) => {
        async function* source(): AsyncGenerator<string> {
          yield '1\ta\n'
          throw new Error('the source is dry')
        }
        const failed = await rejection(pipeline(Readable.from(source()), from(client, IN)))
        await client.query('insert into notes values (9)')
        return [failed, await ids(client)]
      }),
    ))

  test('is given up when it is destroyed', () =>
    expectSame(({ url }) =>
      withClient(url(), async (client) => {
        const copy = from(client, IN)
        copy.write('1\ta\n')
        copy.destroy()
        await once(copy, 'close')
        await client.query('insert into notes values (9)')
        return ids(client)
      }),
    ))

  test('is undone and kept with its transaction', () =>
    expectSame(({ url }) =>
      withClient(url(), async (client) => {
        await client.query('begin')
        await pipeline(Readable.from(['1\ta\n']), from(client, IN))
        await client.query('rollback')
        await client.query('begin')
        await pipeline(Readable.from(['2\ta\n']), from(client, IN))
        const within = await ids(client)
        await client.query('commit')
        return [within, await ids(client)]
      }),
    ))

  test('aborts its transaction when it fails', () =>
    expectSame(({ url }) =>
      withClient(url(), async (client) => {
        await client.query('begin')
        await client.query('insert into notes values (1)')
        const bad = await rejection(pipeline(Readable.from(['x\n']), from(client, IN)))
        const aborted = await rejection(client.query('select 1'))
        const { command } = await client.query('commit')
        return [bad, aborted, command, await ids(client)]
      }),
    ))

  test('works for two clients at once', () =>
    expectSame(({ url }) =>
      withPool({ connectionString: url() }, async (pool) => {
        const load = async (first: number): Promise<void> => {
          const client = await pool.connect()
          const rows = Array.from({ length: 50 }, (_, index) => `${first + index}\tx\n`)
          await pipeline(Readable.from(rows), from(client, IN))
          client.release()
        }
        await Promise.all([load(0), load(1000)])
        return ids(pool)
      }),
    ))

  test('without a stream fails as in pg', () =>
    expectSame(({ url }) =>
      withClient(url(), async (client) => {
        const failed = await rejection(client.query(IN))
        return [failed, (await client.query('select 1 as works')).rows]
      }),
    ))
})

describe('COPY TO STDOUT', () => {
  const { expectSame } = useBothWays(SCHEMA)

  test('reads rows', () =>
    expectSame(({ url }) =>
      withClient(url(), async (client) => {
        await client.query("insert into notes values (1, 'a'), (2, null)")
        const copy = to(client, OUT)
        const text = await read(copy)
        return [text, copy.rowCount, (await client.query('select 1 as works')).rows]
      }),
    ))

  test('reads what the open transaction has written, as the first statement of a sandbox too', () =>
    expectSame(({ url }) =>
      withClient(url(), async (client) => {
        const first = await read(to(client, 'copy (select 1, 2) to stdout'))
        await client.query('begin')
        await client.query('insert into notes values (1)')
        const within = await read(to(client, 'copy notes to stdout'))
        await client.query('rollback')
        return [first, within, await read(to(client, 'copy notes to stdout'))]
      }),
    ))

  test('fails before and in the middle, and the client works on', () =>
    expectSame(({ url }) =>
      withClient(url(), async (client) => {
        const before = await rejection(read(to(client, 'copy nowhere to stdout')))
        const middle = await rejection(
          read(to(client, 'copy (select 1 / (900 - n) from generate_series(1, 1000) n) to stdout')),
        )
        return [before, middle, (await client.query('select 1 as works')).rows]
      }),
    ))

  test('without a stream gives what pg gives', () =>
    expectSame(({ url }) =>
      withClient(url(), async (client) => {
        const { command, rowCount } = await client.query('copy (select 1) to stdout')
        return [command, rowCount, (await client.query('select 1 as works')).rows]
      }),
    ))

  test('feeds another client’s COPY', () =>
    expectSame(({ url }) =>
      withPool({ connectionString: url() }, async (pool) => {
        const source = await pool.connect()
        const text = await read(to(source, "copy (select n, 'x' from generate_series(1, 5) n) to stdout"))
        source.release()
        const target = await pool.connect()
        await pipeline(Readable.from([text]), from(target, IN))
        target.release()
        return ids(pool)
      }),
    ))
})

describe('about 20 MB', () => {
  const { expectSame } = useBothWays(SCHEMA)
  const ROWS = 20_000
  const body = 'x'.repeat(1000)

  function* lines(): Generator<string> {
    for (let id = 0; id < ROWS; id += 100) {
      yield Array.from({ length: 100 }, (_, index) => `${id + index}\t${body}\n`).join('')
    }
  }

  test(
    'go in, and out again to a slow reader',
    () =>
      expectSame(({ url }) =>
        withClient(url(), async (client) => {
          const copy = from(client, IN)
          await pipeline(Readable.from(lines()), copy)
          const { rows } = await client.query(
            'select count(*)::int as n, sum(length(body))::int as bytes from notes',
          )
          const hash = createHash('sha256')
          const slow = new Transform({
            highWaterMark: 1024,
            transform: (chunk, _encoding, done) => setImmediate(done, null, chunk),
          })
          const sink = new Writable({
            write(chunk: Buffer, _encoding, done) {
              hash.update(chunk)
              done()
            },
          })
          await pipeline(to(client, OUT), slow, sink)
          return [copy.rowCount, rows, hash.digest('hex'), (await client.query('select 1 as works')).rows]
        }),
      ),
    60_000,
  )

  test(
    'are written no faster than they are taken',
    () =>
      expectSame(({ url }) =>
        withClient(url(), async (client) => {
          const copy = from(client, IN)
          let longest = 0
          let asked = 0
          for (const chunk of lines()) {
            if (!copy.write(chunk)) {
              asked += 1
              await once(copy, 'drain')
            }
            longest = Math.max(longest, Reflect.get(client, 'connection').stream.writableLength)
          }
          copy.end()
          await once(copy, 'finish')
          return [
            asked > 0,
            longest < 5_000_000,
            (await client.query('select count(*)::int as n from notes')).rows,
          ]
        }),
      ),
    60_000,
  )

  test(
    'that are not read do not fill the memory, and leave the client usable once they are',
    () =>
      expectSame(({ url }) =>
        withClient(url(), async (client) => {
          const text = `copy (select repeat('x', 1000) from generate_series(1, ${ROWS})) to stdout`
          const copy = to(client, text)
          copy.pause()
          await once(copy, 'readable')
          await new Promise((resolve) => setTimeout(resolve, 300))
          const buffered = Reflect.get(client, 'connection').stream.readableLength + copy.readableLength
          const { length } = await read(copy)
          return [buffered < 5_000_000, length, (await client.query('select 1 as works')).rows]
        }),
      ),
    60_000,
  )
})

describe('at the end of a test', () => {
  const database = useDatabase(SCHEMA)
  afterEach(testTransaction.close)

  test('a COPY that nobody ends does not hold rollback for long, and leaves nothing', async () => {
    testTransaction.configure({ rollbackTimeout: 300 })
    await testTransaction.start()
    await testTransaction.start()
    await withClient(database.url(), async (client) => {
      client.on('error', () => {})
      const copy = from(client, IN)
      copy.on('error', () => {})
      copy.write('1\ta\n')
      await new Promise((resolve) => setTimeout(resolve, 50))
      await testTransaction.rollback()
    })
    testTransaction.configure({ rollbackTimeout: 5000 })
    await testTransaction.start()
    await withClient(database.url(), async (next) => {
      await next.query('insert into notes values (2)')
      expect(await ids(next)).toEqual([2])
    })
    await testTransaction.close()
    expect(await database.countOutside('notes')).toBe(0)
  })
})
