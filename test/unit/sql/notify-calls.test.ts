import { classify } from '../../../src/sql/classify.ts'
import type { Command } from '../../../src/sql/command.ts'

function literal<Value>(value: Value): { kind: 'literal'; value: Value } {
  return { kind: 'literal', value }
}

const call = { channel: literal('a'), payload: literal('b') }

test.each<[string, Command]>([
  ["select pg_notify('a', 'b')", { kind: 'selectNotify', calls: [call] }],
  ["SELECT PG_CATALOG.Pg_Notify('a', 'b') AS x", { kind: 'selectNotify', calls: [call] }],
  ["select \"pg_notify\"('a', 'b'), 1, now()", { kind: 'selectNotify', calls: [call] }],
  ["select 1 where_, pg_notify('a', 'b')::text", { kind: 'selectNotify', calls: [call] }],
  [
    'select pg_notify($1, $2::text)',
    {
      kind: 'selectNotify',
      calls: [{ channel: { kind: 'parameter', number: 1 }, payload: { kind: 'parameter', number: 2 } }],
    },
  ],
  [
    "select pg_notify('A', null), pg_notify('a', 'b')",
    { kind: 'selectNotify', calls: [{ channel: literal('A'), payload: literal(null) }, call] },
  ],
])('%s notifies for certain', (sql, command) => {
  expect(classify(sql)).toEqual(command)
})

test.each([
  "select pg_notify('a', 'b') from t",
  "select pg_notify('a', 'b') where false",
  "select pg_notify('a', 'b' || 'c')",
  "select pg_notify('a', b) from t",
  "select pg_notify('a')",
  "select pg_notify('a', 'b', 'c')",
  "select s.pg_notify('a', 'b')",
  "select x.pg_catalog.pg_notify('a', 'b')",
  "select \"Pg_Notify\"('a', 'b')",
  "select case when false then pg_notify('a', 'b') end",
  "select (select pg_notify('a', 'b'))",
  "with x as (select pg_notify('a', 'b')) select 1",
  "select pg_notify('a', 'b') limit 0",
  "select pg_notify('a', 'b'), pg_notify('a', f())",
])('%s is not clear enough to be followed', (sql) => {
  expect(classify(sql)).toEqual({ kind: 'other' })
})
