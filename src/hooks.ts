/** useTestDatabase: the four hooks for one file or describe block. */
import { noHooks } from './errors.ts'
import { sandbox } from './session/sandbox.ts'
import { testTransaction } from './test-transaction.ts'

/** A runner's function that registers a hook. */
type Register = (hook: () => Promise<void>) => unknown

export interface Hooks {
  readonly beforeAll: Register
  readonly beforeEach: Register
  readonly afterEach: Register
  readonly afterAll: Register
}

/** Registers the hooks. Blocks may stand inside each other and beside the hooks of a set-up file: the last closes. */
export function registerHooks({ beforeAll, beforeEach, afterEach, afterAll }: Hooks): void {
  beforeAll(() => testTransaction.start())
  beforeEach(() => testTransaction.start())
  afterEach(() => testTransaction.rollback())
  afterAll(async () => {
    await testTransaction.rollback()
    if (!sandbox().hasLevels) await testTransaction.close()
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
