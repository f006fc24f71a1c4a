import { Client, Pool, Query, type QueryConfig, type QueryResult, types } from 'pg'
import { testTransaction } from '../../src/index.ts'
import { rejection, useBothWays, withClient, withPool } from '../support/both-ways.ts'

const { expectSame } = useBothWays('create table notes (id int primary key, body text)')

const PoolAlone: typeof Pool = require('pg-pool')

describe('a client', () => {
  test('writes and reads with promises', () =>
    expectSame(({ url }) =>
      withClient(url(), async (client) => {
        const written = await client.query('insert into notes values ($1, $2) returning *', [1, 'one'])
        const read = await client.query({ text: 'select * from notes' })
        const { command, rowCount, rows, fields } = written
        return [command, rowCount, rows, fields.map(({ name, dataTypeID }) => [name, dataTypeID]), read.rows]
      }),
    ))

  test('connects, queries and ends with callbacks', () =>
    expectSame(async ({ url }) => {
      const client = new Client(url())
      const calls: unknown[] = []
      await new Promise<void>((resolve) => {
        client.connect((connectError?: Error) => {
          calls.push(['connect', connectError ?? null])
          client.query('insert into notes values (1)', (error, result) => {
            calls.push(['insert', error, result.rowCount])
          })
          client.query('select $1::int as n', [2], (error, result) => calls.push([error, result.rows]))
          client.query({ text: 'select no_column', values: [] }, (error) =>
            calls.push([error.message, Reflect.get(error, 'code')]),
          )
          client.query('select count(*)::int as n from notes', (error, result) => {
            calls.push(['count', error, result.rows])
            client.end((endError) => {
              calls.push(['end', endError ?? null])
              resolve()
            })
          })
        })
      })
      return calls
    }))

  test('resolves connect() to itself where pg does', () =>
    expectSame(async ({ url }) => {
      const client = new Client(url())
      const connected: unknown = await client.connect()
      await client.end()
      return connected === client ? 'the client' : connected
    }))

  test('cannot be connected twice', () =>
    expectSame(async ({ url }) => {
      const client = new Client(url())
      await client.connect()
      const later = await rejection(client.connect())
      const { rows } = await client.query('select 1 as still_works')
      await client.end()
      const afterEnd = await rejection(client.connect())
      return [later, rows, afterEnd]
    }))

  test('emits "end" once, and refuses queries afterwards', () =>
    expectSame(async ({ url }) => {
      const client = new Client(url())
      const events: string[] = []
      client.on('end', () => events.push('end'))
      client.on('error', (error) => events.push(error.message))
      await client.connect()
      await client.query('insert into notes values (1)')
      await client.end()
      const late = await rejection(client.query('select 1'))
      await client.end()
      await new Promise((resolve) => setImmediate(resolve))
      return [events, late]
    }))

  test('has a numeric processID and secretKey', () =>
    expectSame(({ url }) =>
      withClient(url(), async (client) => {
        const { processID, secretKey } = client as Client & Record<'processID' | 'secretKey', unknown>
        return [typeof processID, typeof secretKey, Number(processID) > 0]
      }),
    ))

  test('hears of the parameters of the server while it connects', () =>
    expectSame(async ({ url }) => {
      const client = new Client(url())
      const parameters = new Map<string, string>()
      Reflect.get(client, 'connection').on(
        'parameterStatus',
        (message: { parameterName: string; parameterValue: string }) =>
          parameters.set(message.parameterName, message.parameterValue),
      )
      await client.connect()
      await client.end()
      return [...parameters].toSorted(([a], [b]) => a.localeCompare(b))
    }))

  test('runs queries in the order in which they were made, without awaiting', () =>
    expectSame(({ url }) =>
      withClient(url(), async (client) => {
        const results = await Promise.all([
          client.query('insert into notes values (1)'),
          client.query('select count(*)::int as n from notes'),
          client.query('insert into notes values (2)'),
          client.query('select count(*)::int as n from notes'),
        ])
        return results.map(({ command, rowCount, rows }) => [command, rowCount, rows])
      }),
    ))

  test('takes queries before it is connected', () =>
    expectSame(async ({ url }) => {
      const client = new Client(url())
      const early = client.query('insert into notes values (1) returning id')
      await client.connect()
      const { rows } = await early
      await client.end()
      return rows
    }))
})

