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
  create function w() returns int language plpgsql as $$ begin insert into notes values (coalesce((select max(id) from notes),0)+1); return 1; end $$;
  create view writing as select w();
  create function wl(n int) returns int language plpgsql as $$ begin if n = 4000 then insert into notes values (1); end if; return n; end $$;
  create view late as select repeat('x', (random()*60)::int) as x, wl(n) as n from generate_series(1, 4000) n;
  grant all on notes to app_user; grant select on writing, big to app_user;
  create schema private; create table private.c (id int unique deferrable initially deferred);
`)
let pool: Pool
beforeEach(async () => {
  testTransaction.configure({ rollbackTimeout: 5000 })
  pool = new Pool({ connectionString: database.url() })
  pool.on('error', () => {})
})
afterEach(async () => {
  await close()
  const left = await database.countOutside('notes')
  await database.outside('truncate notes')
  await pool.end()
  expect(left).toBe(0)
})
const err = (p: Promise<unknown>) => p.then((v: any) => v?.rows ?? v, describeError)
const limit = <T>(p: Promise<T>, ms = 3000): Promise<T | string> =>
  Promise.race([p, new Promise<string>((r) => setTimeout(() => r('PENDING'), ms))])

test('default_transaction_read_only = off stays on the client across tests; then a writing read', async () => {
  await start()
  const c = await pool.connect()
  await c.query('set default_transaction_read_only = off')
  await rollback()
  await start()
  await c.query('select * from writing')
  await rollback()
  c.release()
  await start()
  expect(await database.countOutside('notes')).toBe(0)
})

test('set_config of it', async () => {
  await start()
  const c = await pool.connect()
  await c.query("select set_config('default_transaction_read_only', 'off', false)")
  await rollback()
  await start()
  await c.query('select * from writing')
  await rollback()
  c.release()
})

test('set transaction_read_only = off', async () => {
  await start()
  const c = await pool.connect()
  await c.query('set transaction_read_only = off').catch(() => {})
  await rollback()
  await start()
  await c.query('select * from writing')
  await rollback()
  c.release()
})

test('SET transaction_read_only = on in a block ends with it', async () => {
  await start()
  const c = await pool.connect()
  await c.query('begin')
  await c.query('set transaction_read_only = on')
  await c.query('commit')
  expect(await err(c.query('insert into notes values (1)'))).toEqual([])
  c.release()
})

test("SET transaction_isolation = 'serializable' in a block", async () => {
  await start()
  const c = await pool.connect()
  await c.query('begin')
  expect(await err(c.query("set transaction_isolation = 'serializable'"))).toEqual([])
  await err(c.query('commit'))
  expect(await err(c.query('insert into notes values (1)'))).toEqual([])
  c.release()
})

test('an async function half-way through a transaction when its test ends', async () => {
  await start()
  await start()
  const c = await pool.connect()
  await c.query('begin')
  const late = (async () => {
    await c.query('select pg_sleep(0.2)')
    await c.query('insert into notes values (7)')
    await c.query('commit')
  })()
  await rollback()
  await err(late)
  c.release()
  await start()
  expect((await pool.query('select * from notes')).rows).toEqual([])
})

test('an async function of plain queries half-way when its test ends', async () => {
  await start()
  await start()
  const late = (async () => {
    await pool.query('select pg_sleep(0.2)')
    await pool.query('insert into notes values (7)')
  })()
  await new Promise((r) => setTimeout(r, 50))
  await rollback()
  await err(late)
  await start()
  expect((await pool.query('select * from notes')).rows).toEqual([])
})

test('a COPY TO that nobody reads does not hold rollback, nor the outer level', async () => {
  await start()
  await pool.query('insert into notes values (1)')
  await start()
  const c = await pool.connect()
  c.on('error', () => {})
  const stream = c.query(copyStreams.to('copy big to stdout'))
  stream.on('error', () => {})
  await new Promise((r) => setTimeout(r, 300))
  const t = Date.now()
  await rollback()
  const took = Date.now() - t
  stream.destroy()
  c.release(true)
  await start()
  expect(await err(pool.query('select id from notes'))).toEqual([{ id: 1 }])
  expect(took).toBeLessThan(3000)
}, 30000)

test('a client destroyed right after it has sent COPY FROM', async () => {
  await start()
  await pool.query('insert into notes values (1)')
  const c = new Client(database.url())
  c.on('error', () => {})
  await c.connect()
  const stream = c.query(copyStreams.from('copy notes from stdin'))
  stream.on('error', () => {})
  ;(c as any).connection.stream.destroy()
  expect(await limit(err(pool.query('select id from notes')))).toEqual([{ id: 1 }])
}, 30000)

test('a client destroyed one tick after it has sent COPY FROM', async () => {
  await start()
  await pool.query('insert into notes values (1)')
  const c = new Client(database.url())
  c.on('error', () => {})
  await c.connect()
  const stream = c.query(copyStreams.from('copy notes from stdin'))
  stream.on('error', () => {})
  setImmediate(() => (c as any).connection.stream.destroy())
  expect(await limit(err(pool.query('select id from notes')))).toEqual([{ id: 1 }])
}, 30000)

test('a COPY FROM in the middle when the test ends: outer level stays', async () => {
  await start()
  await pool.query('insert into notes values (1)')
  await start()
  const c = await pool.connect()
  c.on('error', () => {})
  const stream = c.query(copyStreams.from('copy notes from stdin'))
  stream.on('error', () => {})
  stream.write('5\tx\n')
  await new Promise((r) => setTimeout(r, 300))
  const t = Date.now()
  await rollback()
  const took = Date.now() - t
  c.release(true)
  await start()
  expect(await err(pool.query('select id from notes'))).toEqual([{ id: 1 }])
  expect(took).toBeLessThan(3000)
}, 30000)

test('a dynamic syntax error after BEGIN in a string aborts the transaction', async () => {
  await start()
  const c = await pool.connect()
  await err(c.query("begin; insert into notes values (1); do $$ begin execute 'selec'; end $$; select 1"))
  expect(await err(c.query('select 1'))).toMatchObject({ code: '25P02' })
  await c.query('rollback')
  c.release()
})

test('a dynamic syntax error after COMMIT in a string keeps what was committed', async () => {
  await start()
  const c = await pool.connect()
  await c.query('begin')
  await c.query('insert into notes values (1)')
  await err(c.query("commit; do $$ begin execute 'selec'; end $$"))
  await c.query('rollback')
  expect(await err(c.query('select id from notes'))).toEqual([{ id: 1 }])
  c.release()
})

test('DECLARE with parameters', async () => {
  await start()
  const c = await pool.connect()
  await c.query('begin')
  expect(await err(c.query('declare c cursor for select $1::int as a', [5]))).toEqual([])
  expect(await err(c.query('fetch 1 from c'))).toEqual([{ a: 5 }])
  await c.query('commit')
  c.release()
})

test('a read of many different rows that writes at its end', async () => {
  await start()
  const { rows } = await pool.query('select * from late')
  expect(rows.length).toBe(4000)
  expect(rows.every((row, i) => row.n === i + 1 && /^x*$/.test(row.x))).toBe(true)
  expect((await pool.query('select id from notes')).rows).toEqual([{ id: 1 }])
})

test('COMMIT of somebody without rights on a schema that has a deferred constraint', async () => {
  await start()
  const p = new Pool({ connectionString: database.url({ user: 'app_user', password: 'secret' }) })
  const c = await p.connect()
  await c.query('begin')
  await c.query('insert into notes values (1)')
  expect(await err(c.query('commit'))).toEqual([])
  expect(await err(c.query('select id from notes'))).toEqual([{ id: 1 }])
  c.release()
  await p.end()
})

test('the schema changes between close() and start()', async () => {
  await start()
  await pool.query('select 1')
  await close()
  await pool.query('create table later (id int unique deferrable initially deferred)')
  await start()
  const c = await pool.connect()
  await c.query('begin')
  await c.query('insert into later values (1), (1)')
  expect(await err(c.query('commit'))).toMatchObject({ code: '23505' })
  await rollback()
  c.release()
  await close()
  await pool.query('drop table later; drop table private.c')
  await start()
  const d = await pool.connect()
  await d.query('begin')
  await d.query('insert into notes values (1)')
  expect(await err(d.query('commit'))).toEqual([])
  d.release()
  await close()
  await pool.query('create table private.c (id int unique deferrable initially deferred)')
})

test('a view that writes made in the same test; then a failing statement', async () => {
  const empty = new Pool({ connectionString: database.url() })
  await database.outside('create table if not exists other (id int)')
  await start()
  await pool.query('insert into notes values (5)')
  await pool.query(
    'create function w2() returns int language plpgsql as $$ begin insert into notes values (8); return 1; end $$',
  )
  await pool.query('create view writing2 as select w2()')
  await pool.query('select * from writing2')
  await err(pool.query('select 1/0'))
  expect((await pool.query('select id from notes order by 1')).rows).toEqual([{ id: 5 }, { id: 8 }])
  await empty.end()
})

test('BEGIN of a client from before, destroyed at once, holds nobody up', async () => {
  const c = new Client(database.url())
  c.on('error', () => {})
  await c.connect()
  await start()
  c.query('begin').catch(() => {})
  ;(c as any).connection.stream.destroy()
  await new Promise((r) => setTimeout(r, 200))
  expect(await limit(err(pool.query('select 1 as a')))).toEqual([{ a: 1 }])
})

test('a query un-awaited before close() leaves no connection', async () => {
  await start()
  const late = err(pool.query('select 1'))
  await close()
  await late
  await until(async () => {
    const [row] = await database.outside(
      "select count(*)::int as n from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid() and backend_type = 'client backend'",
    )
    return row!.n === 0
  }, 2000)
})

test('a query un-awaited at the end of a parallel scope leaves no connection after close()', async () => {
  await start()
  let late
  await testTransaction.parallel(() => {
    late = err(pool.query('select 1'))
  })
  await close()
  await late
  await until(async () => {
    const [row] = await database.outside(
      "select count(*)::int as n from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid() and backend_type = 'client backend'",
    )
    return row!.n === 0
  }, 2000)
})

test('standard_conforming_strings undone by a failing statement', async () => {
  await start()
  const c = await pool.connect()
  await err(c.query('set standard_conforming_strings = off; select 1/0'))
  await c.query('insert into notes values (1)')
  const r = await err(c.query("insert into notes values (2, 'C:\\'); commit; select '--'"))
  expect(await database.countOutside('notes')).toBe(0)
  expect((r as any).code ?? 'ok').toBe('ok')
  c.release()
})

test('unbalanced rollback inside a scope', async () => {
  await start()
  const rows = await testTransaction.parallel(async () => {
    await pool.query('insert into notes values (1)')
    await rollback()
    return err(pool.query('select id from notes'))
  })
  expect(rows).toEqual([])
})

test('two users and one row', async () => {
  await start()
  await pool.query('insert into notes values (1)')
  const p = new Pool({ connectionString: database.url({ user: 'app_user', password: 'secret' }) })
  const r = await limit(err(p.query('insert into notes values (1)')), 4000)
  await rollback()
  await p.end()
  expect(r).not.toBe('PENDING')
}, 20000)
