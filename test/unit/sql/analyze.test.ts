import { analyze } from '../../../src/sql/analyze.ts'

test('each statement comes with its place and its command', () => {
  expect(analyze('begin; select 1; drop table t')).toEqual({
    statements: [
      { start: 0, end: 5, command: { kind: 'begin', tag: 'BEGIN', modes: {} } },
      { start: 7, end: 15, command: { kind: 'read' } },
      { start: 17, end: 29, command: { kind: 'other' } },
    ],
    opensBlock: true,
    cancels: false,
  })
})

test('a text of nothing has no statements', () => {
  expect(analyze(' ; -- x')).toEqual({ statements: [], opensBlock: false, cancels: false })
})

test.each([
  ['select 1; start transaction', true],
  ['commit and chain', true],
  ['rollback and no chain', false],
  ['commit', false],
  ['savepoint s', false],
])('%s may open a transaction block: %s', (sql, expected) => {
  expect(analyze(sql).opensBlock).toBe(expected)
})

test('a call that cancels what a client runs is told', () => {
  expect(analyze('SELECT PG_CANCEL_BACKEND($1)').cancels).toBe(true)
})

test('an answer is remembered, apart for each way to read strings', () => {
  const sql = "savepoint \"a\"; select '\\'; commit; --'"
  const analysis = analyze(sql)
  expect(analyze(sql)).toBe(analysis)
  expect(analyze(sql, { standardConformingStrings: true })).toBe(analysis)
  expect(analyze(sql, { standardConformingStrings: false }).statements).toHaveLength(2)
  expect(analysis.statements).toHaveLength(3)
})

test('of many texts the last used are remembered', () => {
  const kept = analyze('select 1')
  const forgotten = analyze('select 2')
  for (let i = 0; i < 999; i++) {
    analyze(`select 1, ${i}`)
    analyze('select 1')
  }
  expect(analyze('select 1')).toBe(kept)
  expect(analyze('select 2')).not.toBe(forgotten)
})

test('a long text is not remembered', () => {
  const sql = `select '${'a'.repeat(9000)}'`
  expect(analyze(sql)).not.toBe(analyze(sql))
})

test('a text of ten million characters takes a moment', () => {
  const from = performance.now()
  expect(
    analyze(`begin; insert into t values ('${'a'.repeat(1e7)}'); select '${'b'.repeat(1e6)}'`).statements,
  ).toHaveLength(3)
  expect(performance.now() - from).toBeLessThan(2000)
})

test('a text that would be other statements by other settings says what it was read by', () => {
  const sql = String.raw`select '\'; commit; --'`
  expect(analyze(sql).assumes).toEqual(['SET standard_conforming_strings = on'])
  expect(analyze(sql, { standardConformingStrings: false }).assumes).toEqual([
    'SET standard_conforming_strings = off',
  ])
  expect(analyze(String.raw`select 'a\b', E'\''`).assumes).toBeUndefined()
})

test('so does one in which a character may swallow a backslash', () => {
  expect(analyze(String.raw`select E'中\'', 1`, { encoding: 'UTF8' }).assumes).toEqual([
    'SET standard_conforming_strings = on',
    "SET client_encoding = 'UTF8'",
  ])
})
