import { CONTEXT_VARIABLE, readContext, shardOf } from '../../../../src/databases/workers/run-context.ts'

test('workers read what the global set-up has written', () => {
  const context = {
    url: 'postgres://db/app',
    folder: '/app',
    template: { name: 't', recipe: 'main', hash: 'a' },
  }
  expect(readContext({ [CONTEXT_VARIABLE]: JSON.stringify(context) })).toEqual(context)
  expect(readContext({})).toBeUndefined()
})

test.each([
  ['Jest', { shard: { shardIndex: 2, shardCount: 3 } }, '2'],
  ['Vitest', { config: { shard: { index: 3, count: 3 } } }, '3'],
  ['Jest without shards', { shard: undefined }, undefined],
  ['Vitest without shards', { config: {} }, undefined],
  ['nobody', undefined, undefined],
])('the shard is told by %s', (_runner, given, shard) => {
  expect(shardOf(given)).toBe(shard)
})
