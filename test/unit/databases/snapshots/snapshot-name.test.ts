import { readName } from '../../../../src/databases/naming/database-names.ts'
import { projectOf, type Maker } from '../../../../src/databases/naming/maker.ts'
import { snapshotName } from '../../../../src/databases/snapshots/snapshot-name.ts'

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
