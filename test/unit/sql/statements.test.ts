import { splitStatements } from '../../../src/sql/statements.ts'

function split(sql: string): string[] {
  return splitStatements(sql).map(({ start, end }) => sql.slice(start, end))
}

test('a statement reaches from its first token to its last, without comments and semicolon', () => {
  expect(splitStatements(' /* a */ begin ; -- b\nselect 1 /* c */;')).toEqual([
    { start: 9, end: 14 },
    { start: 22, end: 30 },
  ])
})

test('empty statements are left out', () => {
  expect(split(';; select 1;; -- x\n ; select 2')).toEqual(['select 1', 'select 2'])
  expect(split('')).toEqual([])
  expect(split(' -- x')).toEqual([])
})

test('semicolons in strings, names, comments and dollar quotes divide nothing', () => {
  const sql = `select ';', ";", $$;$$, $a$;$$;$a$ /* ; */ -- ;\n, E'\\';'`
  expect(split(`${sql}; select 2`)).toEqual([sql, 'select 2'])
})

test('a backslash before the quote decides by the setting', () => {
  const sql = "select '\\'; commit; --'"
  expect(splitStatements(sql)).toHaveLength(2)
  expect(splitStatements(sql, { standardConformingStrings: false })).toHaveLength(1)
})

test('the actions of a rule are one statement', () => {
  const rule = 'create rule r as on insert to t do also (delete from a; delete from b)'
  expect(split(`${rule}; commit`)).toEqual([rule, 'commit'])
})

test.each([
  'create function f() returns int begin atomic select 1; select 2; end',
  'CREATE OR REPLACE PROCEDURE p() BEGIN /* ; */ ATOMIC; END',
  'create function f() returns int begin atomic select case when a then 1 else 2 end; select 1 as end; end',
  'create function f() returns int begin atomic select end from (select 1 as "end") t; end',
  'create procedure p() begin atomic create function g() returns int begin atomic select 1; end; select 2; end',
  'create function f(begin atomic) returns begin begin atomic select begin atomic from t; end',
])('the body of a routine is part of its statement: %s', (sql) => {
  expect(split(`${sql}; commit`)).toEqual([sql, 'commit'])
})

test.each([
  'select begin atomic from t',
  'create table t(begin atomic)',
  'create function f() returns int return 1',
  'begin',
])('no body begins in: %s', (sql) => {
  expect(split(`${sql}; commit; end`)).toEqual([sql, 'commit', 'end'])
})

test('ten thousand statements are split', () => {
  expect(splitStatements('select 1;'.repeat(10_000))).toHaveLength(10_000)
})
