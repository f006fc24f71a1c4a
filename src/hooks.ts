/** useTestDatabase: the four hooks for one file or describe block. */
import { noHooks } from './errors.ts'
import { testTransaction } from './test-transaction.ts'

/** A runner's function that registers a hook. */
type Register = (hook: () => Promise<void>) => unknown

export interface Hooks {
  readonly beforeAll: Register
  readonly beforeEach: Register
  readonly afterEach: Register
  readonly afterAll: Register
}

let blocks = 0

/** Registers the hooks. Blocks may stand inside each other: the outermost one closes the sandbox. */
export function registerHooks({ beforeAll, beforeEach, afterEach, afterAll }: Hooks): void {
  beforeAll(() => {
    blocks += 1
    return testTransaction.start()
  })
  beforeEach(() => testTransaction.start())
  afterEach(() => testTransaction.rollback())
  afterAll(() => {
    blocks -= 1
    return blocks > 0 ? testTransaction.rollback() : testTransaction.close()
  })
}

/**
 * Puts each test of the file or describe block in which it is called in a transaction that is rolled back, with the
 * global hooks of the runner. Rows made in the block's own `beforeAll` are seen by all its tests and gone after it.
 *
 * @throws {SandboxError} `PG_SANDBOX_NO_HOOKS` when the runner has no global hooks: import the function from
 *   `pg-sandbox/jest`, `pg-sandbox/vitest` or `pg-sandbox/node-test` then.
 *
 * @example
 * import { useTestDatabase } from 'pg-sandbox'
 * useTestDatabase()
 * test('an order is stored', async () => { … })
 */
export function useTestDatabase(): void {
  const { beforeAll, beforeEach, afterEach, afterAll } = globalThis as Partial<Hooks>
  if (!beforeAll || !beforeEach || !afterEach || !afterAll) throw noHooks()
  registerHooks({ beforeAll, beforeEach, afterEach, afterAll })
}
