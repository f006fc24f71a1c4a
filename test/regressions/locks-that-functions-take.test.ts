/** Group 2, what SQL hides: session advisory locks and what else a function leaves in the session end with the test. */
import { Client } from 'pg'
import { testTransaction } from '../../src/index.ts'
import { outcome, settled, usePooled } from '../support/pooled.ts'

const fixture = usePooled(`
  create table notes (id int primary key, text text);
  create function takes_lock() returns void language plpgsql as $$ begin perform pg_advisory_lock(21); end $$;
  create function takes_lock_in_text() returns void language plpgsql as $$ begin execute 'select pg_adv' || 'isory_lock(22)'; end $$;
  create function prepares() returns void language plpgsql as $$ begin execute 'prepare hidden as select 1 as n'; end $$`)

const { start, rollback, close } = testTransaction

const LOCKS = `select objid::int as id from pg_locks where locktype = 'advisory'
  and database = (select oid from pg_database where datname = current_database())`
const locks = (): Promise<unknown[]> => fixture.database.outside(LOCKS)

const takers: [how: string, sql: string][] = [
  ['pg_advisory_lock()', 'select pg_advisory_lock(20)'],
  ['pg_try_advisory_lock()', 'select pg_try_advisory_lock(20)'],
  ['pg_advisory_lock_shared()', 'select pg_advisory_lock_shared(20)'],
  ['a function', 'select takes_lock()'],
  ['a function that puts the statement together', 'select takes_lock_in_text()'],
  ['a DO block', 'do $$ begin perform pg_advisory_lock(23); end $$'],
]

describe.each(takers)('after a test that has taken a lock by %s', (_how, sql) => {
  test('the next one begins with a write, and every hook resolves', async () => {
    await start()
    for (const id of [1, 2, 3]) {
      await start()
      expect(await outcome(fixture.pool.query(sql))).not.toHaveProperty('code')
      expect(await settled(rollback())).toBeUndefined()
      await start()
      expect(await outcome(fixture.pool.query('insert into notes values ($1)', [id]))).toEqual([])
      expect(await settled(rollback())).toBeUndefined()
    }
    expect(await settled(close())).toBeUndefined()
  })

  test('a client that was lent does not end', async () => {
    await start()
    const client = await fixture.lend()
    const lost: unknown[] = []
    client.on('error', (error) => lost.push(error)).on('end', () => lost.push('end'))
    await start()
    await client.query(sql)
    await rollback()
    await start()
    expect(await outcome(client.query('insert into notes values (1)'))).toEqual([])
    expect(await outcome(rollback())).toBeUndefined()
    expect(lost).toEqual([])
  })

  test('nobody holds it any more', async () => {
    await start()
    await start()
    await fixture.pool.query(sql)
    expect(await locks()).toHaveLength(1)
    await rollback()
    await start()
    await fixture.pool.query('select 1')
    expect(await locks()).toEqual([])
  })

  test('nobody holds it any more, when the test has written as well', async () => {
    await start()
    await start()
    await fixture.pool.query('insert into notes values (1)')
    await fixture.pool.query(sql)
    await rollback()
    await start()
    await fixture.pool.query('select 1')
    expect(await locks()).toEqual([])
  })

  test('nobody holds it any more, when an outer level has written', async () => {
    await start()
    await fixture.pool.query('insert into notes values (1)')
    await start()
    await fixture.pool.query(sql)
    await rollback()
    await start()
    await fixture.pool.query('select 1')
    expect(await locks()).toEqual([])
  })

  test('DISCARD ALL frees it', async () => {
    await start()
    const client = await fixture.lend()
    await client.query(sql)
    expect(await locks()).toHaveLength(1)
    await client.query('discard all')
    await client.query('select 1')
    expect(await locks()).toEqual([])
  })
})

test('what a function has prepared is not there in the next test, nor after DISCARD ALL', async () => {
  const prepared = "select name from pg_prepared_statements where name = 'hidden'"
  await start()
  await start()
  await fixture.pool.query('select prepares()')
  await rollback()
  await start()
  expect(await outcome(fixture.pool.query(prepared))).toEqual([])
  const client = await fixture.lend()
  expect(await outcome(client.query('select prepares()'))).toHaveLength(1)
  await client.query('discard all')
  expect(await outcome(client.query(prepared))).toEqual([])
})

test('a connection that dblink has opened is not there in the next test', async () => {
  // Not every installation of the server has the extension.
  const [{ n } = { n: 0 }] = await fixture.database.outside(
    "select count(*)::int as n from pg_available_extensions where name = 'dblink'",
  )
  if (n === 0) return
  await fixture.database.outside('create extension if not exists dblink')
  await start()
  await start()
  await fixture.pool
    .query(`select dblink_connect('other', 'dbname=' || current_database() || ' user=' || current_user ||
    ' password=${new URL(fixture.database.url()).password} host=127.0.0.1 port=' || current_setting('port'))`)
  await rollback()
  await start()
  expect(await outcome(fixture.pool.query('select dblink_get_connections() as open'))).toEqual([
    { open: null },
  ])
})

test('a lock that an outer level has taken stays while inner ones end, and theirs are freed', async () => {
  const held = async (): Promise<unknown[]> => (await locks()).map((row) => (row as { id: number }).id)
  await start()
  await fixture.pool.query('insert into notes values (1)')
  await fixture.pool.query('select pg_advisory_lock(20)')
  await start()
  await fixture.pool.query('select pg_advisory_lock(21), pg_advisory_lock(21), pg_advisory_lock_shared(22)')
  await fixture.pool.query('select pg_advisory_lock(1, -24), pg_advisory_xact_lock(25)')
  await rollback()
  await start()
  await fixture.pool.query('select 1')
  expect(await held()).toEqual([20])
})

test('a client that ends frees its locks, and not those of others', async () => {
  await start()
  const own = new Client({ connectionString: fixture.database.url() })
  await own.connect()
  await own.query('select pg_advisory_lock(20)')
  await own.end()
  await fixture.pool.query('select 1')
  expect(await locks()).toEqual([])
})
