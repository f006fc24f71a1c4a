import { isVerbose } from '../../../src/databases/progress-lines.ts'

test.each([
  [undefined, false],
  ['', false],
  ['0', false],
  ['1', true],
  ['true', true],
])('TEST_DB_VERBOSE=%s tells what is created and dropped: %s', (value, expected) => {
  expect(isVerbose(value)).toBe(expected)
})
