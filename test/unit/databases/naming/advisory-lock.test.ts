import { argumentsOf, isHeld, lockOf } from '../../../../src/databases/naming/advisory-lock.ts'

test('locks differ by what they are for and whom they concern', () => {
  const locks = [lockOf('run', 'one'), lockOf('run', 'two'), lockOf('build', 'one'), lockOf('use', 'one')]
  expect(new Set(locks.map(argumentsOf)).size).toBe(4)
  for (const lock of locks) expect(locks.filter((other) => isHeld(lock, [other]))).toEqual([lock])
})

test('keys are written as the signed numbers that the functions take', () => {
  expect(argumentsOf({ classId: 1, objectId: 2 ** 32 - 1 })).toBe('1, -1')
  expect(argumentsOf({ classId: 1, objectId: 7 })).toBe('1, 7')
})
