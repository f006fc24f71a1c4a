import { definesSchema, hidesWarnings, tracesOf, wordsOf } from '../../../src/sql/traces.ts'

describe('the schema may be changed', () => {
  test.each([
    'create table t ()',
    'ALTER TABLE t ADD x int',
    'drop view v',
    'do $$ $$',
    'call p()',
    'execute p',
  ])('by %s', (sql) => {
    expect(tracesOf(sql)).toMatchObject({ changesSchema: true, callsWhatChangesSchema: true })
  })

  test.each(['select f()', 'with a as (select f()) select 1', 'values (f())', '(select f())', 'table v'])(
    'by %s where functions change it',
    (sql) => {
      expect(tracesOf(sql)).toMatchObject({ changesSchema: false, callsWhatChangesSchema: true })
    },
  )

  test.each([
    'insert into t values (1)',
    'UPDATE t SET x = 1',
    'delete from t',
    'copy t from stdin',
    'truncate t',
  ])('never by %s', (sql) => {
    expect(tracesOf(sql)).toMatchObject({ changesSchema: false, callsWhatChangesSchema: false })
  })

  test.each([
    ['create table t ()', true],
    ["COMMENT ON TABLE t IS 'x'", true],
    ['grant select on t to a', true],
    ['created', false],
    ['do $$ create $$', false],
    ['select 1', false],
  ])('by %s surely: %s', (sql, expected) => {
    expect(definesSchema(sql)).toBe(expected)
  })
})

describe('settings for the transaction in a larger query', () => {
  test.each([
    ["select set_config('app.user', x, true) from t", ['app.user']],
    ["insert into t select SET_CONFIG ('App.User' , 'x', true)", ['app.user']],
    ["select set_config('role', 'a', true), set_config('a.b', c, true) from t", ['role', 'a.b']],
    ['do $$ begin set local search_path to x; set  LOCAL a.b = 1; end $$', ['search_path', 'a.b']],
  ])('are found by name: %s', (sql, names) => {
    expect(tracesOf(sql).localSettings).toEqual(names)
  })

  test.each([
    "select set_config('app.user', x, false) from t",
    "select set_config('no such setting', x, true) from t",
    "select set_config('unheard_of', x, true) from t",
    'do $$ begin set search_path to x; end $$',
  ])('are none in %s', (sql) => {
    expect(tracesOf(sql).localSettings).toEqual([])
  })
})

describe('temporary tables', () => {
  test('that end with the transaction are found in a DO block, and nowhere else', () => {
    const made = 'CREATE TEMP TABLE A () ON COMMIT DROP; create temporary table b () on commit delete rows'
    expect(tracesOf(`do $$ begin ${made}; end $$`).made).toEqual([
      ['a', 'drop'],
      ['b', 'delete'],
    ])
    expect(tracesOf('do $$ begin create temp table if not exists c () on commit drop; end $$').made).toEqual([
      ['c', 'drop'],
    ])
    expect(tracesOf('do $$ begin create temp table a (); end $$').made).toEqual([])
    expect(tracesOf(`select '${made}'`).made).toEqual([])
  })

  test.each([
    ['select 1 as a into temp t', 't'],
    ['SELECT a INTO LOCAL TEMPORARY TABLE T FROM u', 't'],
    ['with a as (select 1) select * into temp t from a', 't'],
    ['select 1 as a into t', undefined],
    ['insert into temp values (1)', undefined],
  ])('made by %s: %s', (sql, into) => {
    expect(tracesOf(sql).into).toBe(into)
  })

  test('that are dropped are told', () => {
    expect(tracesOf('drop table if exists A, pg_temp.b').dropped).toEqual(['a', 'b'])
    expect(tracesOf('select 1').dropped).toEqual([])
  })
})

test.each([
  ['fetch c', false],
  ['MOVE c', false],
  ['checkpoint', false],
  ['fetches', true],
  ['insert into t values (1)', true],
])('%s takes a snapshot: %s', (sql, expected) => {
  expect(tracesOf(sql).takesSnapshot).toBe(expected)
})

test('SET CONSTRAINTS is found in a DO block, and nowhere else', () => {
  expect(tracesOf('do $$ begin set\n constraints all deferred; end $$').setsConstraints).toBe(true)
  expect(tracesOf("select 'set constraints all deferred'").setsConstraints).toBe(false)
})

test('advisory locks are found wherever they are called', () => {
  expect(tracesOf('insert into t select pg_advisory_lock(1)').takesLocks).toBe(true)
  expect(tracesOf('select f(1)').takesLocks).toBe(false)
})

test.each([
  ['do $$ begin perform f(); end $$', true],
  ["create or replace function f() returns void language plpgsql as 'begin execute x; end'", true],
  ["select public.dblink_connect('a', 'b')", true],
  ['insert into t values (1)', false],
  ['drop function f', false],
])('%s may leave more in the session than it says: %s', (sql, expected) => {
  expect(tracesOf(sql).mayLeaveAnything).toBe(expected)
})

test.each([
  ["SET client_min_messages = 'error'", true],
  ['set client_min_messages to FATAL', true],
  ['set client_min_messages to panic', true],
  ['set client_min_messages to warning', false],
  ['', false],
])('%s hides warnings: %s', (setting, expected) => {
  expect(hidesWarnings(setting)).toBe(expected)
})

test('words are those of strings and comments too', () => {
  expect(wordsOf('INSERT INTO "Straße 1" -- x\n VALUES (nextval(\'a_$1\'))')).toEqual([
    'insert',
    'into',
    'straße',
    '1',
    'x',
    'values',
    'nextval',
    'a_$1',
  ])
  expect(wordsOf(' ;')).toEqual([])
})
