import {
  type Fingerprint,
  fingerprintSql,
  isAsMade,
  type LaterFingerprint,
  movedSequences,
  restoreSql,
  sequencesSql,
} from '../../../../src/databases/workers/fingerprint.ts'

const a = { name: 'public.a', last: '1', called: false }
const b = { name: 'public."b c"', last: '7', called: true }
const made: Fingerprint = {
  xid: '5000',
  rows: '20793',
  about: 'e305',
  sequences: [a, b],
}
const found: LaterFingerprint = { ...made, xid: '6000', newer: '0', hidden: '0' }

test('what has the same rows, none of them newer, is as it was made', () => {
  expect(isAsMade(made, found)).toBe(true)
})

test.each<[string, Partial<LaterFingerprint>]>([
  ['a row is newer', { newer: '1' }],
  ['a row is missing', { rows: '20792' }],
  ['its rights or settings are others', { about: 'ffff' }],
  ['something cannot be seen', { hidden: '1' }],
  ['so many transactions have been that ids come round again', { xid: String(5000n + 2n ** 30n) }],
])('where %s, it is not', (_what, other) => {
  expect(isAsMade(made, { ...found, ...other })).toBe(false)
})

test('sequences that have moved are those with another value, or called for the first time', () => {
  expect(movedSequences(made, made)).toEqual([])
  expect(movedSequences(made, { ...made, sequences: [{ ...a, called: true }, b] })).toEqual([a])
  expect(movedSequences(made, { ...made, sequences: [a, { ...b, last: '9' }] })).toEqual([b])
  expect(restoreSql(made.sequences)).toBe(
    `SELECT pg_catalog.setval('public.a'::regclass, 1, false), pg_catalog.setval('public."b c"'::regclass, 7, true)`,
  )
})

test('rows are counted in tables and views, values in sequences', () => {
  const relations = [
    { name: 'public.t', kind: 'r' },
    { name: 'public.s', kind: 'S' },
  ] as const
  expect(fingerprintSql(relations, undefined)).toContain('FROM ONLY public.t')
  expect(fingerprintSql(relations, undefined)).not.toContain('public.s')
  expect(sequencesSql(relations)).toMatch(/ FROM public\.s$/)
  expect(sequencesSql(relations.slice(0, 1))).toBeUndefined()
})

test('rows are compared by the lower half of an id, which is all that they have', () => {
  expect(fingerprintSql([{ name: 't', kind: 'r' }], String(2n ** 32n + 17n))).toContain("age('17'::xid)")
})
