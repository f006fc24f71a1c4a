import { projectOf, type Maker } from '../../../../src/databases/naming/maker.ts'
import { type Mark, readMark, writeMark } from '../../../../src/databases/naming/mark.ts'
import { readName } from '../../../../src/databases/naming/database-names.ts'
import { commentAfterwards, snapshotName } from '../../../../src/databases/snapshots/snapshot-name.ts'

const maker: Maker = { project: projectOf('shop'), run: '9f8e7d6c', worker: '3' }
const name = snapshotName(maker, 'hash', 'one user')

test('the name of a snapshot tells whose it is', () => {
  expect(readName(name)).toMatchObject({ purpose: 'snapshot', run: '9f8e7d6c', worker: '3' })
  expect(snapshotName(maker, 'hash', 'one user')).toBe(name)
})

test.each([
  ['scenario', snapshotName(maker, 'hash', 'two users')],
  ['version of the tables', snapshotName(maker, 'other', 'one user')],
  ['worker', snapshotName({ ...maker, worker: '4' }, 'hash', 'one user')],
  ['run', snapshotName({ ...maker, run: '00000000' }, 'hash', 'one user')],
])('another %s has another snapshot', (_, other) => {
  expect(other).not.toBe(name)
})

test("a comment of somebody else's stays as it is", () => {
  expect(commentAfterwards('for the tests of the shop')).toBe('for the tests of the shop')
  expect(commentAfterwards(null)).toBeNull()
})

test('a mark stays, without the note on what the database held', () => {
  const mark: Mark = {
    project: maker.project.id,
    purpose: 'worker',
    state: 'in use',
    hash: 'hash',
    run: maker.run,
    host: 'ci',
    pid: 7,
    at: '2026-01-01T00:00:00.000Z',
  }
  expect(readMark(commentAfterwards(writeMark({ ...mark, note: '{"rows":"7"}' })))).toEqual(mark)
})
