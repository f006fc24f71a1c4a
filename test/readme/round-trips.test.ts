import { situations } from '../support/round-trip-situations.ts'
import { table } from './support/readme.ts'

test('the table of round trips is that of the situations, which test/integration/round-trips.test.ts counts', () => {
  const counted = situations.map(({ name, plain, sandboxed }) => [name, String(plain), String(sandboxed)])
  expect(table('Round trips')).toEqual(counted)
})
