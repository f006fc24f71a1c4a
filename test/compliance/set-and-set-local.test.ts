import { useComparison } from './compare.ts'

const { compare, compareInEachProtocol } = useComparison(`
  create function set_by_statement(text) returns text language plpgsql as
    'begin set local app.tenant to ''of a function''; return $1; end';
  create function set_for_session(text) returns text language plpgsql as
    'begin perform set_config(''app.tenant'', $1, false); return $1; end';
  create function set_while_it_runs() returns text language sql set app.tenant to 'inside' as
    'select current_setting(''app.tenant'')'`)

const tenant = "select current_setting('app.tenant', true) as tenant"

describe('SET and SET LOCAL', () => {
  compareInEachProtocol(
    'over each other: SET survives COMMIT, SET LOCAL does not',
    async (a) => {
      await a.run('begin')
      await a.run("set local app.tenant to 'local'")
      await a.run("set app.tenant to 'kept'")
      await a.run(tenant)
      await a.run('commit')
      await a.run(tenant)
      await a.run('begin')
      await a.run("set app.tenant to 'kept too'")
      await a.run("select set_config('app.tenant', 'local', true)")
      await a.run(tenant)
      await a.run('commit')
      await a.run(tenant)
      await a.run('begin')
      await a.run("set app.tenant to 'undone'")
      await a.run("set local app.tenant to 'undone'")
      await a.run('rollback')
      await a.run(tenant)
      await a.run('begin')
      await a.run("set local app.tenant to 'local'")
      await a.run('reset app.tenant')
      await a.run('commit')
      await a.run(tenant)
    },
    ['row ["kept"]', 'row ["kept"]', 'row ["local"]', 'row ["kept too"]', 'row ["kept too"]', 'row [""]'],
  )

  compareInEachProtocol(
    'behind savepoints',
    async (a) => {
      await a.run("set app.tenant to 'session'")
      await a.run('begin')
      await a.run("set local app.tenant to '1'")
      await a.run('savepoint s')
      await a.run("set app.tenant to '2'")
      await a.run('savepoint t')
      await a.run("set local app.tenant to '3'")
      await a.run('release t')
      await a.run(tenant)
      await a.run('rollback to s')
      await a.run(tenant)
      await a.run("set app.tenant to '4'")
      await a.run('savepoint t')
      await a.run("set local app.tenant to '5'")
      await a.run('release s')
      await a.run('commit')
      await a.run(tenant)
    },
    ['row ["3"]', 'row ["1"]', 'complete COMMIT', 'row ["4"]'],
  )

  compareInEachProtocol(
    'by functions: for the transaction, and while they run',
    async (a) => {
      await a.run("set app.tenant to 'session'")
      await a.run('begin')
      await a.run('select set_while_it_runs()')
      await a.run(tenant)
      await a.run("select set_by_statement('x')")
      await a.run(tenant)
      await a.run('commit')
      await a.run(tenant)
    },
    ['row ["inside"]', 'row ["session"]', 'row ["of a function"]', 'row ["session"]'],
  )

  compareInEachProtocol(
    'DEFAULT, time zone, and settings of the server’s own',
    async (a) => {
      await a.run("set timezone to 'Asia/Tokyo'")
      await a.run('begin')
      await a.run('set local time zone default')
      await a.run('show timezone')
      await a.run("set local time zone interval '-03:30' hour to minute")
      await a.run('show timezone')
      await a.run('set local search_path = other')
      await a.run('select name from accounts')
      await a.run("set local statement_timeout = '1h'")
      await a.run("set local datestyle to 'German'")
      await a.run("select '2020-12-31'::date::text")
      await a.run('commit')
      await a.run('show timezone')
      await a.run('show search_path')
      await a.run('show statement_timeout')
      await a.run("select '2020-12-31'::date::text")
    },
    [
      'row ["elsewhere"]',
      'row ["31.12.2020"]',
      'row ["Asia/Tokyo"]',
      'public"]',
      'row ["0"]',
      'row ["2020-12-31"]',
    ],
  )

  compare(
    'in strings',
    async (a) => {
      await a.simple(`set local app.tenant to '1'; ${tenant}; select 1`)
      await a.simple(tenant)
      await a.simple(`select set_config('app.tenant', '2', true); ${tenant}; commit; ${tenant}`)
      await a.simple(
        `begin; set local app.tenant to '3'; ${tenant}; commit; ${tenant}; set app.tenant to '4'`,
      )
      await a.simple(`set local app.tenant to '5'; begin; ${tenant}`)
      await a.simple(`${tenant}; commit; ${tenant}`)
      await a.simple("set app.tenant to '6'; set local app.tenant to '7'; select 1 / 0")
      await a.simple(tenant)
    },
    ['"1"', '""', '"2"', '""', '"3"', '""', '"5"', '"5"', '"4"', '22012', '"4"'],
  )
})
