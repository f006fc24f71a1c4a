/**
 * Every automated test in a Postgres transaction that is rolled back, without the application noticing.
 *
 * @packageDocumentation
 */
export { sandboxSocket, type SocketOptions } from './driver/any-driver/sandbox-socket.ts'
export { SandboxError, type SandboxErrorCode } from './errors.ts'
export { type TestDatabaseOptions, useTestDatabase } from './hooks.ts'
export { isolated, type IsolatedBody, type IsolatedOptions } from './isolated.ts'
export type { SandboxOptions } from './options.ts'
export { testTransaction, type TestTransaction } from './test-transaction.ts'
