/**
 * useTestDatabase: the four hooks for one file or describe block.
 *
 * The package's main entry exports it for runners with global hooks; runners/ and around-hooks register the same hooks
 * with those of one runner.
 */
import { hooksInTest, noAroundEach, noHooks, otherRunner } from './hook-errors.ts'
import { checkSeed } from './isolated.ts'
import type { SandboxOptions } from './options.ts'
import { isInTest, presentRunner, type Runner } from './sandbox/runner.ts'
import { sandbox } from './sandbox/sandbox.ts'
import { closeSandbox, testTransaction } from './test-transaction.ts'

/** A runner's function that registers a hook. */
type Register = (hook: () => Promise<void>) => unknown

export interface Hooks {
  readonly beforeAll: Register
  readonly beforeEach: Register
  readonly afterEach: Register
  readonly afterAll: Register
}

/** Beside `seed` those of {@link TestTransaction.configure}, which hold for the whole file. */
export interface TestDatabaseOptions extends Partial<SandboxOptions> {
  /**
   * Makes the rows that every test begins with: runs once, before the tests of the file or block. Where each test has a
   * scope of its own (`concurrent` of `pg-sandbox/vitest`), it runs in each, first. Default: none.
   */
  readonly seed?: (() => unknown) | undefined
}

/** Throws in another runner than that of the entry which is called, and in a test. */
export function checkCall(entry: Runner): void {
  const present = presentRunner()
  // node:test need not tell, as in a file that is run without --test.
  if (present !== entry && (present !== undefined || entry !== 'node-test')) throw otherRunner(entry, present)
  if (isInTest()) throw hooksInTest()
}

/** Registers the hooks. Blocks may stand inside each other and beside the hooks of a set-up file: the last closes. */
export function registerHooks(hooks: Hooks, options: TestDatabaseOptions = {}): void {
  const seed = applyOptions(options)
  if (isInTest()) throw hooksInTest()
  hooks.beforeAll(() => testTransaction.start())
  if (seed !== undefined)
    hooks.beforeAll(async () => {
      await seed()
    })
  // As they are: what the runner gives to them tells of the test.
  hooks.beforeEach(testTransaction.start)
  hooks.afterEach(testTransaction.rollback)
  hooks.afterAll(endLevel)
}

/** Sets the options, and gives the one that is for the hooks. */
export function applyOptions({ seed, ...options }: TestDatabaseOptions): TestDatabaseOptions['seed'] {
  checkSeed(seed)
  if ('concurrent' in options) throw noAroundEach()
  testTransaction.configure(options)
  return seed
}

/** Ends the level of the file or block; with the last of them, the sandbox. */
export async function endLevel(): Promise<void> {
  // What the runner gives to it tells of the block.
  const block = sandbox().blockOf(arguments[0])
  await testTransaction.rollback()
  if (!sandbox().hasLevels) await closeSandbox(block)
}

/**
 * Puts each test of the file or describe block in which it is called in a transaction that is rolled back, with the
 * global hooks of the runner. Rows made in the block's own `beforeAll` are seen by all its tests and gone after it.
 *
 * @param options default: no `seed`, and what was configured before
 * @throws {SandboxError} `PG_SANDBOX_INVALID_OPTION`; `PG_SANDBOX_NO_HOOKS` when the runner has no global hooks: import the function from
 *   `pg-sandbox/jest`, `pg-sandbox/vitest` or `pg-sandbox/node-test` then; the same code when it is called in a test.
 *
 * @example
 * import { useTestDatabase } from 'pg-sandbox'
 * useTestDatabase()
 * test('an order is stored', async () => { … })
 *
 * @example
 * useTestDatabase({ isolation: 'database' }) // a clone for each test, with real commits
 */
export function useTestDatabase(options?: TestDatabaseOptions): void {
  const { beforeAll, beforeEach, afterEach, afterAll } = globalThis as Partial<Hooks>
  if (!beforeAll || !beforeEach || !afterEach || !afterAll) throw noHooks()
  registerHooks({ beforeAll, beforeEach, afterEach, afterAll }, options)
}
