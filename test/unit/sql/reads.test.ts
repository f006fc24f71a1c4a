import { classify } from '../../../src/sql/classify.ts'
import type { Command } from '../../../src/sql/command.ts'

const other: Command = { kind: 'other' }

test.each([
  'select 1',
  'TABLE t',
  'values (1), (2)',
  '(select 1) union (select 2)',
  'with a as (select 1) select * from a',
  'select * from t where a in (1) and exists (select 1)',
  'explain select 1',
  'explain (costs off, verbose) select 1',
  'explain verbose table t',
  'explain (select 1)',
  'select count(*) filter (where a) over (partition by (b)) from t',
  'select pg_catalog.lower(a), "lower"(b), COALESCE(a, b)',
  'select a::varchar(10), cast(b as numeric(3, 1))',
  'with t(a, b) as (values (1, 2)) select * from t',
  'with t(a) as materialized (select 1), u(b) as not materialized (select 2) select 1',
  'select * from generate_series(1, 3) as g(i), unnest($1::int[]) with ordinality u(a, b), (values (1)) v(x)',
  'select * from json_to_record(j) as x(a int, b varchar(3))',
  "select substring(a from 1 for 2), extract(year from b), position('a' in c)",
  "select timestamp(3) with time zone 'now'",
  "select 'insert into'",
  'select "update" from "delete"',
  "select c.relname ~ 'a' and c.x OPERATOR(pg_catalog.~) '^(t)$' from pg_catalog.pg_class c",
  'select distinct on (a) lower(a) from t',
  'select (t).name, c.relname, (x.y).pg_typeof from pg_catalog.pg_class c, t, pg_catalog.pg_stats',
  'select nullif(a, 1) from t group by rollup(a)',
  'select pg_sleep(1), random(), gen_random_uuid(), now(), current_timestamp(3), version()',
])('%s is a read', (sql) => {
  expect(classify(sql)).toEqual({ kind: 'read' })
})

test.each(['show search_path', 'show a.b', '/* of here */ show time zone'])(
  '%s is a read that takes no snapshot',
  (sql) => {
    expect(classify(sql)).toEqual({ kind: 'read', shows: true })
  },
)

test.each([
  'select 1 into t',
  'select 1 into temp t from u',
  'select * from t for update',
  'select * from t for no key update',
  'select * from t for key share',
  'table t for share',
  'with a as (insert into t values (1) returning *) select * from a',
  'with a as (delete from t returning *) select 1',
  'with a as (select 1) update t set x = 1',
  'with a as (select 1) merge into t using a on true when matched then do nothing',
  "select nextval('s')",
  'select pg_advisory_lock(1)',
  'select f(1)',
  'select s.lower(a)',
  'select a.pg_catalog.lower(b)',
  'select "Lower"(a)',
  'select LOWER(f(1))',
  'select * from f(1) as x(a int)',
  'select * from t, f(1) as (a int)',
  'select U&"nextval"(1)',
  'select U&"f" uescape \'!\' (1)',
  'select over(1)',
  'select by(1)',
  'select system(1)',
  'select distinct on (a) f(a)',
  'select distinct on (a) over(a)',
  'select 1 operator(pg_catalog.+) filter(a)',
  'select 1 operator(pg_catalog.+) f(1)',
  'select operator(1)',
  "select pg_notify('a', b)",
  "select query_to_xml('x', true, true, '')",
  "select ts_stat('select 1')",
  "select dblink('x')",
  'select lo_import(1)',
  'select pg_terminate_backend(1)',
  'select setseed(1)',
  'select pg_export_snapshot()',
  'explain analyze select 1',
  'explain (analyze) select 1',
  'explain (verbose, analyse off) select 1',
  'explain insert into t values (1)',
  'explain execute p',
  'explain select f(1)',
  'show all',
  'show',
  'insert into t values (1)',
  'execute p',
  'fetch c',
  'call p()',
  'do $$ $$',
  'create table t()',
  'vacuum',
  'analyze t',
  'refresh materialized view v',
])('%s is not taken for a read', (sql) => {
  expect(classify(sql)).toEqual(other)
})

test.each<[string, Command]>([
  ['show transaction_read_only', { kind: 'show', name: 'transaction_read_only' }],
  ['show transaction_deferrable', { kind: 'show', name: 'transaction_deferrable' }],
  ['show Default_Transaction_Read_Only', { kind: 'show', name: 'default_transaction_read_only' }],
  ['show transaction isolation level', { kind: 'show', name: 'transaction_isolation' }],
  ['show "transaction_isolation"', { kind: 'show', name: 'transaction_isolation' }],
])('%s is no read: it tells of the transaction', (sql, command) => {
  expect(classify(sql)).toEqual(command)
})

test.each([
  'select (1::oid).lo_create',
  'select (1::int8)."pg_advisory_lock"',
  'select g.pg_advisory_lock from generate_series(1::int8, 2) g',
  "select ('s'::regclass).nextval",
  'select (1).pg_terminate_backend',
])('%s may call what does more than read', (sql) => {
  expect(classify(sql)).toEqual(other)
})
