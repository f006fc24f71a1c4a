import { Client, Pool } from 'pg'
import { testTransaction } from '../../src/index.ts'
import { describeError, useBothWays, withClient, withPool } from '../support/both-ways.ts'

const bothWays = useBothWays(`
  create table notes (id int primary key, text text);
  create table child (id int, note int references notes deferrable initially deferred);
  create table shifty (id int constraint shifty_id unique deferrable initially immediate);
  create function w() returns int language plpgsql as $$ begin insert into notes values (coalesce((select max(id) from notes),0)+1); return 1; end $$;
  create view writing as select w();
  grant all on all tables in schema public to app_user;
`)
// each: a list of statements by one or two clients ('a:' / 'b:')
const shown = (v: any) => Array.isArray(v) ? v.map(shown) : { command: v.command, rowCount: v.rowCount, rows: v.rows }
async function play({ url }: any, script: (string | [string, unknown[]] | { name: string; text: string; values?: unknown[] })[]) {
  return withClient(url(), (a) => withClient(url(), async (b) => {
    const log: unknown[] = []
    for (const step of script) {
      let client = a
      let q: any = step
      if (typeof q === 'string' && /^b: /.test(q)) { client = b; q = q.slice(3) }
      const p = Array.isArray(q) ? client.query(q[0], q[1] as any) : client.query(q)
      await new Promise((r) => setTimeout(r, 3)); log.push([typeof q === 'string' ? q : JSON.stringify(q), await (p as Promise<any>).then(shown, (e) => { const { name, ...d } = describeError(e) as any; return d })])
      await new Promise((r) => setTimeout(r, 3)); log.push((a as any)._txStatus)
    }
    return log
  }))
}
const scripts: Record<string, any[]> = {
  'named select * over a rolled-back column': [
    'insert into notes values (1)', { name: 's', text: 'select * from notes' }, 'begin', 'alter table notes add column x int', { name: 's2', text: 'select * from notes' }, 'rollback', { name: 's2', text: 'select * from notes' }, { name: 's', text: 'select * from notes' }, 'delete from notes'],
  'named over a dropped and re-made table': ['create table tmp1 (a int)', { name: 's', text: 'select * from tmp1' }, 'drop table tmp1', 'create table tmp1 (a text)', { name: 's', text: 'select * from tmp1' }, 'drop table tmp1', { name: 's', text: 'select * from tmp1' }],
  'named insert fails in block': ['begin', { name: 'i', text: 'insert into notes values ($1)', values: [1] }, { name: 'i', text: 'insert into notes values ($1)', values: [1] }, { name: 'i', text: 'insert into notes values ($1)', values: [2] }, 'rollback', { name: 'i', text: 'insert into notes values ($1)', values: [2] }, 'select * from notes'],
  'named begin and commit': [{ name: 'b', text: 'begin' }, { name: 'i', text: 'insert into notes values (3)' }, { name: 'c', text: 'commit' }, { name: 'b', text: 'begin' }, { name: 'd', text: 'delete from notes' }, { name: 'r', text: 'rollback' }, 'select * from notes'],
  'deferred fk with savepoints': ['begin', 'insert into child values (1, 9)', 'savepoint a', 'set constraints all immediate', 'rollback to a', 'insert into notes values (9)', 'set constraints all immediate', 'commit', 'select * from child',
    'begin', 'insert into child values (2, 10)', 'savepoint a', 'insert into notes values (10)', 'rollback to a', 'commit', 'select * from child'],
  'deferred in strings': ['begin; insert into child values (1, 9); commit', 'select 1 as a', 'begin; insert into child values (1, 9); insert into notes values (9); commit; select * from child', 'begin; insert into child values (5,5); commit; select 1', 'select * from child'],
  'set constraints deferrable immediate': ['begin', 'set constraints shifty_id deferred', 'insert into shifty values (1), (1)', 'commit', 'begin', 'insert into shifty values (1), (1)', 'commit', 'begin; set constraints all deferred; insert into shifty values (1),(1); commit', 'begin', 'set constraints shifty_id deferred', 'insert into shifty values (2)', 'commit', 'begin', 'insert into shifty values (2)', 'rollback', 'select * from shifty'],
  'deferred and chain': ['begin', 'insert into child values (1, 9)', 'commit and chain', 'select 1 as one', 'commit', 'begin', 'insert into notes values (4)', 'commit and chain', 'insert into notes values (4)', 'rollback and chain', 'insert into notes values (5)', 'commit', 'select * from notes'],
  'read only': ['begin read only', 'insert into notes values (1)', 'rollback', 'begin read only', 'select * from writing', 'commit', 'begin', 'set transaction read only', 'select 1 as a', 'set transaction read write', 'rollback', 'insert into notes values (1)', 'begin read only', 'select 1 as a', 'commit and chain', 'insert into notes values (2)', 'commit', 'insert into notes values (3)', 'select * from notes'],
  'read only in a savepoint': ['begin', 'insert into notes values (1)', 'savepoint a', 'set transaction read only', 'insert into notes values (2)', 'rollback to a', 'insert into notes values (3)', 'set transaction read write', 'insert into notes values (4)', 'commit', 'select * from notes'],
  'session characteristics': ['set session characteristics as transaction read only', 'insert into notes values (1)', 'begin read write', 'insert into notes values (2)', 'commit', 'set session characteristics as transaction read write', 'insert into notes values (3)', 'select * from notes'],
  'default_transaction_read_only on': ['set default_transaction_read_only = on', 'insert into notes values (1)', 'reset default_transaction_read_only', 'insert into notes values (3)', 'select * from notes'],
  'show defaults': ['show default_transaction_read_only', 'show transaction_read_only', "select current_setting('transaction_read_only') as a", "select current_setting('default_transaction_read_only') as a", "select setting from pg_show_all_settings() where name = 'default_transaction_read_only'", 'insert into notes values (1)', "select current_setting('transaction_read_only') as a", 'reset default_transaction_read_only', 'show default_transaction_read_only', 'reset all', 'show default_transaction_read_only'],
  'statement_timeout': ["set statement_timeout = '50ms'", 'select pg_sleep(1)', 'insert into notes values (1)', 'begin', 'insert into notes values (2)', 'select pg_sleep(1)', 'select 1', 'rollback', 'b: select pg_sleep(0.1)', 'select * from notes', 'reset statement_timeout', 'select pg_sleep(0.1)'],
  'statement_timeout 1ms': ["set statement_timeout = '1ms'", 'select pg_sleep(1)', 'begin', 'select pg_sleep(1)', 'rollback', 'set statement_timeout = 0', 'insert into notes values (1)', 'select * from notes'],
  'string orders': ['insert into notes values (1); begin; insert into notes values (2); rollback; insert into notes values (3)', 'select * from notes', 'insert into notes values (4); commit; insert into notes values (5); rollback; insert into notes values (6); select 1/0', 'select * from notes', 'begin; insert into notes values (7); commit and chain; insert into notes values (8); rollback and chain; insert into notes values (9)', 'select 1 as a', 'commit', 'select * from notes', 'begin; savepoint a; insert into notes values (10); rollback to a; release a; commit; rollback; begin; begin; abort', 'select * from notes', 'end; end', 'rollback; insert into notes values (11); commit', 'select * from notes'],
  'parse errors in strings': ['begin; insert into notes values (1)', 'commit; selec', 'select 1 as a', 'rollback', 'begin; selec', 'select 1 as a', 'insert into notes values (2); selec', 'select * from notes'],
  'inner parse errors in strings': ["begin; insert into notes values (1); do $$ begin execute 'selec'; end $$", 'select 1 as a', 'rollback', 'select * from notes'],
  'inner parse error after commit': ['begin', 'insert into notes values (1)', "commit; do $$ begin execute 'selec'; end $$", 'select 1 as a', 'select * from notes'],
  'sql function with a syntax error in a migration': ["begin; create table m1 (a int); create function bad() returns int language sql as 'selec 1'; commit", 'select 1 as a', 'rollback', "select to_regclass('m1') as t"],
  'regtype error in a string': ["begin; insert into notes values (1); select 'not a type'::regtype", 'select 1 as a', 'rollback'],
  'set transaction_isolation': ['begin', "set transaction_isolation = 'repeatable read'", 'select 1 as a', 'commit'],
  'set local transaction_read_only': ['begin', 'set local transaction_read_only = on', 'insert into notes values (1)', 'rollback', 'insert into notes values (2)', 'select * from notes'],
  'declare with parameters': ['begin', ['declare c cursor for select $1::int as a', [5]], 'fetch c', 'commit'],
  'set local by function': ["select set_config('x.a', 'y', true), 1 as one", "select current_setting('x.a', true) as a", 'begin', "select set_config('x.a', 'y', true), 1 as one", "select current_setting('x.a', true) as a", 'commit', "select current_setting('x.a', true) as a"],
  'role': ['set role app_user', 'select current_user::text as u', 'create table public.mine (a int)', 'reset role', 'select current_user::text as u', 'begin', 'set local role app_user', 'select current_user::text as u', 'commit', 'select current_user::text as u', 'begin', 'set role app_user', 'rollback', 'select current_user::text as u', 'b: select current_user::text as u', 'drop table mine', 'set session authorization app_user', 'select session_user::text as u', 'drop table notes', 'reset session authorization', 'select session_user::text as u'],
  'search_path per client': ['create schema s', "set search_path = s", 'create table notes (id int)', 'insert into notes values (5)', 'b: select * from notes', 'select * from notes', 'b: insert into notes values (1)', 'drop schema s cascade', 'select * from notes'],
  'savepoint names': ['begin', 'savepoint "guard"', 'insert into notes values (1)', 'savepoint "GUARD"', 'insert into notes values (2)', 'rollback to guard', 'insert into notes values (3)', 'release guard', 'rollback to guard', 'commit', 'select * from notes', 'begin', 'savepoint s', 'savepoint s', 'insert into notes values (7)', 'rollback to s', 'release s', 'release s', 'commit', 'begin', 'rollback to nope', 'select 1', 'commit'],
  'writes through odd statements': ['select 1 as a into made', 'select * from made', 'explain (analyze, costs off, timing off, summary off, buffers off) insert into notes values (1)', 'with x as (insert into notes values (2) returning id) select * from x', 'copy (insert into notes values (3) returning id) to stdout', 'select id from notes for update', 'select * from writing', 'drop table made', 'select * from notes'],
  'execute and prepare': ['prepare p(int) as insert into notes values ($1) returning id', 'execute p(1)', 'begin', 'execute p(2)', 'rollback', 'execute p(3)', 'deallocate p', 'execute p(4)', 'select * from notes', 'prepare c as commit'],
  'call with commit': ['create procedure pc() language sql as $$ insert into notes values (1) $$', 'call pc()', 'select * from notes', 'drop procedure pc'],
  'failed begin string': ['begin isolation level nonsense', 'select 1 as a', 'begin; begin isolation level serializable; commit', 'start transaction isolation level serializable, read only', 'select 1 as a', 'commit'],
  'hold cursor': ['insert into notes values (1), (2)', 'declare c cursor with hold for select id from notes order by id', 'fetch 1 from c', 'begin', 'fetch 1 from c', 'rollback', 'fetch 1 from c', 'close c', 'begin', 'declare d cursor with hold for select id from notes', 'commit', 'fetch 1 from d', 'close d'],
  'lock in a string': ['lock table notes', 'lock table notes; select 1 as a', 'begin; lock notes; commit'],
  'two clients': ['begin', 'insert into notes values (1)', 'commit', 'b: begin', 'b: insert into notes values (1)', 'b: select 1', 'b: commit', 'b: insert into notes values (2)', 'select * from notes', 'b: begin; insert into notes values (3); rollback', 'select * from notes'],
  'temp tables': ['create temp table tt (a int)', 'insert into tt values (1)', 'select * from tt', 'drop table tt', 'begin', 'create temp table t2 on commit drop as select 1 as a', 'select * from t2', 'rollback', 'select 1 from t2'],
  'advisory': ['select pg_try_advisory_lock(77) as a', 'select pg_advisory_unlock(77) as a', 'begin', 'select pg_try_advisory_xact_lock(78) as a', 'commit', "select count(*)::int as n from pg_locks where locktype = 'advisory' and pid = pg_backend_pid()"],
  'values of every sort': [['select $1::text as a', [null]], ['select $1::int as a', ['x']], ['insert into notes values ($1, $2)', [1]], ['select 1; select 2', []], ['select 1; select $1::int', [1]], '', ';', '-- x', ['', []], 'select 1 as a;', 'select 1 as a; ;'],
}
for (const [name, script] of Object.entries(scripts)) test(name, () => bothWays.expectSame((urls) => play(urls, script)), 15000)
