import { Client, Pool } from 'pg'
import { testTransaction } from '../../src/index.ts'
import { useDatabase } from '../support/database.ts'
import { describeError } from '../support/both-ways.ts'
import { until } from '../support/until.ts'

const { start, rollback, close } = testTransaction
const copyStreams = require('pg-copy-streams')

const database = useDatabase(`
  create table notes (id int primary key, text text);
  create table big as select n, repeat('x', 1000) as t from generate_series(1, 30000) n;
  grant all on notes to app_user;
  create table parent (id int primary key);
`)
let pool: Pool
let pools: Pool[] = []
let clients: any[] = []
const lend = async () => { const c = await pool.connect(); c.on('error', () => {}); clients.push(c); return c }
beforeEach(async () => {
  testTransaction.configure({ rollbackTimeout: 5000, outsideQueries: 'error' })
  pool = new Pool({ connectionString: database.url() })
  pool.on('error', () => {})
  pools.push(pool)
})
afterEach(async () => {
  await close()
  const left = await database.countOutside('notes')
  await database.outside('truncate notes')
  for (const c of clients.splice(0)) try { c.release(true) } catch {}
  for (const p of pools.splice(0)) await p.end().catch(() => {})
  expect(left).toBe(0)
}, 15000)
const err = (p: Promise<unknown>) => p.then((v: any) => v?.rows ?? v, describeError)
const limit = <T>(p: Promise<T>, ms = 3000): Promise<T | string> =>
  Promise.race([p, new Promise<string>((r) => setTimeout(() => r('PENDING'), ms))])
const connections = async () => (await database.outside(
      "select count(*)::int as n from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid() and backend_type = 'client backend'"))[0]!.n as number

test('a query un-awaited before close() leaves no connection', async () => {
  await start()
  const late = err(pool.query('select 1'))
  await close()
  console.log(await late)
  await pool.end().catch(() => {})
  await until(async () => (await connections()) === 0, 2000)
})

test('a query un-awaited at the end of a parallel scope leaves no connection after close()', async () => {
  await start()
  let late
  await testTransaction.parallel(() => { late = err(pool.query('select 1')) })
  await late
  await close()
  await pool.end().catch(() => {})
  await until(async () => (await connections()) === 0, 2000)
})

test('a COPY FROM in the middle when the test ends: outer level stays', async () => {
  await start()
  await pool.query('insert into notes values (1)')
  await start()
  const c = await lend()
  const stream = c.query(copyStreams.from('copy notes from stdin'))
  stream.on('error', () => {})
  stream.write('5\tx\n')
  await new Promise((r) => setTimeout(r, 300))
  const t = Date.now()
  await rollback()
  const took = Date.now() - t
  await start()
  expect([await err(pool.query('select id from notes')), took < 3000]).toEqual([[{ id: 1 }], true])
}, 30000)

test('schema: constraint added between close() and start()', async () => {
  await start()
  await pool.query('select 1')
  await close()
  await pool.query('create table later (id int unique deferrable initially deferred)')
  await start()
  const c = await lend()
  await c.query('begin')
  await c.query('insert into later values (1), (1)')
  expect(await err(c.query('commit'))).toMatchObject({ code: '23505' })
})

test('schema: deferrable made and committed in one string', async () => {
  await database.outside('drop table if exists later')
  await start()
  const c = await lend()
  expect(await err(c.query('begin; create table later (id int unique deferrable initially deferred); insert into later values (1), (1); commit'))).toMatchObject({ code: '23505' })
  expect(await err(c.query('create table later (id int unique deferrable initially deferred)'))).toEqual([])
  await err(c.query('select 1/0'))
  expect(await err(c.query('begin; insert into later values (1), (1); commit'))).toMatchObject({ code: '23505' })
})

test('view over an internal function that writes (lo_from_bytea), then a failure', async () => {
  await database.outside("create view lo as select lo_from_bytea(777, 'x') as o")
  await start()
  await pool.query('insert into notes values (5)')
  await pool.query('select * from lo')
  await err(pool.query('select 1/0'))
  const r = await err(pool.query('select convert_from(lo_get(777), $1) as t', ['utf8']))
  await rollback()
  await start()
  await pool.query('select * from lo')
  await rollback()
  const [o] = await database.outside('select count(*)::int as n from pg_largeobject_metadata')
  expect([r, o!.n]).toEqual([[{ t: 'x' }], 0])
})

test('a view made in this test that writes and its function in one schema that had none', async () => {
  await start()
  await pool.query('insert into notes values (5)')
  await pool.query('create function w2() returns int language plpgsql as $$ begin insert into notes values (8); return 1; end $$')
  await pool.query('create view writing2 as select w2()')
  await pool.query('select * from writing2')
  await err(pool.query('select 1/0'))
  expect((await pool.query('select id from notes order by 1')).rows).toEqual([{ id: 5 }, { id: 8 }])
})

test('a setting made LOCAL by a function ends at COMMIT', async () => {
  await database.outside("create or replace function login(u text) returns void language plpgsql as $$ begin perform set_config('app.user', u, true); end $$")
  await start()
  const c = await lend()
  await c.query('begin')
  await c.query("select login('ada')")
  await c.query('commit')
  expect(await err(c.query("select current_setting('app.user', true) as u"))).toEqual([{ u: '' }])
})
test('a setting made LOCAL by set_config in a larger select ends at COMMIT', async () => {
  await start()
  const c = await lend()
  await c.query('begin')
  await c.query("select set_config('app.user', 'ada', true), now()")
  await c.query('commit')
  expect(await err(c.query("select current_setting('app.user', true) as u"))).toEqual([{ u: '' }])
})

