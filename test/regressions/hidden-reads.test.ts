/**
 * Group 2, what SQL hides: a SELECT that looks like a mere read, and takes a lock, changes a setting or writes by what the
 * catalogue leads it to. What it leaves is gone when its test has ended.
 */
import { Client } from 'pg'
import { testTransaction } from '../../src/index.ts'
import { withPool } from '../support/both-ways.ts'
import { outcome, usePooled } from '../support/pooled.ts'

const fixture = usePooled(`
  create table notes (id int primary key, text text);
  create table guarded (id int);
  create sequence drawn;
  create view locking as select pg_try_advisory_lock(11) as got;
  create view setting as select set_config('app.tenant', '7', false) as tenant;
  create view setting_path as select set_config('search_path', 'pg_catalog', false) as path;
  create domain locked_id as bigint check (pg_try_advisory_lock(value));
  create operator @#@ (rightarg = bigint, function = pg_try_advisory_lock);
  create function stable_lock(id bigint) returns boolean language sql stable as 'select pg_try_advisory_lock(id)';
  create function lock_later(id bigint, got boolean default pg_try_advisory_lock(18)) returns boolean language sql stable as 'select got';
  create function as_id(guarded) returns bigint language sql stable as 'select pg_try_advisory_lock(16)::int::bigint';
  create cast (guarded as bigint) with function as_id(guarded);
  insert into guarded values (17);
  alter table guarded enable row level security;
  create policy locked on guarded using (pg_try_advisory_lock(id));
  grant select on guarded to app_user`)

const { start, rollback } = testTransaction

/** Advisory locks of the database that anybody holds. */
const LOCKS = `select objid::int as id from pg_locks where locktype = 'advisory'
  and database = (select oid from pg_database where datname = current_database())`

/** A client of another user, which stays connected: a server frees the locks of one that is gone. */
async function asUser(sql: string): Promise<unknown> {
  const url = fixture.database.url({ user: 'app_user', password: 'secret' })
  const client = new Client({ connectionString: url })
  fixture.clients.push(client)
  await client.connect()
  return outcome(client.query(sql))
}

const lockers: [how: string, sql: string][] = [
  ['a call in the notation of an attribute', 'select (10::int8).pg_advisory_lock'],
  ['a view', 'select got from locking'],
  ['a domain', 'select 12::locked_id'],
  ['an operator', 'select @#@ 13::bigint'],
  ['a stable function', 'select stable_lock(14)'],
  ['a cast', 'select guarded::bigint from guarded'],
  ['a default of a parameter', 'select lock_later(1)'],
  ['a policy', 'select * from guarded'],
]

describe('a session advisory lock is freed when the test has ended that took it by', () => {
  test.each(lockers)('%s', async (_how, sql) => {
    await start()
    await start()
    const told = await (sql === 'select * from guarded' ? asUser(sql) : outcome(fixture.pool.query(sql)))
    expect(told).not.toHaveProperty('code')
    expect(await fixture.database.outside(LOCKS)).toHaveLength(1)
    await rollback()
    await start()
    await outcome(fixture.pool.query('select 1'))
    expect(await fixture.database.outside(LOCKS)).toEqual([])
  })
})

describe('a setting that a view has made does not reach the next test:', () => {
  test.each([
    ['app.tenant', 'select tenant from setting'],
    ['search_path', 'select path from setting_path'],
    ['app.tenant', "select ('app.tenant', '7') is not null, tenant from setting order by tenant"],
  ])('%s by %s', async (name, sql) => {
    await start()
    const show = `select current_setting('${name}', true) as value`
    const before = await outcome(fixture.pool.query(show))
    await start()
    expect(await outcome(fixture.pool.query(sql))).not.toHaveProperty('code')
    await rollback()
    await start()
    await withPool({ connectionString: fixture.database.url() }, async (pool) => {
      const [{ value }] = await outcome(pool.query(show))
      expect(value || null).toBe(before[0].value)
    })
  })
})

describe('what a call in the notation of an attribute writes is undone:', () => {
  test('a large object', async () => {
    await start()
    await start()
    expect(await outcome(fixture.pool.query('select (4711::oid).lo_create as id'))).toEqual([{ id: 4711 }])
    await rollback()
    expect(await fixture.database.outside('select oid from pg_largeobject_metadata')).toEqual([])
  })

  test('a value of a sequence is drawn as in plain pg', async () => {
    await start()
    expect(await outcome(fixture.pool.query("select ('drawn'::regclass).nextval as id"))).toEqual([
      { id: '1' },
    ])
  })
})
