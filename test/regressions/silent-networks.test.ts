import { testTransaction } from '../../src/index.ts'
import { outcome, settled, usePooled } from '../support/pooled.ts'
import { withProxiedPool } from '../support/proxy.ts'
import { until } from '../support/until.ts'

/** Networks that deliver nothing any more without a word, or late. */
const { start, rollback, close, parallel } = testTransaction
const fixture = usePooled('create table notes (id int primary key, text text)')

const LIMIT = 4000

test('rollback() and close() settle when the network has gone silent after a write; the next test is clean', async () => {
  testTransaction.configure({ rollbackTimeout: 200 })
  await withProxiedPool(fixture.database.url(), {}, async ({ pool, proxy }) => {
    await start()
    await start()
    await pool.query('insert into notes values (1)')
    proxy.hush()
    expect(await settled(outcome(rollback()), LIMIT)).toBeUndefined()
    await start()
    expect(await settled(outcome(pool.query('select id from notes')))).toEqual([])
    expect(await settled(outcome(close()), LIMIT)).toBeUndefined()
  })
})

test('close() settles when the network has gone silent after a read', async () => {
  testTransaction.configure({ rollbackTimeout: 200 })
  await withProxiedPool(fixture.database.url(), {}, async ({ pool, proxy }) => {
    await start()
    await pool.query('select 1')
    proxy.hush()
    expect(await settled(outcome(close()), LIMIT)).toBeUndefined()
  })
})

test('parallel() settles when the network has gone silent after a write, and the test goes on', async () => {
  testTransaction.configure({ rollbackTimeout: 200 })
  await withProxiedPool(fixture.database.url(), {}, async ({ pool, proxy }) => {
    await start()
    const scope = parallel(async () => {
      await pool.query('insert into notes values (1)')
      proxy.hush()
    })
    expect(await settled(outcome(scope), LIMIT)).toBeUndefined()
    expect(await settled(outcome(pool.query('select id from notes')))).toEqual([])
  })
})

test.each(['a client that opens its connection again', 'a client that connects'])(
  'the next test does not wait for an attempt that the ended test has waited for in vain: %s',
  async (kind) => {
    let isSilent = false
    let isOpening = false
    testTransaction.configure({ rollbackTimeout: 100 })
    const before = (): unknown => {
      if (!isSilent) return
      isOpening = true
      return new Promise(() => {})
    }
    await withProxiedPool(fixture.database.url(), { before }, async ({ pool }) => {
      if (kind === 'a client that opens its connection again') {
        await start()
        await pool.query('select 1')
        await close()
      }
      await start()
      await start()
      isSilent = true
      const early = outcome(pool.query('select 1'))
      await until(() => isOpening)
      expect(await settled(rollback())).toBeUndefined()
      expect(await settled(early)).toMatchObject({ code: 'PG_SANDBOX_TEST_ENDED' })
      isSilent = false
      await start()
      expect(await settled(outcome(pool.query('select 2 as n')))).toEqual([{ n: 2 }])
      expect(await settled(close())).toBeUndefined()
    })
  },
  20_000,
)

const WAITING = `select from pg_locks where locktype = 'advisory' and not granted
  and database = (select oid from pg_database where datname = current_database())`
const CANCEL_REQUEST = '\x00\x00\x00\x10\x04\xd2\x16\x2e'

test('a cancellation of the ended test that arrives late cancels no query of the next', async () => {
  testTransaction.configure({ rollbackTimeout: 600 })
  const { outside } = fixture.database
  let slow: Promise<unknown> | undefined
  let cancellations = 0
  const before = async (text: string): Promise<void> => {
    if (!text.startsWith(CANCEL_REQUEST)) return
    cancellations += 1
    // The query ends by itself, and what follows it has time to begin.
    await outside('select pg_advisory_unlock(1)')
    await slow
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  await withProxiedPool(fixture.database.url(), { before }, async ({ pool }) => {
    await start()
    await start()
    await pool.query('insert into notes values (1)')
    await outside('select pg_advisory_lock(1)')
    slow = outcome(pool.query('select pg_advisory_xact_lock(1), 1 as a'))
    await until(async () => (await outside(WAITING)).length === 1)
    expect(await settled(rollback())).toBeUndefined()
    expect(await slow).toMatchObject([{ a: 1 }])
    await start()
    expect(await settled(outcome(pool.query('select pg_sleep(0.2), 2 as b')))).toMatchObject([{ b: 2 }])
    expect(cancellations).toBe(1)
    await close()
  })
})