describe('subclasses of Client', () => {
  test('work as pg’s own', () =>
    expectSame(async ({ url }) => {
      class Sub extends Client {}
      const client = new Sub(url())
      await client.connect()
      await client.query('insert into notes values (1)')
      const { rows } = await client.query('select * from notes')
      await client.end()
      return [rows, client instanceof Client]
    }))

  test('may override query and connect, in a pool too', () =>
    expectSame(async ({ url }) => {
      const calls: string[] = []
      class Traced extends Client {
        override connect(...args: never[]): never {
          calls.push('connect')
          return (super.connect as (...args: never[]) => never)(...args)
        }
        override query(...args: never[]): never {
          calls.push('query')
          return (super.query as (...args: never[]) => never)(...args)
        }
      }
      return withPool({ connectionString: url(), Client: Traced }, async (pool) => {
        await pool.query('insert into notes values ($1)', [1])
        const client = await pool.connect()
        const { rows } = await client.query('select * from notes')
        client.release()
        return [rows, calls, client instanceof Traced]
      })
    }))
})

describe.each([
  ['Pool', Pool],
  ['pg-pool used directly', PoolAlone],
])('%s', (_, PoolClass) => {
  test('runs queries with promises and callbacks', () =>
    expectSame(async ({ url }) => {
      const pool = new PoolClass({ connectionString: url() })
      await pool.query('insert into notes values (1)')
      const told = await new Promise((resolve) => {
        pool.query('select id from notes where id = $1', [1], (error, result) =>
          resolve([error ?? null, result.rows]),
        )
      })
      const failed = await new Promise((resolve) => {
        pool.query('select no_column', (error: Error) => resolve([error.message, Reflect.get(error, 'code')]))
      })
      await pool.end()
      return [told, failed]
    }))

  test('lends clients with promises and callbacks', () =>
    expectSame(async ({ url }) => {
      const pool = new PoolClass({ connectionString: url(), max: 1 })
      const client = await pool.connect()
      await client.query('insert into notes values (1)')
      client.release()
      const told = await new Promise((resolve) => {
        pool.connect((error, lent, done) => {
          lent!.query('select id from notes', (queryError: Error, { rows }: QueryResult) => {
            done()
            resolve([error ?? null, queryError, rows])
          })
        })
      })
      await pool.end()
      return told
    }))

  test('emits its events in the same order', () =>
    expectSame(async ({ url }) => {
      const pool = new PoolClass({ connectionString: url(), max: 1 })
      const events: string[] = []
      for (const event of ['connect', 'acquire', 'release', 'remove', 'error'] as const) {
        pool.on(event, () => events.push(event))
      }
      await pool.query('select 1')
      const client = await pool.connect()
      const first = new Promise((resolve) => pool.once('remove', resolve))
      client.release(true)
      await first
      await pool.query('select 1')
      const removed = new Promise((resolve) => pool.once('remove', resolve))
      await pool.end()
      await removed
      return [events, pool.totalCount, pool.idleCount, pool.waitingCount]
    }))

  test('gives a new client after release(error)', () =>
    expectSame(async ({ url }) => {
      const pool = new PoolClass({ connectionString: url(), max: 1 })
      const first = await pool.connect()
      const { code } = await rejection(first.query('select no_column'))
      first.release(new Error('not fit'))
      const second = await pool.connect()
      await second.query('insert into notes values (1)')
      const { rows } = await second.query('select * from notes')
      second.release()
      await pool.end()
      return [code, first === second, rows]
    }))

  test('ends clients after maxUses and after idleTimeoutMillis', () =>
    expectSame(async ({ url }) => {
      const pool = new PoolClass({ connectionString: url(), max: 1, maxUses: 2, idleTimeoutMillis: 30 })
      let connects = 0
      pool.on('connect', () => (connects += 1))
      for (const id of [1, 2, 3, 4]) await pool.query('insert into notes values ($1)', [id])
      const afterUses = connects
      await pool.query('select 1')
      await new Promise((resolve) => pool.once('remove', resolve))
      const idle = pool.totalCount
      const { rows } = await pool.query('select count(*)::int as n from notes')
      await pool.end()
      return [afterUses, idle, rows]
    }))

  test('refuses queries after end(), and end() twice', () =>
    expectSame(async ({ url }) => {
      const pool = new PoolClass({ connectionString: url() })
      await pool.query('insert into notes values (1)')
      await pool.end()
      return [await rejection(pool.query('select 1')), await rejection(pool.end())]
    }))
})

