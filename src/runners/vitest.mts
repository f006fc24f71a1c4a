/** The entry `pg-sandbox/vitest`: useTestDatabase with the hooks of Vitest. */
import { noAroundEach } from '../hook-errors.ts'
import { registerAround, registerScopes } from '../around-hooks.ts'
import { checkCall, registerHooks, type TestDatabaseOptions } from '../hooks.ts'

export { isolated } from '../isolated.ts'

/** Where Vitest is not installed, or does not run, the import fails, and useTestDatabase says why. */
const vitest = await import('vitest').catch((error: unknown) => ({ error }))

export interface VitestDatabaseOptions extends TestDatabaseOptions {
  /**
   * Gives each test a scope of its own, so that `test.concurrent` works; rows made in `beforeAll` are then seen by no
   * test, see `seed`. Needs Vitest 4.1. Default: false.
   */
  readonly concurrent?: boolean
}

/**
 * Puts each Vitest test of the file or describe block in a transaction that is rolled back.
 *
 * @param options default: not `concurrent`, no `seed`, and what was configured before
 * @throws {SandboxError} `PG_SANDBOX_NO_HOOKS` outside Vitest, in a test, and for `concurrent` before Vitest 4.1; `PG_SANDBOX_INVALID_OPTION`
 *
 * @example
 * import { useTestDatabase } from 'pg-sandbox/vitest'
 * useTestDatabase()
 *
 * @example
 * useTestDatabase({ concurrent: true, seed: () => signUp('ada@example.com') })
 * test.concurrent('a user can be removed', async () => { … })
 */
export function useTestDatabase({ concurrent = false, ...options }: VitestDatabaseOptions = {}): void {
  checkCall('vitest')
  if ('error' in vitest) throw vitest.error
  const { beforeAll, beforeEach, afterEach, afterAll, aroundEach } = vitest
  const hooks = { beforeAll, beforeEach, afterEach, afterAll }
  if (concurrent && aroundEach === undefined) throw noAroundEach()
  if (aroundEach === undefined) return registerHooks(hooks, options)
  const register = concurrent ? registerScopes : registerAround
  register({ ...hooks, aroundEach }, options)
}
