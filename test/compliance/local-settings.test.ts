import { useComparison } from './compare.ts'
import { type Recorder } from './recorder.ts'

const { compare, compareInEachProtocol, briefly } = useComparison(`
  create function set_locally(text) returns text language plpgsql as
    'begin perform set_config(''app.tenant'', $1, true); return $1; end';
  create function set_in_sql(text) returns text language sql as
    'select set_config(''app.tenant'', $1, true)';
  create procedure set_by_call(text) language plpgsql as
    'begin perform set_config(''app.tenant'', $1, true); end';
  create function set_by_trigger() returns trigger language plpgsql as
    'begin perform set_config(''app.tenant'', new.text, true); return new; end';
  create trigger setting before insert on log for each row execute function set_by_trigger()`)

const tenant = "select current_setting('app.tenant', true) as tenant"

const ways = [
  "set local app.tenant to 'x'",
  'SET LOCAL "app"."tenant" = x',
  "select set_config('app.tenant', 'x', true)",
  "select pg_catalog.set_config('app.tenant', 'x', 't')",
  "select set_config('app.' || 'tenant', 'x', 1 = 1)",
  "select set_config('app.tenant', lower('X'), true) as a, count(*) from accounts",
  "select set_config('app.tenant', 'x' || substr(name, 9), true) from accounts limit 1",
  "with t as materialized (select set_config('app.tenant', 'x', true) as x) select x from t",
  "select id from accounts where set_config('app.tenant', 'x', true) = 'x' order by id",
  "select set_locally('x')",
  "select set_in_sql('x') from accounts",
  "values (set_config('app.tenant', 'x', true))",
  "call set_by_call('x')",
  "do $$ begin set local app.tenant to 'x'; end $$",
  "do $$ begin execute 'set local app.tenant to ''x'''; end $$",
  "insert into log (text) values ('x')",
  "update accounts set name = set_config('app.tenant', 'x', true)",
]

describe.each(ways)('%s', (sql) => {
  // Those that have been seen in most applications, in each protocol.
  const comparing = /^(?:set local|select set_config\('app.tenant', 'x')/.test(sql)
    ? compareInEachProtocol
    : briefly.compare

  comparing(
    'ends with the transaction',
    async (a) => {
      for (const end of ['commit', 'rollback', 'commit and chain']) {
        await a.run('begin')
        await a.run(sql)
        await a.run(tenant)
        await a.run(end)
        await a.run(`/* after ${end} */ ${tenant}`)
        await a.run('end')
      }
    },
    [
      'row ["x"]',
      'after commit',
      'row [""]',
      'row ["x"]',
      'after rollback',
      'row [""]',
      'row ["x"]',
      'row [""]',
    ],
  )

  comparing(
    'ends with its statement outside a transaction',
    async (a) => {
      await a.run("set app.tenant to 'session'")
      await a.run(sql)
      await a.run(tenant)
      await a.run("insert into accounts values (3, 'Cid', 1)")
      await a.run(tenant)
    },
    ['row ["session"]', 'row ["session"]'],
  )

  briefly.compare(
    'comes back to what the session has, also after a failure and over a savepoint',
    async (a) => {
      await a.run("set app.tenant to 'session'")
      await a.run('begin')
      await a.run(sql)
      await a.run('select 1 / 0')
      await a.run('commit')
      await a.run(tenant)
      await a.run('begin')
      await a.run('savepoint s')
      await a.run(sql)
      await a.run('rollback to s')
      await a.run(tenant)
      await a.run(sql)
      await a.run('release s')
      await a.run(tenant)
      await a.run('commit')
      await a.run(tenant)
    },
    ['complete ROLLBACK', 'row ["session"]', 'row ["session"]', 'row ["x"]', 'row ["session"]'],
  )
})

describe('set_config with bound values', () => {
  const bound = async (a: Recorder): Promise<void> => {
    await a.extended('select set_config($1, $2, true)', 'app.tenant', 'one')
    await a.extended('select set_config($1, $2, $3)', 'app.other', 'two', true)
    await a.extended("select set_config('app.third', name, true) from accounts where id = $1", 1)
    await a.prepared('s', 'select set_config($1, $2, $3)', 'app.fourth', 'four', 'on')
  }

  compare(
    'ends with the transaction and with the statement',
    async (a) => {
      for (const begin of ['begin', 'begin read only', '']) {
        if (begin) await a.run(begin)
        await bound(a)
        for (const name of ['tenant', 'other', 'third', 'fourth'])
          await a.extended('select current_setting($1, true)', `app.${name}`)
        if (begin) await a.run('commit')
        for (const name of ['tenant', 'other', 'third', 'fourth'])
          await a.extended('select current_setting($1, true)', `app.${name}`)
      }
    },
    ['row ["one"]', 'row ["two"]', 'row ["Ann"]', 'row ["four"]', 'complete COMMIT', 'row [""]'],
  )

  compare(
    'for the session stays, unless it is rolled back',
    async (a) => {
      await a.run('begin')
      await a.extended('select set_config($1, $2, $3)', 'app.tenant', 'kept', false)
      await a.run('commit')
      await a.run('begin')
      await a.prepared('s', 'select set_config($1, $2, $3)', 'app.tenant', 'undone', false)
      await a.prepared('s', 'select set_config($1, $2, $3)', 'app.tenant', 'undone too', true)
      await a.run('rollback')
      await a.run(tenant)
      await a.extended('select set_config($1, $2, $3), $4::text', 'app.tenant', 'outside', 'f', 'x')
      await a.run(tenant)
    },
    ['row ["kept"]', 'row ["outside"]'],
  )
})
