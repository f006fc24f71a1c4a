/** The CommonJS build under ES module names: one state per process, however it is loaded. */
export { isolated, SandboxError, sandboxSocket, testTransaction, useTestDatabase } from './index.ts'
export type {
  IsolatedBody,
  IsolatedOptions,
  SandboxErrorCode,
  SandboxOptions,
  SocketOptions,
  TestDatabaseOptions,
  TestTransaction,
} from './index.ts'
