/** The entry `pg-sandbox/node-test`: useTestDatabase with the hooks of node:test. */
import { after, afterEach, before, beforeEach } from 'node:test'
import { registerHooks, type TestDatabaseOptions } from '../hooks.ts'
import { enterBlock } from '../sandbox/block.ts'

export { isolated } from '../isolated.ts'

/**
 * Puts each `node:test` test of the file or suite in a transaction that is rolled back.
 *
 * @param options default: no `seed`, and what was configured before
 * @throws {SandboxError} `PG_SANDBOX_INVALID_OPTION`
 *
 * @example
 * import { useTestDatabase } from 'pg-sandbox/node-test'
 * describe('orders', () => {
 *   useTestDatabase()
 *   it('stores an order', async () => { … })
 * })
 */
export function useTestDatabase(options?: TestDatabaseOptions): void {
  enterBlock()
  registerHooks({ beforeAll: before, beforeEach, afterEach, afterAll: after }, options)
}
