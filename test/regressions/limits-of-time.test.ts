/**
 * Queries that are cancelled, abandoned or limited in time, as in plain pg, although the clients share a
 * connection.
 */
import { Client } from 'pg'
import { testTransaction } from '../../src/index.ts'
import { describeError, useBothWays, withClient, withPool } from '../support/both-ways.ts'
import { outcome, pause, settled, usePooled } from '../support/pooled.ts'

const bothWays = useBothWays('create table notes (id int primary key, text text)')
const show = (name: string) => `select current_setting('${name}') as value`

describe('limits in a client’s options are read as pg reads them', () => {
  const values: unknown[] = [
    '3000s',
    '10000abc',
    '5000min',
    '0x10',
    '1000e3',
    2500,
    '2500',
    0,
    '0',
    '-1',
    'abc',
    '',
    ' 7000',
  ]
  const names = ['statement_timeout', 'lock_timeout'] as const

  test.each(names.flatMap((name) => values.map((value) => [name, value] as const)))('%s: %p', (name, value) =>
    bothWays.expectSame(async ({ url }) => {
      const client = new Client({ connectionString: url(), [name]: value })
      client.on('error', () => {})
      try {
        await client.connect()
        return await outcome(client.query(show(name)))
      } catch (error) {
        return describeError(error)
      } finally {
        void client.end().catch(() => {})
      }
    }),
  )

  test('one that is refused costs no other client its connection', async () => {
    await bothWays.expectSame(({ url }) =>
      withClient(url(), async (client) => {
        await client.query('insert into notes values (1)')
        const other = new Client({ connectionString: url(), statement_timeout: '10abc' as unknown as number })
        other.on('error', () => {})
        const told = await outcome(other.connect().then(() => other.query(show('statement_timeout'))))
        void other.end().catch(() => {})
        const seen = await outcome(client.query('select id from notes'))
        return [told, seen]
      }),
    )
  })
})

describe('pg_cancel_backend of a client’s process id', () => {
  const cancels = (sql: string) =>
    bothWays.expectSame(({ url }) =>
      withClient(url(), (busy) =>
        withClient(url(), async (client) => {
          await client.query('select 1')
          const slow = outcome(busy.query('select pg_sleep(8)'))
          await pause(100)
          const { processID } = busy as unknown as { processID: number }
          const told = await settled(outcome(client.query(sql, [processID])), 4000)
          return [told, await settled(slow, 2000), await outcome(busy.query('select 1 as n'))]
        }),
      ),
    )

  test('cancels what that client runs', () => cancels('select pg_cancel_backend($1) as cancelled'))
  test('also as knex writes it', () => cancels('SELECT pg_cancel_backend($1);'))
  test('also with its schema', () => cancels('select pg_catalog.pg_cancel_backend($1::int) as cancelled'))

  test('cancels nothing of a client that is idle', () =>
    bothWays.expectSame(({ url }) =>
      withClient(url(), (idle) =>
        withClient(url(), async (client) => {
          await idle.query('select 1')
          const { processID } = idle as unknown as { processID: number }
          const told = await outcome(client.query('select pg_cancel_backend($1) as cancelled', [processID]))
          return [
            told,
            await outcome(client.query('select 2 as n')),
            await outcome(idle.query('select 3 as n')),
          ]
        }),
      ),
    ))
})

describe('a query that its client has abandoned holds up nobody', () => {
  const fixture = usePooled('create table notes (id int primary key, text text)')
  const SLOW = 'select pg_sleep(6)'
  const QUICKLY = 2500

  async function expectQuick(): Promise<void> {
    expect(await settled(outcome(fixture.pool.query('select 1 as n')), QUICKLY)).toEqual([{ n: 1 }])
  }

  test('by query_timeout', async () => {
    await testTransaction.start()
    await withPool({ connectionString: fixture.database.url(), query_timeout: 100 }, async (pool) => {
      expect(await outcome(pool.query(SLOW))).toMatchObject({ message: 'Query read timeout' })
      await expectQuick()
    })
  })

  test('by release(true)', async () => {
    await testTransaction.start()
    const client = await fixture.pool.connect()
    client.on('error', () => {})
    void outcome(client.query(SLOW))
    await pause(100)
    client.release(true)
    await expectQuick()
  })

  test('by a destroyed socket', async () => {
    await testTransaction.start()
    const client = new Client({ connectionString: fixture.database.url() })
    client.on('error', () => {})
    await client.connect()
    void outcome(client.query(SLOW))
    await pause(100)
    ;(client as unknown as { connection: { stream: { destroy(): void } } }).connection.stream.destroy()
    await expectQuick()
  })

  test('and what it had written outside a transaction before is kept', async () => {
    await testTransaction.start()
    await fixture.pool.query('insert into notes values (1)')
    const client = await fixture.pool.connect()
    client.on('error', () => {})
    void outcome(client.query(SLOW))
    await pause(100)
    client.release(true)
    expect(await settled(outcome(fixture.pool.query('select id from notes')), QUICKLY)).toEqual([{ id: 1 }])
  })
})