describe('Query objects', () => {
  test('emit rows and the end, to listeners attached after query() returns', () =>
    expectSame(({ url }) =>
      withClient(url(), async (client) => {
        await client.query("insert into notes values (1, 'a'), (2, 'b')")
        const query = client.query(new Query('select * from notes order by id'))
        const events: unknown[] = []
        await new Promise<void>((resolve) => {
          query.on('row', (row) => events.push(['row', row]))
          query.on('error', (error) => events.push(['error', error.message]))
          query.on('end', (result) => {
            events.push(['end', result.command, result.rowCount])
            resolve()
          })
        })
        return events
      }),
    ))

  test('emit the error', () =>
    expectSame(({ url }) =>
      withClient(url(), async (client) => {
        const query = client.query(new Query('insert into notes values ($1)', ['no number']))
        const error: Error = await new Promise((resolve) => {
          query.on('error', resolve)
        })
        const { rows } = await client.query('select count(*)::int as n from notes')
        return [error.message, Reflect.get(error, 'code'), rows]
      }),
    ))

  test('emit rows before an error in the middle', () =>
    expectSame(({ url }) =>
      withClient(url(), async (client) => {
        const query = client.query(new Query('select 1 / (3 - n) as quotient from generate_series(1, 5) n'))
        const events: unknown[] = []
        await new Promise<void>((resolve) => {
          query.on('row', (row) => events.push(row))
          query.on('error', (error) => {
            events.push(error.message)
            resolve()
          })
        })
        return [events, (await client.query('select 1 as works')).rows]
      }),
    ))

  test('may have a callback', () =>
    expectSame(({ url }) =>
      withClient(url(), async (client) => {
        const rows = await new Promise((resolve) => {
          const done = (_error: Error, result: QueryResult): void => resolve(result.rows)
          client.query(new (Query as never as new (...args: unknown[]) => Query)('select 7 as n', done))
        })
        return rows
      }),
    ))
})

describe('rows and types', () => {
  test('rowMode array', () =>
    expectSame(({ url }) =>
      withClient(url(), async (client) => {
        await client.query({ text: 'insert into notes values ($1, $2)', values: [1, 'a'] })
        return (await client.query({ text: 'select id, body, id as id from notes', rowMode: 'array' })).rows
      }),
    ))

  test('type parsers for one query, and for one client', () =>
    expectSame(({ url }) =>
      withClient(url(), (client) =>
        withClient(url(), async (sibling) => {
          client.setTypeParser(types.builtins.INT4, (text) => `own ${text}`)
          const perQuery = { getTypeParser: () => (text: string) => `query ${text}` } as never
          const text = 'select 5::int4 as n'
          const own = await client.query(text)
          const typed = await client.query({ text, types: perQuery })
          const siblings = await sibling.query(text)
          return [own.rows, typed.rows, siblings.rows]
        }),
      ),
    ))

  test('binary results, and values of every kind', () =>
    expectSame(({ url }) =>
      withClient(url(), async (client) => {
        const text =
          'select $1::int4 as i, $2::text as t, $3::jsonb as j, $4::int[] as a, $5::bytea as b, $6::timestamptz as d, $7::text as n'
        const values = [
          42,
          "it's",
          { a: [1] },
          [1, 2, null],
          Buffer.from([0, 1, 255]),
          new Date(0),
          undefined,
        ]
        const asText = await client.query(text, values)
        const binary = await client.query({
          text: 'select $1::int4 as i, $2::text as t',
          values: [42, 'x'],
          binary: true,
        } as object as QueryConfig)
        return [asText.rows, binary.rows]
      }),
    ))

  test('several results of one string', () =>
    expectSame(({ url }) =>
      withClient(url(), async (client) => {
        const results = await client.query(
          "insert into notes values (1, 'a'); select * from notes; update notes set body = 'b'",
        )
        return (results as never as QueryResult[]).map(({ command, rowCount, rows }) => [
          command,
          rowCount,
          rows,
        ])
      }),
    ))

  test('large values both ways', () =>
    expectSame(({ url }) =>
      withClient(url(), async (client) => {
        const body = 'é'.repeat(3_000_000)
        await client.query('insert into notes values (1, $1)', [body])
        const { rows } = await client.query('select body from notes')
        return rows[0].body === body
      }),
    ))
})

