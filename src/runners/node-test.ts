/** The entry `pg-sandbox/node-test`: useTestDatabase with the hooks of node:test. */
import { after, afterEach, before, beforeEach } from 'node:test'
import { hooksInTest } from '../hook-errors.ts'
import { checkCall, registerHooks, type TestDatabaseOptions } from '../hooks.ts'
import { sandbox } from '../sandbox/sandbox.ts'

export { isolated } from '../isolated.ts'

/**
 * Puts each `node:test` test of the file or suite in a transaction that is rolled back.
 *
 * @param options default: no `seed`, and what was configured before
 * @throws {SandboxError} `PG_SANDBOX_INVALID_OPTION`; `PG_SANDBOX_NO_HOOKS` in Jest or Vitest, and in a test
 *
 * @example
 * import { useTestDatabase } from 'pg-sandbox/node-test'
 * describe('orders', () => {
 *   useTestDatabase()
 *   it('stores an order', async () => { … })
 * })
 */
export function useTestDatabase(options?: TestDatabaseOptions): void {
  checkCall('node-test')
  if (isInTest()) throw hooksInTest()
  sandbox().enterBlock()
  registerHooks({ beforeAll: before, beforeEach, afterEach, afterAll: after }, options)
}

/** A hook before a test that has begun runs at once. One before all tests of a file may do so, too. */
function isInTest(): boolean {
  let context: { readonly name?: string } | undefined
  before(function noteContext() {
    ;[context] = arguments as unknown as [typeof context]
  })
  return context !== undefined && context.name !== '<root>'
}
