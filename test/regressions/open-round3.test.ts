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


test('an insert un-awaited before close() is not committed', async () => {
  await start()
  const late = err(pool.query('insert into notes values (1)'))
  await close()
  console.log(JSON.stringify(await late))
  expect(await database.countOutside('notes')).toBe(0)
})
test('an insert un-awaited before rollback and close() is not committed', async () => {
  await start()
  await start()
  const late = err(pool.query('insert into notes values (1)'))
  await rollback()
  await close()
  console.log(JSON.stringify(await late))
  expect(await database.countOutside('notes')).toBe(0)
})
test('the same with the pool warm', async () => {
  await start()
  await pool.query('select 1')
  await start()
  const late = [1, 2, 3, 4, 5].map((n) => err(pool.query('insert into notes values ($1)', [n])))
  await rollback()
  await close()
  console.log(JSON.stringify(await Promise.all(late)))
  expect(await database.countOutside('notes')).toBe(0)
})
test('client.query queue of 20 before connect has ended', async () => {
  await start()
  const c: any = new Client(database.url()); c.on('error', () => {})
  c.connect().catch(() => {})
  const late = Array.from({ length: 20 }, (_, n) => err(c.query('insert into notes values ($1)', [n])))
  await close()
  console.log(JSON.stringify(await limit(Promise.all(late))))
  expect(await database.countOutside('notes')).toBe(0)
  await c.end()
})
test('async function before close', async () => {
  await start()
  const late = err((async () => { const c = await pool.connect(); try { await c.query('begin'); await c.query('insert into notes values (1)'); await c.query('commit') } finally { c.release() } })())
  await close()
  console.log(JSON.stringify(await limit(late)))
  expect(await database.countOutside('notes')).toBe(0)
})
test('async function half-way, close', async () => {
  await start()
  const late = err((async () => { const c = await pool.connect(); try { await c.query('begin'); await c.query('insert into notes values (1)'); await c.query('select pg_sleep(0.2)'); await c.query('insert into notes values (2)'); await c.query('commit') } finally { c.release() } })())
  await new Promise((r) => setTimeout(r, 100))
  await close()
  console.log(JSON.stringify(await limit(late)))
  expect(await database.countOutside('notes')).toBe(0)
})
test('parallel with un-awaited insert, then close', async () => {
  await start()
  let late: any
  await testTransaction.parallel(() => { late = err(pool.query('insert into notes values (1)')) })
  await close()
  console.log(JSON.stringify(await limit(late)))
  expect(await database.countOutside('notes')).toBe(0)
})
test('close un-awaited then start', async () => {
  await start()
  await pool.query('insert into notes values (1)')
  const closing = close()
  await start()
  await pool.query('insert into notes values (2)')
  await closing
  expect(await err(pool.query('select id from notes'))).toEqual([{ id: 2 }])
  const r = rollback(); await start()
  expect(await err(pool.query('select id from notes'))).toEqual([])
  await Promise.all([r, close(), close()])
})
test('ten scopes with one client', async () => {
  await start()
  const c = await lend()
  const counts = await Promise.all(Array.from({ length: 10 }, (_, i) => testTransaction.parallel(async () => {
    await c.query('begin'); await c.query('insert into notes values ($1)', [i]); await c.query('savepoint a'); await c.query('select 1/0').catch(() => {}); await c.query('rollback to a'); await c.query('commit')
    return (await c.query('select count(*)::int as n from notes')).rows[0].n
  })))
  expect(counts).toEqual(Array(10).fill(1))
  expect(await err(c.query('select id from notes'))).toEqual([])
})
test('a scope\'s client after its scope', async () => {
  await start()
  const c: any = await testTransaction.parallel(async () => { const c = await pool.connect(); clients.push(c); await c.query('begin'); await c.query('insert into notes values (1)'); await c.query("set search_path to 'pg_catalog'"); return c })
  expect(await err(c.query('select id from public.notes'))).toEqual([])
  expect(await err(c.query('insert into public.notes values (2)'))).toEqual([])
  await rollback()
})
test('close inside parallel, start inside parallel', async () => {
  await start()
  await limit(testTransaction.parallel(async () => { await start(); await pool.query('insert into notes values (1)'); await close(); return err(pool.query('insert into notes values (2)')) }))
  await start()
  await pool.query('insert into notes values (3)')
})
test('someone wraps Client.prototype.query after start', async () => {
  await start()
  const original = Client.prototype.query
  ;(Client.prototype as any).query = function (...a: any[]) { return (original as any).apply(this, a) }
  await pool.query('insert into notes values (1)')
  await close()
  expect(await err(pool.query('select id from notes'))).toEqual([])
  await start()
  await pool.query('insert into notes values (1)')
  const late = err(pool.query('insert into notes values (2)'))
  await close()
  await late
  expect(await database.countOutside('notes')).toBe(0)
  Client.prototype.query = original
})
test('destroyed in a transaction with others waiting', async () => {
  await start()
  const c = await lend()
  await c.query('begin'); await c.query('insert into notes values (1)')
  const others = [1, 2, 3].map(() => err(pool.query('select id from notes')))
  ;(c as any).connection.stream.destroy()
  expect(await limit(Promise.all(others))).toEqual([[], [], []])
})
test('destroyed while BEGIN + insert + sleep string runs, with others waiting', async () => {
  await start()
  const c = await lend()
  const q = err(c.query('begin; insert into notes values (1); select pg_sleep(0.3)'))
  const others = [1, 2, 3].map(() => err(pool.query('select id from notes')))
  await new Promise((r) => setTimeout(r, 100))
  ;(c as any).connection.stream.destroy()
  expect(await limit(Promise.all(others))).toEqual([[], [], []])
  await q
})
for (const at of ['idle', 'query', 'block', 'copy', 'cursor'])
  for (const how of ['pg_terminate_backend', 'pg_cancel_backend'])
    test(`${how} from outside, at ${at}`, async () => {
      await start()
      const c = await lend()
      let q: any
      const [{ pid }] = (await c.query('insert into notes values (1) returning pg_backend_pid() as pid')).rows
      await start()
      if (at === 'query') q = err(c.query('insert into notes values (2); select pg_sleep(10)'))
      if (at === 'block') { await c.query('begin'); await c.query('insert into notes values (2)') }
      if (at === 'copy') { q = c.query(copyStreams.from('copy notes from stdin')); q.on('error', () => {}); q.write('5\tx\n') }
      await new Promise((r) => setTimeout(r, 100))
      const waiting = err(pool.query('select id from notes'))
      await database.outside(`select ${how}(${pid})`)
      if (at === 'copy') setTimeout(() => q.end(), 100)
      const r1 = await limit(waiting, 6000)
      const r2 = await limit(rollback().then(() => 'settled'), 8000)
      await start()
      const r3 = await limit(err(pool.query('select id from notes')))
      await close(); await start()
      const r4 = await limit(err(pool.query('select id from notes')))
      const brief = (r: any) => Array.isArray(r) ? r.length : r.code ?? r
      console.log(how, at, brief(r1), brief(r2), brief(r3), brief(r4))
      expect([r1, r2, r3, r4].includes('PENDING' as any)).toBe(false)
      expect(r4).toEqual([])
    }, 30000)
