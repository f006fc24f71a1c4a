import { testTransaction } from '../../src/index.ts'
import { outcome, pause, settled, usePooled } from '../support/pooled.ts'
import { type Disturbance, withProxiedPool } from '../support/proxy.ts'
import { until } from '../support/until.ts'

/** Locks, connections and cursors that somebody leaves behind. */
const { start, rollback, close, parallel } = testTransaction
const fixture = usePooled(`
  create table notes (id int primary key, text text);
  create table wanted (id int primary key);
  insert into wanted values (1);
  create function v() returns int language plpgsql as $$ begin return 1; end $$;
  create view w as select v();
  create table replies (id int primary key, parent int references replies deferrable initially deferred)`)

const TAKE = 'delete from wanted where id = 1'

beforeEach(() => testTransaction.configure({ outsideQueryTimeout: 150 }))
afterEach(() => testTransaction.configure({ outsideQueryTimeout: 1000 }))

test('a parallel scope is told what blocks it, also when the test was busy as the query began', async () => {
  await start()
  await start()
  await fixture.pool.query(TAKE)
  const busy = fixture.pool.query('select pg_sleep(0.4)')
  const scope = parallel(async () => {
    await fixture.pool.query('select 1')
    return fixture.pool.query(TAKE)
  })
  expect(await settled(outcome(scope), 4000)).toMatchObject({ code: 'PG_SANDBOX_BLOCKED' })
  await busy
})

test('the connection that asks for locks does not outlive close()', async () => {
  testTransaction.configure({ rollbackTimeout: 300 })
  let isAsking = false
  let isClosed = false
  const before: Disturbance['before'] = (text) => {
    if (!text.includes('pg_blocking_pids')) return
    isAsking = true
    return until(() => isClosed)
  }
  await withProxiedPool(fixture.database.url(), { before }, async ({ pool, proxy }) => {
    await start()
    await start()
    await pool.query(TAKE)
    const scope = outcome(parallel(() => pool.query(TAKE)))
    await until(() => isAsking)
    expect(await settled(close())).toBeUndefined()
    expect(await settled(scope)).toMatchObject({ code: 'PG_SANDBOX_TEST_ENDED' })
    expect(proxy.open()).toBe(0)
    isClosed = true
  })
})

test('a SQL cursor that a test leaves open does not trouble the next', async () => {
  await start()
  await start()
  const client = await fixture.pool.connect()
  await client.query('insert into notes values (1)')
  await client.query('begin')
  await client.query({ text: 'declare c cursor for select id from notes', name: 'declares' })
  client.release()
  await rollback()
  await start()
  expect(await outcome(fixture.pool.query('select count(*)::int as n from notes'))).toEqual([{ n: 0 }])
})

test('what a test has SET CONSTRAINTS to in a savepoint does not hold in the next, although a commit came between', async () => {
  await start()
  await fixture.pool.query('insert into notes values (1)')
  await start()
  const client = await fixture.pool.connect()
  for (const sql of ['begin', 'savepoint s', 'set constraints all immediate', 'release s', 'rollback'])
    await client.query(sql)
  await client.query('insert into notes values (2)')
  await rollback()
  await start()
  await client.query('begin')
  expect(await outcome(client.query('insert into replies values (1, 99)'))).toEqual([])
  expect(await outcome(client.query('commit'))).toMatchObject({ code: '23503' })
  client.release()
})

test('a cancellation that comes to the rollback of a test costs its connection, and the next test nothing', async () => {
  const cancels = `select count(pg_cancel_backend(pid)) from pg_stat_activity, generate_series(1, 3000)
    where datname = current_database() and pid <> pg_backend_pid()`
  await start()
  for (let round = 0; round < 20; round += 1) {
    await start()
    await fixture.pool.query('insert into notes values (1)')
    const cancelled = fixture.database.outside(cancels)
    await pause(round % 5)
    await rollback()
    await start()
    await cancelled
    expect(await outcome(fixture.pool.query('insert into notes values (1)'))).toEqual([])
    await rollback()
  }
})

describe('after a failure of the sandbox itself no connection is left', () => {
  const failure = { code: 'PG_SANDBOX_UNEXPECTED_STATE' }

  test.each(['in the test', 'in a parallel scope'])(
    '%s',
    async (where) => {
      await withProxiedPool(fixture.database.url(), {}, async ({ pool, proxy }) => {
        await start()
        await start()
        const work = async (): Promise<void> => {
          await start()
          const client = await pool.connect()
          client.on('error', () => {})
          await client.query('create role left_behind')
          await client.query('set role left_behind')
          // The client keeps a role that does not exist any more.
          await rollback()
          expect(await settled(outcome(client.query('select 1')))).toMatchObject(failure)
          client.release(true)
          expect(await settled(outcome(pool.query('select 2 as n')))).toEqual([{ n: 2 }])
        }
        if (where === 'in the test') {
          await work()
          expect(await settled(outcome(close()))).toMatchObject(failure)
        } else {
          expect(await settled(outcome(parallel(work)))).toMatchObject(failure)
          expect(await settled(close())).toBeUndefined()
        }
        await until(() => proxy.open() === 0)
      })
    },
    20_000,
  )
})

test('a parallel scope that outlives its test is ended with it, so that nothing of the next waits for it', async () => {
  testTransaction.configure({ rollbackTimeout: 150 })
  await start()
  await start()
  let holdsRow = false
  let goOn = (): void => {}
  let late: unknown
  const scope = parallel(async () => {
    await fixture.pool.query(TAKE)
    holdsRow = true
    await new Promise<void>((resolve) => (goOn = resolve))
    late = await outcome(fixture.pool.query(TAKE))
  })
  await until(() => holdsRow)
  expect(await settled(rollback())).toBeUndefined()
  await start()
  expect(await settled(outcome(fixture.pool.query(TAKE)), 4000)).toEqual([])
  goOn()
  await settled(scope)
  expect(late).toMatchObject({ code: 'PG_SANDBOX_TEST_ENDED' })
  expect(await settled(close())).toBeUndefined()
})

test('a savepoint of a transaction that was committed in the outer level is not there in the inner one', async () => {
  await start()
  const client = await fixture.lend()
  await client.query('begin')
  await client.query('insert into wanted values (2)')
  await client.query('savepoint b')
  await client.query('commit')
  await start()
  await client.query('begin')
  expect(await outcome(client.query('rollback to savepoint b'))).toMatchObject({ code: '3B001' })
  await client.query('rollback')
  await client.query('insert into wanted values (3)')
  await rollback()
  expect(await outcome(client.query('select id from wanted where id > 1'))).toEqual([{ id: 2 }])
  await rollback()
})
