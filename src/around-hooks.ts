/**
 * Hooks around each test, for a runner that runs tests inside a function: what a test calls is known to be the test's, or
 * the test has a scope of its own.
 *
 * runners/vitest registers them. Without them a query that a test leaves behind would be taken for one of the next test.
 */
import { applyOptions, endLevel, type Hooks, registerHooks, type TestDatabaseOptions } from './hooks.ts'
import { inScope } from './isolated.ts'
import { sandbox } from './sandbox/sandbox.ts'
import { testTransaction } from './test-transaction.ts'
import { warnOfUnseenRows } from './warnings.ts'

/** Those of a runner that can run a test inside a function. */
export interface AroundHooks extends Hooks {
  readonly aroundEach: (hook: (runTest: () => Promise<void>) => Promise<void>) => unknown
}

/** Registers the usual hooks, and one that tells whose queries are whose. */
export function registerAround(hooks: AroundHooks, options: TestDatabaseOptions): void {
  hooks.aroundEach(function aroundTest(runTest) {
    // A second parameter would be taken for a wish for fixtures.
    const context: unknown = arguments[1]
    return sandbox().runTest(context, runTest)
  })
  registerHooks(hooks, options)
}

/** Registers hooks that give each test a scope of its own. What is written outside the tests is undone, too. */
export function registerScopes(hooks: AroundHooks, options: TestDatabaseOptions): void {
  const seed = applyOptions(options)
  hooks.beforeAll(() => testTransaction.start())
  hooks.aroundEach(function scopeOfTest(runTest) {
    if (sandbox().hasWritten) warnOfUnseenRows()
    const context: unknown = arguments[1]
    return inScope(context, seed, runTest)
  })
  hooks.afterAll(endLevel)
}
