import { afterAll, afterEach, beforeAll, beforeEach } from 'vitest'
import { registerHooks } from '../hooks.ts'

/**
 * Puts each Vitest test of the file or describe block in a transaction that is rolled back.
 *
 * @example
 * import { useTestDatabase } from 'pg-sandbox/vitest'
 * useTestDatabase()
 */
export function useTestDatabase(): void {
  registerHooks({ beforeAll, beforeEach, afterEach, afterAll })
}
