import { keeperOf } from '../../../src/postgres/server-folder.ts'

test('a folder tells the process that answers for it', () => {
  expect(keeperOf('pg-sandbox-0a1b2c-4711-Xy_9az', '0a1b2c')).toBe(4711)
})

test.each([
  ['another machine that shares the folder', 'pg-sandbox-ffffff-4711-Xy9zaB'],
  ['a folder of somebody else', 'pg-sandbox-readme-Xy9zaB'],
  ['a longer name', 'pg-sandbox-0a1b2c-4711-Xy9zaB.bak'],
])('%s tells none', (_whose, name) => {
  expect(keeperOf(name, '0a1b2c')).toBeUndefined()
})
