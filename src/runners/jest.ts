/** The entry `pg-sandbox/jest`: useTestDatabase with the hooks of Jest. */
import { otherRunner } from '../hook-errors.ts'
import { checkCall, registerHooks, type Hooks, type TestDatabaseOptions } from '../hooks.ts'
import { presentRunner } from '../sandbox/runner.ts'

export { isolated } from '../isolated.ts'

/**
 * Puts each Jest test of the file or describe block in a transaction that is rolled back. Works with
 * `injectGlobals: false`.
 *
 * @param options default: no `seed`, and what was configured before
 * @throws {SandboxError} `PG_SANDBOX_INVALID_OPTION`; `PG_SANDBOX_NO_HOOKS` outside Jest, and in a test
 *
 * @example
 * import { useTestDatabase } from 'pg-sandbox/jest'
 * useTestDatabase()
 */
export function useTestDatabase(options?: TestDatabaseOptions): void {
  registerHooks(jestHooks(), options)
}

function jestHooks(): Hooks {
  const present = presentRunner()
  if (present !== undefined) checkCall('jest')
  try {
    // Inside Jest this module exists without being installed; outside it throws where it is.
    return require('@jest/globals') as Hooks
  } catch (error) {
    throw present === 'jest' ? error : otherRunner('jest', present)
  }
}
