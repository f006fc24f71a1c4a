import { classify } from '../../../src/sql/classify.ts'
import type { Command } from '../../../src/sql/command.ts'

type Cases = [string, Command][]

const other: Command = { kind: 'other' }
const invalid: Command = { kind: 'invalid' }

test.each<[string, Command]>([
  ['begin', { kind: 'begin', tag: 'BEGIN', modes: {} }],
  ['BEGIN WORK', { kind: 'begin', tag: 'BEGIN', modes: {} }],
  ['Begin /* x */ Transaction', { kind: 'begin', tag: 'BEGIN', modes: {} }],
  ['start -- x\n transaction', { kind: 'begin', tag: 'START TRANSACTION', modes: {} }],
  [
    'begin isolation level serializable, read only, deferrable',
    { kind: 'begin', tag: 'BEGIN', modes: { isolation: 'serializable', readOnly: true, deferrable: true } },
  ],
  [
    'start transaction isolation level repeatable read read write not deferrable',
    {
      kind: 'begin',
      tag: 'START TRANSACTION',
      modes: { isolation: 'repeatable read', readOnly: false, deferrable: false },
    },
  ],
  ['begin read only read write', { kind: 'begin', tag: 'BEGIN', modes: { readOnly: false } }],
  ['commit', { kind: 'commit', chain: false }],
  ['END TRANSACTION', { kind: 'commit', chain: false }],
  ['commit work and chain', { kind: 'commit', chain: true }],
  ['commit and no chain', { kind: 'commit', chain: false }],
  ['rollback', { kind: 'rollback', chain: false }],
  ['ABORT WORK AND CHAIN', { kind: 'rollback', chain: true }],
  ['savepoint A', { kind: 'savepoint', name: 'a' }],
  ['savepoint system_user', { kind: 'savepoint', name: 'system_user' }],
  ['savepoint "A""b"', { kind: 'savepoint', name: 'A"b' }],
  ['savepoint U&"d\\0061t\\+0000e9"', { kind: 'savepoint', name: 'daté' }],
  ['savepoint U&"d!0061" uescape \'!\'', { kind: 'savepoint', name: 'da' }],
  [`savepoint ${'é'.repeat(32)}`, { kind: 'savepoint', name: 'é'.repeat(31) }],
  ['savepoint ÀB', { kind: 'savepoint', name: 'Àb' }],
  ['release a', { kind: 'release', name: 'a' }],
  ['release savepoint a', { kind: 'release', name: 'a' }],
  ['release savepoint', { kind: 'release', name: 'savepoint' }],
  ['rollback to a', { kind: 'rollbackTo', name: 'a' }],
  ['rollback work to savepoint "x"', { kind: 'rollbackTo', name: 'x' }],
  ['rollback to savepoint', { kind: 'rollbackTo', name: 'savepoint' }],
  ['set transaction read only', { kind: 'setTransaction', modes: { readOnly: true } }],
  [
    'set local transaction isolation level read uncommitted',
    { kind: 'setTransaction', modes: { isolation: 'read uncommitted' } },
  ],
  ["set transaction snapshot '0-1'", { kind: 'setTransaction', snapshot: '0-1' }],
  [
    'set session characteristics as transaction read only',
    { kind: 'setSessionCharacteristics', modes: { readOnly: true }, local: false },
  ],
  ["prepare transaction 'a''b'", { kind: 'prepareTransaction', gid: "a'b" }],
  ['commit prepared $$a$$', { kind: 'commitPrepared', gid: 'a' }],
  ["rollback prepared E'a\\n\\x41\\u00e9'\n'b'", { kind: 'rollbackPrepared', gid: 'a\nAéb' }],
] satisfies Cases)('%s', (sql, command) => {
  expect(classify(sql)).toEqual(command)
})

test.each([
  'begin foo',
  'begin,',
  'begin read only,',
  'begin , read only',
  'begin isolation level',
  'start',
  'start work',
  'commit to a',
  'commit and',
  'end and chain no',
  'commit prepared',
  'commit prepared a',
  'rollback to',
  'rollback to a b',
  'rollback to select',
  'savepoint',
  'savepoint a b',
  'savepoint 1',
  'savepoint ""',
  'savepoint left',
  'release',
  'savepoint "a',
  'commit /* a',
  'begin /*',
  'set transaction',
  'set transaction foo',
  'set session characteristics',
  'prepare transaction',
  'prepare transaction a',
  "commit prepared U&'\\zzzz'",
])('%s starts as a transaction command, and the server will reject it', (sql) => {
  expect(classify(sql)).toEqual(invalid)
})

