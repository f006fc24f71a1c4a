import { after, afterEach, before, beforeEach } from 'node:test'
import { registerHooks } from '../hooks.ts'

/**
 * Puts each `node:test` test of the file or suite in a transaction that is rolled back.
 *
 * @example
 * import { useTestDatabase } from 'pg-sandbox/node-test'
 * describe('orders', () => {
 *   useTestDatabase()
 *   it('stores an order', async () => { … })
 * })
 */
export function useTestDatabase(): void {
  registerHooks({ beforeAll: before, beforeEach, afterEach, afterAll: after })
}
