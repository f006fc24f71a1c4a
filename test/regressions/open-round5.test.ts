import { runScript } from '../support/node-process.ts'
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

const exits = async (script: string, ms = 9000) => { const r = await runScript(database.url(), script, ms); return [r.code, r.stdout.trim(), r.stderr.trim().split('\n')[0]] }

test('process: un-awaited everything then close', async () => {
  expect(await exits(`
    const pool = new Pool({ connectionString: url }); pool.on('error', () => {})
    await testTransaction.start(); await testTransaction.start()
    for (let i = 0; i < 5; i++) pool.query('insert into notes values ($1)', [i]).catch(() => {})
    await testTransaction.rollback(); await testTransaction.close(); await pool.end(); console.log('end')`)).toEqual([0, 'end', ''])
})
test('process: close during parallel that never ends', async () => {
  expect(await exits(`
    const pool = new Pool({ connectionString: url }); pool.on('error', () => {})
    await testTransaction.start()
    testTransaction.parallel(() => new Promise(() => { pool.query('insert into notes values (1)').catch(() => {}) })).catch(() => {})
    await new Promise((r) => setTimeout(r, 200))
    await testTransaction.close(); await pool.end(); console.log('end')`)).toEqual([0, 'end', ''])
})
test('process: no close at all, pool not ended, transaction open', async () => {
  expect(await exits(`
    const pool = new Pool({ connectionString: url, allowExitOnIdle: true }); pool.on('error', () => {})
    await testTransaction.start()
    await pool.query('insert into notes values (1)')
    await testTransaction.parallel(() => pool.query('insert into notes values (2)'))
    console.log('end')`, 15000)).toEqual([0, 'end', ''])
}, 20000)
test('process: blocked parallel while close', async () => {
  expect(await exits(`
    const pool = new Pool({ connectionString: url }); pool.on('error', () => {})
    testTransaction.configure({ rollbackTimeout: 300 , outsideQueryTimeout: 50 })
    await testTransaction.start()
    await pool.query('insert into notes values (1)')
    testTransaction.parallel(() => pool.query('insert into notes values (1)')).catch((e) => console.log(e.code))
    await new Promise((r) => setTimeout(r, 60))
    await testTransaction.close(); await pool.end(); console.log('end')`)).toEqual([0, expect.stringContaining('end'), ''])
})
test('jest.resetModules before start: the new copy is in the sandbox', async () => {
  await start()
  await close()
  jest.resetModules()
  const again = require('../../src/index.ts').testTransaction
  const pg = require('pg')
  await again.start()
  const p = new pg.Pool({ connectionString: database.url() })
  await p.query('insert into notes values (1)')
  await pool.query('insert into notes values (2)')
  expect(await database.countOutside('notes')).toBe(0)
  await again.close()
  await p.end()
  expect(await database.countOutside('notes')).toBe(0)
  expect(await err(pool.query('select id from notes'))).toEqual([])
})
test('isolateModules before the next start', async () => {
  await start()
  let pg: any
  jest.isolateModules(() => { pg = require('pg') })
  await start()
  const p = new pg.Pool({ connectionString: database.url() })
  await p.query('insert into notes values (1)')
  const n = await database.countOutside('notes')
  await close()
  await p.end()
  expect(n).toBe(0)
})
test('isolateModules inside the test', async () => {
  await start()
  let pg: any
  jest.isolateModules(() => { pg = require('pg') })
  const p = new pg.Pool({ connectionString: database.url() })
  await p.query('insert into notes values (1)')
  const n = await database.countOutside('notes')
  await close()
  await p.end()
  expect(n).toBe(0)
})
for (const legacyFakeTimers of [false, true]) test('fake timers, legacy: ' + legacyFakeTimers, async () => {
  testTransaction.configure({ outsideQueryTimeout: 200, rollbackTimeout: 200 })
  jest.useFakeTimers(legacyFakeTimers ? { legacyFakeTimers } : { doNotFake: ['nextTick'] })
  const realNextTick = legacyFakeTimers
  try {
    await start(); await start()
    const c: any = new Client(database.url()); c.on('error', () => {})
    await c.connect()
    await c.query('begin'); await c.query('insert into notes values (1)')
    const d: any = new Client(database.url()); await d.connect()
    expect(await err(d.query('select 1'))).toMatchObject({ code: 'PG_SANDBOX_OUTSIDE_QUERY' })
    await c.query('commit')
    const q = err(d.query('select pg_sleep(60)'))
    await rollback(); await q
    await testTransaction.parallel(() => c.query('insert into notes values (1)'))
    await close()
    await c.end(); await d.end()
  } finally { jest.useRealTimers(); testTransaction.configure({ outsideQueryTimeout: 1000 }) }
})
test('LISTEN and NOTIFY do not reach an outside listener, also through a view', async () => {
  await database.outside("create or replace function n() returns void language plpgsql as $$ begin perform pg_notify('chan', 'x'); end $$")
  await database.outside('create or replace view nv as select n()')
  const { Client: RealClient } = jest.requireActual('pg')
  const l: any = new RealClient(database.url()); await l.connect(); await l.query('listen chan')
  const heard: any[] = []; l.on('notification', (m: any) => heard.push(m.payload))
  await start()
  await pool.query("notify chan, 'a'"); await pool.query("select pg_notify('chan', 'b')"); await pool.query('begin; notify chan; commit')
  await rollback(); await start()
  await pool.query('select * from nv')
  await rollback()
  await new Promise((r) => setTimeout(r, 100))
  await close()
  await l.query('select 1')
  await l.end()
  expect(heard).toEqual([])
})
test('200 random tests', async () => {
  let seed = Number(process.env.SEED ?? 7); const rnd = (n: number) => { seed = (seed * 1103515245 + 12345) & 0x7fffffff; return (seed >> 8) % n }
  testTransaction.configure({ outsideQueryTimeout: 100, rollbackTimeout: 500 })
  await start()
  await pool.query('insert into parent values (1)')
  for (let i = 0; i < 200; i++) {
    await start()
    let depth = 1
    const seen = await limit(err(pool.query('select (select count(*)::int from notes) as n, (select count(*)::int from parent) as p')))
    if (JSON.stringify(seen) !== '[{"n":0,"p":1}]') throw new Error(`test ${i}: ${JSON.stringify(seen)}`)
    const steps = 1 + rnd(6)
    const swallow = (p: any) => p?.catch?.(() => {})
    for (let s = 0; s < steps; s++) {
      const wait = rnd(3) > 0
      const p: any = [
        () => pool.query('insert into notes values ($1)', [rnd(1000)]),
        () => pool.query('select 1/0'),
        async () => { const c = await lend(); await c.query('begin'); await c.query('insert into notes values ($1)', [rnd(1000)]); if (rnd(2)) await c.query('commit') },
        async () => { const c = await lend(); await c.query('begin'); await c.query('selec').catch(() => {}); if (rnd(2)) (c as any).connection.stream.destroy(); else { c.release(true); clients.pop() } },
        () => pool.query('begin; insert into notes values (5); savepoint a; insert into notes values (5); commit'),
        () => testTransaction.parallel(async () => { await pool.query('insert into notes values (77)'); if (rnd(2)) throw new Error('x') }),
        () => pool.query('create table t' + i + ' (a int unique deferrable initially deferred); insert into notes values (9)'),
        async () => { const c = await lend(); await c.query({ name: 'n', text: 'select * from notes' }); await c.query('set search_path = public, pg_catalog'); c.release(); clients.pop() },
        () => pool.query('insert into notes values (3); select pg_sleep(0.01)'),
        async () => { depth++; await start(); await pool.query('insert into notes values (4)'); },
        async () => { const c = await lend(); await c.query(new (require('pg-cursor'))('select generate_series(1, 1000)')).read(10) },
        async () => { const c = await lend(); const q = c.query(copyStreams.from('copy notes from stdin')); q.on('error', () => {}); q.write('5\tx\n'); q.end() },
      ][rnd(12)]!()
      if (rnd(12) === 0) {}
      if (wait) { if ((await limit(Promise.resolve(p).catch(() => {}), 3000)) === 'PENDING') throw new Error('pending in ' + i) } else swallow(p)
    }
    // as many rollbacks as levels
    while (depth-- > 0) if ((await limit(rollback().catch((e) => console.log(i, e.message)), 4000)) === 'PENDING') throw new Error('rollback pending in ' + i)
    for (const c of clients.splice(0)) try { c.release(true) } catch {}
  }
}, 120000)
