/** Hints at errors that the server raises only because a test is one transaction. Pure. */
import type { Fields } from '../protocol/backend.ts'

const HINT =
  'A test runs in a transaction that is rolled back, where the server does not allow this. To run it for real, give ' +
  "the test a database of its own: useTestDatabase({ isolation: 'database' })."

/** VACUUM, CREATE DATABASE and the like; COMMIT inside a procedure or DO block. */
function isOurDoing({ C: code, R: routine }: Fields): boolean {
  return (code === '25001' && routine === 'PreventInTransactionBlock') || code === '2D000'
}

/** The error with a hint, where the same statement would have run outside the sandbox. */
export function withHint(fields: Fields, isAlone: boolean): Fields {
  return !isAlone || !isOurDoing(fields) ? fields : { ...fields, H: HINT }
}
