import { Client } from 'pg'
import { testTransaction } from '../../src/index.ts'
import { outcome, settled, usePooled } from '../support/pooled.ts'

const { start, rollback, close } = testTransaction
const fixture = usePooled(
  `create table notes (id int primary key, text text); create function w() returns int language plpgsql as $$ begin insert into notes values (1); return 1; end $$; create view writing as select w()`,
)

const copyStreams = require('pg-copy-streams')

test('close un-awaited then start', async () => {
  await start()
  await fixture.pool.query('insert into notes values (1)')
  const closing = close()
  await start()
  await fixture.pool.query('insert into notes values (2)')
  await closing
  expect(await outcome(fixture.pool.query('select id from notes'))).toEqual([{ id: 2 }])
  const r = rollback()
  await start()
  expect(await outcome(fixture.pool.query('select id from notes'))).toEqual([])
  await Promise.all([r, close(), close()])
})

test('ten scopes with one client', async () => {
  await start()
  const c = await fixture.lend()
  const counts = await Promise.all(
    Array.from({ length: 10 }, (_, i) =>
      testTransaction.parallel(async () => {
        await c.query('begin')
        await c.query('insert into notes values ($1)', [i])
        await c.query('savepoint a')
        await c.query('select 1/0').catch(() => {})
        await c.query('rollback to a')
        await c.query('commit')
        return (await c.query('select count(*)::int as n from notes')).rows[0].n
      }),
    ),
  )
  expect(counts).toEqual(Array(10).fill(1))
  expect(await outcome(c.query('select id from notes'))).toEqual([])
})

test("a scope's client after its scope", async () => {
  await start()
  const c: any = await testTransaction.parallel(async () => {
    const lent = await fixture.pool.connect()
    fixture.clients.push(lent)
    await lent.query('begin')
    await lent.query('insert into notes values (1)')
    await lent.query('commit')
    await lent.query("set search_path to 'pg_catalog'")
    return lent
  })
  expect(await outcome(c.query('select id from public.notes'))).toEqual([])
  expect(await outcome(c.query('insert into public.notes values (2)'))).toEqual([])
  await rollback()
})

test('destroyed in a transaction with others waiting', async () => {
  await start()
  const c = await fixture.lend()
  await c.query('begin')
  await c.query('insert into notes values (1)')
  const others = [1, 2, 3].map(() => outcome(fixture.pool.query('select id from notes')))
  ;(c as any).connection.stream.destroy()
  expect(await settled(Promise.all(others))).toEqual([[], [], []])
})

test('destroyed while BEGIN + insert + sleep string runs, with others waiting', async () => {
  await start()
  const c = await fixture.lend()
  const q = outcome(c.query('begin; insert into notes values (1); select pg_sleep(0.3)'))
  const others = [1, 2, 3].map(() => outcome(fixture.pool.query('select id from notes')))
  await new Promise((r) => setTimeout(r, 100))
  ;(c as any).connection.stream.destroy()
  expect(await settled(Promise.all(others))).toEqual([[], [], []])
  await q
})

for (const at of ['idle', 'query', 'block', 'copy'])
  for (const how of ['pg_terminate_backend', 'pg_cancel_backend'])
    test(`${how} from outside, at ${at}`, async () => {
      await start()
      const c = await fixture.lend()
      let q: any
      const [{ pid }] = (await c.query('insert into notes values (1) returning pg_backend_pid() as pid')).rows
      await start()
      if (at === 'query') q = outcome(c.query('insert into notes values (2); select pg_sleep(10)'))
      if (at === 'block') {
        await c.query('begin')
        await c.query('insert into notes values (2)')
      }
      if (at === 'copy') {
        q = c.query(copyStreams.from('copy notes from stdin'))
        q.on('error', () => {})
        q.write('5\tx\n')
      }
      await new Promise((r) => setTimeout(r, 100))
      const waiting = outcome(fixture.pool.query('select id from notes'))
      await fixture.database.outside(`select ${how}(${pid})`)
      if (at === 'copy') setTimeout(() => q.end(), 100)
      const r1 = await settled(waiting, 6000)
      const r2 = await settled(
        rollback().then(() => 'settled'),
        8000,
      )
      await start()
      const r3 = await settled(outcome(fixture.pool.query('select id from notes')))
      await close()
      await start()
      const r4 = await settled(outcome(fixture.pool.query('select id from notes')))
      expect([r1, r2, r3, r4].includes('pending' as any)).toBe(false)
      expect(r4).toEqual([])
    }, 30000)

test('10000 statements in a string with transactions, and a 10 MB literal', async () => {
  await start()
  const text = Array.from(
    { length: 2500 },
    (_, i) => `begin; savepoint s${i}; insert into notes values (${i}); ${i % 2 ? 'commit' : 'rollback'}`,
  ).join(';')

  await fixture.pool.query(text)
  await fixture.pool.query(`insert into notes values (99999, '${"a''".repeat(3_500_000)}')`)
  expect(
    (await fixture.pool.query('select count(*)::int as n, sum(length(text))::int as s from notes')).rows,
  ).toEqual([{ n: 1251, s: 7000000 }])
}, 60000)

