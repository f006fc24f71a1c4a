import type { CopyStrategy } from '../../../../src/databases/naming/mark.ts'
import {
  copyMethod,
  fastest,
  nextToTry,
  sizeClass,
  strategiesOf,
  strategyClause,
} from '../../../../src/databases/server/copy-strategy.ts'

test.each([
  [140_010, []],
  [150_000, ['WAL_LOG', 'FILE_COPY']],
  [170_006, ['WAL_LOG', 'FILE_COPY']],
  [180_000, ['WAL_LOG', 'FILE_COPY', 'CLONE']],
])('server %i can copy by %o', (version, strategies) => {
  expect(strategiesOf(version)).toEqual(strategies)
})

test('the fastest is the one that has taken the least time, of those that succeed', () => {
  const times = (entries: [CopyStrategy, number | undefined][]) => fastest(new Map(entries))
  expect(
    times([
      ['WAL_LOG', 20],
      ['FILE_COPY', 10],
      ['CLONE', undefined],
    ]),
  ).toBe('FILE_COPY')
  expect(
    times([
      ['WAL_LOG', 20],
      ['FILE_COPY', 30],
      ['CLONE', 15],
    ]),
  ).toBe('CLONE')
  expect(times([['CLONE', undefined]])).toBeUndefined()
})

test.each([
  [undefined, 180_000, '', undefined],
  ['WAL_LOG', 180_000, ' STRATEGY WAL_LOG', undefined],
  ['FILE_COPY', 150_000, ' STRATEGY FILE_COPY', undefined],
  ['FILE_COPY', 180_000, ' STRATEGY FILE_COPY', 'SET file_copy_method = copy'],
  ['CLONE', 180_000, ' STRATEGY FILE_COPY', 'SET file_copy_method = clone'],
] as const)('%s on server %i is written%s, after %s', (strategy, version, clause, method) => {
  expect(strategyClause(strategy)).toBe(clause)
  expect(copyMethod(strategy, version)).toBe(method)
})

test('databases of one size class differ by less than twice', () => {
  expect(sizeClass(8_000_000)).toBe(sizeClass(7_000_000))
  expect(sizeClass(16_000_000)).toBe(sizeClass(8_000_000) + 1)
})

test('each way is tried once, and the fastest from then on', () => {
  const strategies = strategiesOf(170_000)
  const times = new Map<CopyStrategy, number>()
  const tried = [30, 10, 20, 40].map((time) => {
    const strategy = nextToTry(strategies, times)!
    times.set(strategy, time)
    return strategy
  })
  expect(tried).toEqual(['WAL_LOG', 'FILE_COPY', 'FILE_COPY', 'FILE_COPY'])
  expect(nextToTry([], new Map())).toBeUndefined()
})
