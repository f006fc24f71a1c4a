/** The CommonJS build under ES module names: one state per process, however it is loaded. */
export { SandboxError, testTransaction, useTestDatabase } from './index.ts'
export type { SandboxErrorCode, SandboxOptions, TestTransaction } from './index.ts'
