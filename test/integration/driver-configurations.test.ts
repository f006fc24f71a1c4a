import net from 'node:net'
import { Client, type QueryConfig, Query } from 'pg'
import { useBothWays, withClient, withPool } from '../support/both-ways.ts'

const { expectSame } = useBothWays('create table notes (id int primary key, body text)')

const add = 'insert into notes values ($1, $2) returning *'

describe('a client', () => {
  test.each([
    ['keepAlive', { keepAlive: true, keepAliveInitialDelayMillis: 10 }],
    ['binary', { binary: true }],
    ['another client_encoding', { client_encoding: 'LATIN1' }],
    ['an application_name', { application_name: "it's mine" }],
    ['a fallback_application_name', { fallback_application_name: 'fallback' }],
    ['a stream of its own', { stream: () => new net.Socket() }],
    ['options', { options: '-c search_path=pg_catalog,public -c datestyle=german' }],
    ['connectionTimeoutMillis', { connectionTimeoutMillis: 3000 }],
    ['parsers of its own', { types: { getTypeParser: () => (text: string) => `parsed ${text}` } }],
  ])('with %s', (_, config) =>
    expectSame(({ url }) =>
      withClient({ connectionString: url(), ...config } as never, async (client) => {
        const seen = [(await client.query(add, [1, 'Zoë'])).rows]
        for (const name of ['application_name', 'client_encoding', 'search_path', 'DateStyle']) {
          seen.push((await client.query('select current_setting($1)::text as value', [name])).rows)
        }
        return [seen, (await client.query('select * from notes')).rows]
      }),
    ),
  )

  test('keeps its ref() and unref()', () =>
    expectSame(({ url }) =>
      withClient(url(), async (client) => {
        const refs = client as Client & Partial<Record<'ref' | 'unref', () => void>>
        const before = [typeof refs.ref, typeof refs.unref]
        refs.unref?.()
        const { rows } = await client.query('select 1 as n')
        refs.ref?.()
        return [before, rows]
      }),
    ))

  test('reads a query in pages of `rows`', () =>
    expectSame(({ url }) =>
      withClient(url(), async (client) => {
        const config = { text: 'select n from generate_series(1, $1) n', values: [25], rows: 10 }
        const { rows, rowCount } = await client.query(config as object as QueryConfig)
        const next = await client.query(config as object as QueryConfig)
        const inTransaction = await withTransaction(client, () =>
          client.query({ ...config, name: 'named' } as object as QueryConfig),
        )
        return [
          rows,
          rowCount,
          next.rowCount,
          inTransaction.rows,
          (await client.query('select 1 as works')).rows,
        ]
      }),
    ))

  async function withTransaction<Result>(client: Client, work: () => Promise<Result>): Promise<Result> {
    await client.query('begin')
    const result = await work()
    await client.query('commit')
    return result
  }

  test('asks the next query in the events of the last', () =>
    expectSame(({ url }) =>
      withClient(url(), async (client) => {
        const seen: unknown[] = []
        const query = client.query(new Query('select n from generate_series(1, 3) n'))
        const asked: Promise<unknown>[] = []
        query.on('row', ({ n }: { n: number }) => {
          seen.push(n)
          asked.push(client.query(add, [n, null]))
        })
        await new Promise((resolve) => {
          query.on('end', resolve)
        })
        await Promise.all(asked)
        return [seen, (await client.query('select id from notes order by id')).rows]
      }),
    ))

  test("emits 'drain' when its queue is empty", () =>
    expectSame(({ url }) =>
      withClient(url(), async (client) => {
        const events: string[] = []
        client.on('drain', () => events.push('drain'))
        const queries = [1, 2, 3].map((id) =>
          client.query(add, [id, null]).then(() => events.push(`answered ${id}`)),
        )
        await Promise.all(queries)
        await new Promise((resolve) => setTimeout(resolve, 20))
        return events
      }),
    ))
})

describe('a pool', () => {
  test('with min, maxLifetimeSeconds and a verification of its own', () =>
    expectSame(({ url }) => {
      const verified: string[] = []
      const config = {
        connectionString: url(),
        min: 1,
        max: 2,
        maxLifetimeSeconds: 60,
        idleTimeoutMillis: 20,
        verify: (client: Client, done: (error?: Error) => void) => {
          client.query('select 1', (error) => {
            verified.push('verified')
            done(error)
          })
        },
      }
      return withPool(config as never, async (pool) => {
        await pool.query(add, [1, null])
        await new Promise((resolve) => setTimeout(resolve, 60))
        await pool.query(add, [2, null])
        return [verified, pool.totalCount, (await pool.query('select id from notes order by id')).rows]
      })
    }))

  test('with a Client class and log of its own', () =>
    expectSame(async ({ url }) => {
      const logged: string[] = []
      class Own extends Client {
        readonly own = true
      }
      const config = { connectionString: url(), Client: Own, log: (text: string) => logged.push(text) }
      return withPool(config, async (pool) => {
        const client = await pool.connect()
        const own: unknown = Reflect.get(client, 'own')
        client.release()
        return [own, logged.includes('connecting new client')]
      })
    }))
})