test('the fresh socket of a lost connection never answers: rollback settles', async () => {
  const net = require('node:net')
  let hole = false
  const { port } = new URL(database.url())
  const sockets: any[] = []
  const server = net.createServer((s: any) => { sockets.push(s); s.on('error', () => {}); if (hole) return; const o = net.connect(Number(port), '127.0.0.1'); sockets.push(o); o.on('error', () => {}); s.pipe(o).pipe(s) })
  await new Promise<void>((r) => server.listen(0, '127.0.0.1', r))
  const u = new URL(database.url()); u.port = String(server.address().port); u.hostname = '127.0.0.1'
  testTransaction.configure({ rollbackTimeout: 200 })
  await start()
  const p = new Pool({ connectionString: u.href }); p.on('error', () => {})
  await p.query('select 1')
  const c = await p.connect(); c.on('error', () => {})
  hole = true
  for (const s of sockets) s.destroy()
  await new Promise((r) => setTimeout(r, 100))
  const q = err(c.query('insert into notes values (1)'))
  await new Promise((r) => setTimeout(r, 100))
  const r = await limit(rollback().then(() => 'settled'), 3000)
  for (const s of sockets) s.destroy()
  server.close()
  await limit(q); try { c.release(true) } catch {}
  expect(r).toBe('settled')
}, 20000)

test('LOCK in a parallel scope inside another scope', async () => {
  await start()
  const r = await limit(testTransaction.parallel(async () => {
    await pool.query('insert into notes values (1)')
    return testTransaction.parallel(() => err(pool.query('insert into notes values (1)')))
  }), 8000)
  expect(r).toMatchObject({ code: 'PG_SANDBOX_BLOCKED_BY_OUTER_SCOPE' })
}, 20000)

test('a late transaction of a test with no outer level', async () => {
  await start()
  const c = await lend()
  await c.query('begin')
  const late = (async () => { await c.query('select pg_sleep(0.2)'); await c.query('insert into notes values (7)'); await c.query('commit') })()
  await rollback()
  await start()
  const l = await err(late)
  expect([l, (await pool.query('select * from notes')).rows]).toEqual([expect.anything(), []])
})

test('1000 failing statements and 5000 writes, un-awaited on 500 clients', async () => {
  await start()
  const a = await Promise.all(Array.from({ length: 1000 }, () => err(pool.query('select 1/0'))))
  expect(a.every((e) => e.code === '22012')).toBe(true)
  await Promise.all(Array.from({ length: 5000 }, (_, i) => pool.query('insert into notes values ($1)', [i])))
  expect((await pool.query('select count(*)::int as n from notes')).rows).toEqual([{ n: 5000 }])
}, 60000)

test('10000 statements in a string with transactions, and a 10 MB literal', async () => {
  await start()
  const text = Array.from({ length: 2500 }, (_, i) => `begin; savepoint s${i}; insert into notes values (${i}); ${i % 2 ? 'commit' : 'rollback'}`).join(';')
  const t = Date.now()
  const r = (await pool.query(text)) as any
  console.log('string', r.length, Date.now() - t)
  await pool.query(`insert into notes values (99999, '${"a''".repeat(3_500_000)}')`)
  expect((await pool.query('select count(*)::int as n, sum(length(text))::int as s from notes')).rows).toEqual([{ n: 1251, s: 7000000 }])
}, 60000)

test('NBSP identifiers and odd lexing hide no COMMIT', async () => {
  await start()
  for (const sql of [
    'insert into notes values (1); select 1 as a\u00a0$$; commit; select 2 as b\u00a0$$',
    "insert into notes values (2); select 1 as é$$; commit; select 2 as b$$",
    "insert into notes values (3); select 1 -- x\r; commit; --",
    "insert into notes values (4); select E'\\''; commit; select '",
    "insert into notes values (5); select 'a'\n  'b\\'; commit; select ''",
    "insert into notes values (6); select E'a'\n  'b\\'; commit; select '''",
    "insert into notes values (7); select 1 /*/*/ */ ; commit; select 2 */ ; select 3",
    "insert into notes values (8); select 1 /*/*/ */*/ ; commit; select 2",
    "insert into notes values (9); select $a$ $b$ $a$; commit; select $b$ $b$",
    "insert into notes values (10); select 1$$; commit; $$",
    "insert into notes values (11); select $1$$; commit; $$",
    "insert into notes values (12); select U&'\\0027'; commit; select ''",
    "insert into notes values (13); select 1+--\n 2; commit",
    "insert into notes values (14); select n'a\\'; commit; select ''",
    "insert into notes values (15); select b'1', x'1F', e'\\\\'; commit; select ''",
    'insert into notes values (16); select 1 as "a""; commit; ""b"; commit',
    "insert into notes values (17); select 1\v; commit",
    "insert into notes values (18)\u0000; commit",
    "insert into notes values (19); create function fx() returns int begin atomic select case when true then 1 end; end; commit",
    "insert into notes values (20); create function fy(out begin int) language sql as 'select 1'; commit",
    "insert into notes values (21); select 'a' -- x\n 'b\\'; commit; select ''",
    "insert into notes values (22); select E'a' -- '\n '\\'; commit; select '''",
    "insert into notes values (23); select $é$ ; $é$; commit; select $_1$;$_1$",
    "insert into notes values (24); select $\u00a0$; commit; select $\u00a0$",
  ]) {
    const e = await err(pool.query(sql))
    expect([sql, (e as any).code?.startsWith?.('PG_S') ?? false, await database.countOutside('notes')]).toEqual([sql, false, 0])
  }
})