test.each([
  '"begin"',
  "'begin'",
  'rollbac\u212a',
  'begins',
  'explain commit',
  'transaction',
  ';',
  '',
  '(begin)',
  '$$begin$$',
])('%s is no transaction command', (sql) => {
  expect(classify(sql)).toEqual(other)
})

test('a backslash escapes in the name of a prepared transaction when the setting is off', () => {
  expect(classify("commit prepared 'a\\'b'", { standardConformingStrings: false })).toEqual({
    kind: 'commitPrepared',
    gid: "a'b",
  })
  expect(classify("commit prepared 'a\\'")).toEqual({ kind: 'commitPrepared', gid: 'a\\' })
})

test.each<[string, Command]>([
  ["set search_path to 'a'", { kind: 'set', name: 'search_path', local: false, value: 'a' }],
  ['SET LOCAL Statement_Timeout = 5', { kind: 'set', name: 'statement_timeout', local: true, value: '5' }],
  ['set session a.b = -1.5', { kind: 'set', name: 'a.b', local: false, value: '-1.5' }],
  ['set search_path = a, b', { kind: 'set', name: 'search_path', local: false }],
  ['set "TimeZone" to default', { kind: 'set', name: 'timezone', local: false, toDefault: true }],
  ["set time zone 'UTC'", { kind: 'set', name: 'timezone', local: false, value: 'UTC' }],
  ["set local time zone interval '1' hour", { kind: 'set', name: 'timezone', local: true }],
  ['set time zone local', { kind: 'set', name: 'timezone', local: false, toDefault: true }],
  ["set names 'utf8'", { kind: 'set', name: 'client_encoding', local: false, value: 'utf8' }],
  ['set names', { kind: 'set', name: 'client_encoding', local: false, toDefault: true }],
  ["set schema 'x'", { kind: 'set', name: 'search_path', local: false, value: 'x' }],
  ['set local role r', { kind: 'set', name: 'role', local: true, value: 'r' }],
  ['set role none', { kind: 'set', name: 'role', local: false, value: 'none' }],
  ["set session authorization 'r'", { kind: 'set', name: 'session_authorization', local: false, value: 'r' }],
  [
    'set local session authorization default',
    { kind: 'set', name: 'session_authorization', local: true, toDefault: true },
  ],
  ['set seed to 0.5', { kind: 'set', name: 'seed', local: false, value: '0.5' }],
  ['set xml option document', { kind: 'set', name: 'xmloption', local: false, value: 'document' }],
  [
    'set transaction_read_only = on',
    { kind: 'set', name: 'transaction_read_only', local: false, value: 'on' },
  ],
  ['set local = 1', { kind: 'set', name: 'local', local: false, value: '1' }],
  ['set local local = 1', { kind: 'set', name: 'local', local: true, value: '1' }],
  ['set transaction = 1', { kind: 'set', name: 'transaction', local: false, value: '1' }],
  ['set session.x = 1', { kind: 'set', name: 'session.x', local: false, value: '1' }],
  ['set constraints.x = 1', { kind: 'set', name: 'constraints.x', local: false, value: '1' }],
  ['reset all', { kind: 'reset', name: 'all' }],
  ['reset A.B', { kind: 'reset', name: 'a.b' }],
  ['reset role', { kind: 'reset', name: 'role' }],
  ['reset time zone', { kind: 'reset', name: 'timezone' }],
  ['reset session authorization', { kind: 'reset', name: 'session_authorization' }],
  ['reset transaction isolation level', { kind: 'reset', name: 'transaction_isolation' }],
  ['set constraints all deferred', { kind: 'setConstraints', names: 'all', deferred: true }],
  [
    'set constraints a, s."B" immediate',
    { kind: 'setConstraints', names: [['a'], ['s', 'B']], deferred: false },
  ],
  ['discard all', { kind: 'discard', what: 'all' }],
  ['discard temporary', { kind: 'discard', what: 'temp' }],
] satisfies Cases)('%s', (sql, command) => {
  expect(classify(sql)).toEqual(command)
})

