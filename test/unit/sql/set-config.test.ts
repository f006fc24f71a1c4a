import { classify } from '../../../src/sql/classify.ts'
import type { Command } from '../../../src/sql/command.ts'

const other: Command = { kind: 'other' }

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
  [
    "select set_config('a.b', 'c', true), 1, now() as n",
    { kind: 'setConfig', calls: [{ name: literal('a.b'), value: literal('c'), local: literal(true) }] },
  ],
  [
    "select 'set_config(', Set_Config('a.b', E'c\\n', '0')",
    { kind: 'setConfig', calls: [{ name: literal('a.b'), value: literal('c\n'), local: literal(false) }] },
  ],
])('%s', (sql, command) => {
  expect(classify(sql)).toEqual(command)
})

test.each([
  "select set_config('a', 'b' || 'c', true)",
  "select set_config('a', 'b', true) from t",
  "select set_config('a', 'b', true) where false",
  "select case when false then set_config('a', 'b', true) end",
  "select coalesce('x', set_config('a', 'b', true))",
  "select set_config('a', 'b', true), (select 1)",
  "select set_config('a', 'b', true), set_config('a', b, true)",
  "select \"pg_catalog\".set_config('a', 'b', true)",
  "select x.pg_catalog.set_config('a', 'b', true)",
  "select \"Set_Config\"('a', 'b', true)",
  "select set_config('a', 'b')",
  "select s.set_config('a', 'b', true)",
  "select set_config('a', 'b', not true)",
  "select set_config('a', 'b', 'maybe')",
  "with x as (select set_config('a', 'b', true)) select 1",
])('%s sets a setting in a way too complicated to follow', (sql) => {
  expect(classify(sql)).toEqual(other)
})
