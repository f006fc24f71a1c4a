import { registerHooks, type Hooks } from '../hooks.ts'

/**
 * Puts each Jest test of the file or describe block in a transaction that is rolled back. Works with
 * `injectGlobals: false`.
 *
 * @example
 * import { useTestDatabase } from 'pg-sandbox/jest'
 * useTestDatabase()
 */
export function useTestDatabase(): void {
  // Inside Jest this module exists without being installed.
  registerHooks(require('@jest/globals') as Hooks)
}
