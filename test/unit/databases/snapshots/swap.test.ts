import { type Mark, readMark, writeMark } from '../../../../src/databases/naming/mark.ts'
import { commentAfterwards } from '../../../../src/databases/snapshots/swap.ts'

test("a comment of somebody else's stays as it is", () => {
  expect(commentAfterwards('for the tests of the shop')).toBe('for the tests of the shop')
  expect(commentAfterwards(null)).toBeNull()
})

test('a mark stays, without the note on what the database held', () => {
  const mark: Mark = {
    project: '1a2b3c4d',
    purpose: 'worker',
    state: 'in use',
    hash: 'hash',
    run: '9f8e7d6c',
    host: 'ci',
    pid: 7,
    at: '2026-01-01T00:00:00.000Z',
  }
  expect(readMark(commentAfterwards(writeMark({ ...mark, note: '{"rows":"7"}' })))).toEqual(mark)
})
