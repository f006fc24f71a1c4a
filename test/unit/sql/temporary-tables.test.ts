import { classify } from '../../../src/sql/classify.ts'
import { droppedTables } from '../../../src/sql/temporary-tables.ts'
import type { OnCommit } from '../../../src/sql/command.ts'

test.each<[string, string, OnCommit]>([
  ['create temp table t (a int)', 't', 'preserve'],
  ['CREATE TEMPORARY TABLE T (a int) ON COMMIT DROP', 't', 'drop'],
  ['create local temp table "T" (a int) on commit delete rows', 'T', 'delete'],
  ['create global temporary table t () on commit preserve rows', 't', 'preserve'],
  ['create temp table if not exists t () on commit drop', 't', 'drop'],
  ['create temp table t on commit drop as select 1', 't', 'drop'],
  ['create temp table t (like u) with (fillfactor = 70) on commit drop tablespace x', 't', 'drop'],
  ['create temp table pg_temp.t ()', 't', 'preserve'],
  ['create table pg_temp.t () on commit drop', 't', 'drop'],
  ["create temp table t (a text default 'on commit drop')", 't', 'preserve'],
  ['create /* temp */ temp -- x\n table t () on /* x */ commit drop', 't', 'drop'],
])('%s makes a temporary table', (sql, name, onCommit) => {
  const ifNotExists = sql.includes('if not exists')
  expect(classify(sql)).toEqual({ kind: 'createTemporary', name, onCommit, ifNotExists })
})

test.each([
  'create table t ()',
  'create table s.t ()',
  'create unlogged table t ()',
  'create table temp ()',
  'create temp view v as select 1',
  'create temp sequence s',
  'create temp',
  'create temp table',
  'create index on t (a)',
  'create or replace function f() returns void language sql as $$ create temp table t () $$',
])('%s makes none', (sql) => {
  expect(classify(sql)).toEqual({ kind: 'other' })
})

test.each([
  ['drop table a', ['a']],
  ['DROP /* "b" */ TABLE IF EXISTS A, "B c", pg_temp.d, other.e cascade', ['a', 'B c', 'd']],
  ['drop table other.a', []],
  ['drop view a', []],
  ['drop', []],
])('%s names tables that may be temporary', (sql, names) => {
  expect(droppedTables(sql)).toEqual(names)
})
