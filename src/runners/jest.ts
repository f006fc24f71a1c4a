/** The entry `pg-sandbox/jest`: useTestDatabase with the hooks of Jest. */
import { registerHooks, type Hooks, type TestDatabaseOptions } from '../hooks.ts'

export { isolated } from '../isolated.ts'

/**
 * Puts each Jest test of the file or describe block in a transaction that is rolled back. Works with
 * `injectGlobals: false`.
 *
 * @param options default: no `seed`, and what was configured before
 * @throws {SandboxError} `PG_SANDBOX_INVALID_OPTION`
 *
 * @example
 * import { useTestDatabase } from 'pg-sandbox/jest'
 * useTestDatabase()
 */
export function useTestDatabase(options?: TestDatabaseOptions): void {
  // Inside Jest this module exists without being installed.
  registerHooks(require('@jest/globals') as Hooks, options)
}