describe('queries that are no queries', () => {
  test.each([
    ['an empty string', ''],
    ['a semicolon', ';'],
    ['a comment', '-- nothing'],
    ['a block comment', '/* nothing */'],
    ['blanks', '  \n '],
  ])('%s gives an empty result, simple and extended', (_, text) =>
    expectSame(({ url }) =>
      withClient(url(), async (client) => {
        const simple = await client.query(text)
        const extended = await client.query({
          text,
          values: [],
          queryMode: 'extended',
        } as object as QueryConfig)
        const inTransaction: unknown[] = []
        await client.query('begin')
        inTransaction.push(describeResult(await client.query(text)))
        await client.query('commit')
        return [describeResult(simple), describeResult(extended), inTransaction]
      }),
    ),
  )

  test.each([
    ['null', [null]],
    ['undefined', [undefined]],
    ['an empty object', [{}]],
    ['values that are no array', ['select $1::int', 'one']],
    ['values that are an object', ['select $1::int', { one: 1 }]],
    ['too few values', ['select $1::int, $2::int', [1]]],
    ['too many values', ['select $1::int', [1, 2]]],
    ['a wrong type', ['select $1::int', ['x']]],
    ['values without a text', [{ values: [1] }]],
  ])('%s fails as in pg, and the client works on', (_, args) =>
    expectSame(({ url }) =>
      withClient(url(), async (client) => {
        const query = client.query.bind(client) as (...args: unknown[]) => Promise<QueryResult>
        const failed = await outcome(() => query(...args))
        const inTransaction = await outcome(async () => {
          await query('begin')
          try {
            return await query(...args)
          } finally {
            await query('rollback')
          }
        })
        await query('insert into notes values (1)')
        return [failed, inTransaction, (await query('select * from notes')).rows]
      }),
    ),
  )

  test('a pool gives the same', () =>
    expectSame(({ url }) =>
      withPool({ connectionString: url() }, async (pool) => {
        const query = pool.query.bind(pool) as (...args: unknown[]) => Promise<QueryResult>
        return [
          await outcome(() => query('')),
          await outcome(() => query(';')),
          await outcome(() => query('select $1::int', 'x')),
        ]
      }),
    ))
})

test('getTransactionStatus() tells I, T and E', () =>
  expectSame(({ url }) =>
    withClient(url(), async (client) => {
      const status = (): unknown =>
        (client as { getTransactionStatus?: () => unknown }).getTransactionStatus?.()
      const seen = [status()]
      await client.query('insert into notes values (1)')
      seen.push(status())
      await client.query('begin')
      seen.push(status())
      await client.query('select no_column').catch(() => {})
      await client.query('select 1').catch(() => {}) // The status comes behind the error, so once more.
      seen.push(status())
      await client.query('rollback')
      seen.push(status())
      return seen
    }),
  ))

test('a pool with one client does not hang when checkouts are nested inside the sandbox', async () => {
  await testTransaction.start()
  // Any server will do: no body runs plainly here, where the same code would wait for ever.
  await withPool({ connectionString: process.env.PG_SANDBOX_TEST_SERVER!, max: 1 }, async (pool) => {
    const outer = await pool.connect()
    const inner = await pool.connect()
    const { rows } = await inner.query('select 1 as n')
    inner.release()
    outer.release()
    expect(rows).toEqual([{ n: 1 }])
  })
})

function describeResult(result: QueryResult | QueryResult[]): unknown {
  if (Array.isArray(result)) return result.map(describeResult)
  return [result.command, result.rowCount, result.rows, result.fields?.length]
}

async function outcome(work: () => Promise<QueryResult>): Promise<unknown> {
  try {
    return describeResult(await work())
  } catch (error) {
    return [(error as Error).constructor.name, (error as Error).message, Reflect.get(error as Error, 'code')]
  }
}