test.each<[string, Command]>([
  ['prepare p as select 1', { kind: 'prepareStatement', name: 'p' }],
  ['prepare transaction (int) as select $1', { kind: 'prepareStatement', name: 'transaction' }],
  ['deallocate p', { kind: 'deallocate', name: 'p' }],
  ['deallocate prepare "ALL"', { kind: 'deallocate', name: 'ALL' }],
  ['deallocate prepare', { kind: 'deallocate', name: 'prepare' }],
  ['deallocate prepare all', { kind: 'deallocate', all: true }],
  ['listen A', { kind: 'listen', channel: 'a' }],
  ['unlisten *', { kind: 'unlisten', all: true }],
  ['unlisten "A"', { kind: 'unlisten', channel: 'A' }],
  ['notify a', { kind: 'notify', channel: 'a' }],
  ["notify a, 'it''s'", { kind: 'notify', channel: 'a', payload: "it's" }],
  ['declare c no scroll cursor with hold for select 1', { kind: 'declareCursor', name: 'c', hold: true }],
  ['declare c cursor without hold for select 1', { kind: 'declareCursor', name: 'c', hold: false }],
  ['declare c binary insensitive cursor for select 1', { kind: 'declareCursor', name: 'c', hold: false }],
  ['close c', { kind: 'closeCursor', name: 'c' }],
  ['close all', { kind: 'closeCursor', all: true }],
  ['copy t from stdin', { kind: 'copy', direction: 'in' }],
  ['copy s.from (a, "b") from stdin with (format csv)', { kind: 'copy', direction: 'in' }],
  ['copy (select a from (select 1) x) to stdout', { kind: 'copy', direction: 'out' }],
  ['copy binary t to stdin', { kind: 'copy', direction: 'out' }],
  ["copy t from '/x'", { kind: 'copy', direction: 'server' }],
  ["copy t to program 'x'", { kind: 'copy', direction: 'server' }],
] satisfies Cases)('%s', (sql, command) => {
  expect(classify(sql)).toEqual(command)
})

function literal<Value>(value: Value): { kind: 'literal'; value: Value } {
  return { kind: 'literal', value }
}

test.each<[string, Command]>([
  [
    "select set_config('App.X', 'y', true)",
    { kind: 'setConfig', calls: [{ name: literal('app.x'), value: literal('y'), local: literal(true) }] },
  ],
  [
    "SELECT pg_catalog.set_config('search_path', '', 'f') as x",
    {
      kind: 'setConfig',
      calls: [{ name: literal('search_path'), value: literal(''), local: literal(false) }],
    },
  ],
  [
    'select set_config($1, $2::text, $3)',
    {
      kind: 'setConfig',
      calls: [
        {
          name: { kind: 'parameter', number: 1 },
          value: { kind: 'parameter', number: 2 },
          local: { kind: 'parameter', number: 3 },
        },
      ],
    },
  ],
  [
    "select set_config('a.b', null, null) x, \"set_config\"('c', $1, false)",
    {
      kind: 'setConfig',
      calls: [
        { name: literal('a.b'), value: literal(null), local: literal(null) },
        { name: literal('c'), value: { kind: 'parameter', number: 1 }, local: literal(false) },
      ],
    },
  ],
])('%s', (sql, command) => {
  expect(classify(sql)).toEqual(command)
})

test.each([
  "select set_config('a', 'b' || 'c', true)",
  "select set_config('a', 'b', true) from t",
  "select set_config('a', 'b', true), 1",
  "select s.set_config('a', 'b', true)",
  "select set_config('a', 'b', not true)",
  "select set_config('a', 'b', 'maybe')",
  "with x as (select set_config('a', 'b', true)) select 1",
])('%s sets a setting in a way too complicated to follow', (sql) => {
  expect(classify(sql)).toEqual(other)
})

test.each([
  'select 1',
  'TABLE t',
  'values (1), (2)',
  '(select 1) union (select 2)',
  'with a as (select 1) select * from a',
  'select * from t where a in (1) and exists (select 1)',
  'show search_path',
  'show a.b',
  'show time zone',
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
  'select nullif(a, 1) from t group by rollup(a)',
  'select pg_sleep(1), random(), gen_random_uuid(), now(), current_timestamp(3), version()',
])('%s is a read', (sql) => {
  expect(classify(sql)).toEqual({ kind: 'read' })
})

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
  "select pg_notify('a', 'b')",
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
  'show transaction_read_only',
  'show Default_Transaction_Read_Only',
  'show transaction isolation level',
  'show transaction_isolation',
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

test.each([
  'set foo',
  'set',
  'reset',
  'reset a b',
  'discard',
  'discard x',
  'listen',
  'notify a b',
  'close',
  'copy',
  'copy t',
  'declare c',
  'prepare p',
  'deallocate a b',
  'set session session x = 1',
])('%s, which the server will reject, is other', (sql) => {
  expect(classify(sql)).toEqual(other)
})
