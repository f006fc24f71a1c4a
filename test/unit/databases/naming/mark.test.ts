import { type Mark, readMark, writeMark } from '../../../../src/databases/naming/mark.ts'

const mark: Mark = {
  project: '1a2b3c4d',
  purpose: 'template',
  state: 'ready',
  hash: 'feedbeef',
  recipe: 'main',
  run: '9f8e7d6c',
  host: 'ci-1',
  pid: 42,
  at: '2026-01-01T00:00:00.000Z',
  copy: { strategy: 'WAL_LOG', sizeClass: 23 },
}

test('a mark is read back as it was written', () => {
  expect(readMark(writeMark(mark))).toEqual(mark)
})

test.each([
  ['no comment', null],
  ["somebody else's comment", 'the database of the shop'],
  ['JSON of somebody else', '{"project":"1a2b3c4d"}'],
  ['a mark of another version', writeMark(mark).replace('pg-sandbox 1', 'pg-sandbox 2')],
  ['a mark that somebody has edited', writeMark(mark).slice(0, -2)],
])('%s is no mark', (_, comment) => {
  expect(readMark(comment)).toBeUndefined()
})