test('NBSP identifiers and odd lexing hide no COMMIT', async () => {
  await start()
  for (const sql of [
    'insert into notes values (1); select 1 as a\u00a0$$; commit; select 2 as b\u00a0$$',
    'insert into notes values (2); select 1 as é$$; commit; select 2 as b$$',
    'insert into notes values (3); select 1 -- x\r; commit; --',
    "insert into notes values (4); select E'\\''; commit; select '",
    "insert into notes values (5); select 'a'\n  'b\\'; commit; select ''",
    "insert into notes values (6); select E'a'\n  'b\\'; commit; select '''",
    'insert into notes values (7); select 1 /*/*/ */ ; commit; select 2 */ ; select 3',
    'insert into notes values (8); select 1 /*/*/ */*/ ; commit; select 2',
    'insert into notes values (9); select $a$ $b$ $a$; commit; select $b$ $b$',
    'insert into notes values (10); select 1$$; commit; $$',
    'insert into notes values (11); select $1$$; commit; $$',
    "insert into notes values (12); select U&'\\0027'; commit; select ''",
    'insert into notes values (13); select 1+--\n 2; commit',
    "insert into notes values (14); select n'a\\'; commit; select ''",
    "insert into notes values (15); select b'1', x'1F', e'\\\\'; commit; select ''",
    'insert into notes values (16); select 1 as "a""; commit; ""b"; commit',
    'insert into notes values (17); select 1\v; commit',
    'insert into notes values (18)\u0000; commit',
    'insert into notes values (19); create function fx() returns int begin atomic select case when true then 1 end; end; commit',
    "insert into notes values (20); create function fy(out begin int) language sql as 'select 1'; commit",
    "insert into notes values (21); select 'a' -- x\n 'b\\'; commit; select ''",
    "insert into notes values (22); select E'a' -- '\n '\\'; commit; select '''",
    'insert into notes values (23); select $é$ ; $é$; commit; select $_1$;$_1$',
    'insert into notes values (24); select $\u00a0$; commit; select $\u00a0$',
  ]) {
    const e = await outcome(fixture.pool.query(sql))
    expect([
      sql,
      e.code?.startsWith?.('PG_S') ?? false,
      await fixture.database.countOutside('notes'),
    ]).toEqual([sql, false, 0])
  }
})

test('standard_conforming_strings undone by a failing statement', async () => {
  await start()
  const c = await fixture.pool.connect()
  await outcome(c.query('set standard_conforming_strings = off; select 1/0'))
  await c.query('insert into notes values (1)')
  const r = await outcome(c.query("insert into notes values (2, 'C:\\'); commit; select '--'"))
  expect(await fixture.database.countOutside('notes')).toBe(0)
  expect(r.code ?? 'ok').toBe('ok')
  c.release()
})

test('default_transaction_read_only = off stays on the client across tests; then a writing read', async () => {
  await start()
  const c = await fixture.pool.connect()
  await c.query('set default_transaction_read_only = off')
  await rollback()
  await start()
  await c.query('select * from writing')
  await rollback()
  c.release()
  await start()
  expect(await fixture.database.countOutside('notes')).toBe(0)
})

test('BEGIN of a client from before, destroyed at once, holds nobody up', async () => {
  const c = new Client(fixture.database.url())
  c.on('error', () => {})
  await c.connect()
  await start()
  c.query('begin').catch(() => {})
  ;(c as any).connection.stream.destroy()
  await new Promise((r) => setTimeout(r, 200))
  expect(await settled(outcome(fixture.pool.query('select 1 as a')))).toEqual([{ a: 1 }])
})

for (const legacyFakeTimers of [false, true])
  test('fake timers, legacy: ' + legacyFakeTimers, async () => {
    testTransaction.configure({ outsideQueryTimeout: 200, rollbackTimeout: 200 })
    jest.useFakeTimers(legacyFakeTimers ? { legacyFakeTimers } : { doNotFake: ['nextTick'] })
    try {
      await start()
      const c: any = new Client(fixture.database.url())
      c.on('error', () => {})
      await c.connect()
      await c.query('begin')
      await c.query('insert into notes values (1)')
      const d: any = new Client(fixture.database.url())
      await d.connect()
      expect(await outcome(d.query('select 1'))).toMatchObject({ code: 'PG_SANDBOX_OUTSIDE_QUERY' })
      await c.query('commit')
      const q = outcome(d.query('select pg_sleep(60)'))
      await rollback()
      await q
      await testTransaction.parallel(() => c.query('insert into notes values (1)'))
      await close()
      await c.end()
      await d.end()
    } finally {
      jest.useRealTimers()
      testTransaction.configure({ outsideQueryTimeout: 1000 })
    }
  })
