/**
 * Every automated test in a Postgres transaction that is rolled back, without the application noticing.
 *
 * @packageDocumentation
 */
export { SandboxError, type SandboxErrorCode } from './errors.ts'
export { useTestDatabase } from './hooks.ts'
export type { SandboxOptions } from './session/options.ts'
export { testTransaction, type TestTransaction } from './test-transaction.ts'
