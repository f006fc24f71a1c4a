/**
 * testTransaction: the functions that put each test in a transaction which is rolled back.
 *
 * Tests call them, by themselves or through the hooks of useTestDatabase. Nothing else opens and closes the main line of a
 * sandbox; isolated.ts opens scopes beside it.
 */
import * as driver from './driver/pg/copies-of-pg.ts'
import { prepareSandbox } from './prepare-sandbox.ts'
import { checkOptions, type SandboxOptions } from './options.ts'
import type { Block } from './sandbox/runner-block.ts'
import { sandbox } from './sandbox/sandbox.ts'

/** Every member is a function of its own: it works unbound, as a hook, awaited or not. */
export interface TestTransaction {
  /**
   * Opens a level: what is written from now on is undone by the matching {@link TestTransaction.rollback}. Levels
   * nest. Nothing is sent before the first statement that is not a mere read. Patches `pg` and `pg-pool` by itself.
   *
   * @example
   * beforeAll(testTransaction.start) // rows made in beforeAll are seen by all tests
   * beforeEach(testTransaction.start)
   */
  readonly start: () => Promise<void>
  /**
   * Undoes the innermost level. Waits for a query that is running, at most `rollbackTimeout` (see
   * {@link TestTransaction.configure}), then has the server cancel it; queries that still wait in line are rejected
   * with `PG_SANDBOX_TEST_ENDED`. When no outer level has written, the real transaction ends, locks are freed and
   * `now()` moves on; the ROLLBACK for that is sent and not waited for. Without an open level it does nothing.
   *
   * @throws {SandboxError} `PG_SANDBOX_UNEXPECTED_STATE` when the server's transaction is not what it must be, for
   *   instance because a statement has committed it.
   *
   * @example
   * afterEach(testTransaction.rollback)
   */
  readonly rollback: () => Promise<void>
  /**
   * Undoes everything and closes the real connections. Clients and pools go on outside the sandbox. Twice does no harm;
   * {@link TestTransaction.start} opens a new sandbox. Puts the original methods of `pg` and `pg-pool` back, unless a test or
   * a parallel call may still be at work: what those call late is rejected.
   *
   * Behind the tests, in a hook, it ends the sandbox of the file or block: what other hooks of the file or block call after it is
   * undone, too (in Jest, Vitest and `node:test`). In a test, and in a hook ahead of all tests, it means what it says.
   *
   * @example
   * afterAll(testTransaction.close)
   */
  readonly close: () => Promise<void>
  /**
   * Runs `fn` in a scope of its own: with its own connections and transactions, which are rolled back when its promise
   * settles. Scopes run at the same time and see nothing of each other, nor of what the test has written outside.
   *
   * @returns what `fn` returns; rejects with what it throws
   *
   * @example
   * await Promise.all([testTransaction.parallel(() => transfer(1, 2)), testTransaction.parallel(() => transfer(2, 1))])
   */
  readonly parallel: <Result>(fn: () => Result | PromiseLike<Result>) => Promise<Result>
  /**
   * Replaces the methods of `pg` and `pg-pool` ahead of {@link TestTransaction.start}, which finds every copy that
   * CommonJS has loaded. Twice does no harm.
   *
   * @param pg one more copy of `pg`, or its Client or Pool; default: none
   *
   * @example
   * await testTransaction.patch(require('some-orm/node_modules/pg'))
   */
  readonly patch: (pg?: unknown) => Promise<void>
  /** Puts the original methods back, as {@link TestTransaction.close} does by itself where nothing can be called late. */
  readonly unpatch: () => Promise<void>
  /**
   * Sets options, for this file and from now on; those left out stay as they are.
   *
   * @throws {SandboxError} `PG_SANDBOX_INVALID_OPTION`
   *
   * @example
   * testTransaction.configure({ outsideQueryTimeout: 5000 })
   */
  readonly configure: (options: Partial<SandboxOptions>) => void
}

/** @param block that of the hook which closes, where the runner tells it: its other hooks may come later */
export async function closeSandbox(block: Block | undefined): Promise<void> {
  try {
    await sandbox().close(block)
  } finally {
    // The patched methods tell late queries of the tests from those called after close(): put back at the very end.
    if (!sandbox().isOpen) {
      driver.leaveSandbox()
      if (block?.isRealm) driver.releaseSockets()
      if (block === undefined && !sandbox().mayBeCalledLate) driver.unpatch()
    }
  }
}

export const testTransaction: TestTransaction = {
  // What a runner gives to its hooks tells of the test. No parameter is declared, as runners read much into those.
  start() {
    prepareSandbox()
    sandbox().startLevel(arguments[0])
    return sandbox().options.isolation === 'database' ? driver.giveWay() : Promise.resolve()
  },

  rollback() {
    return sandbox().rollbackLevel(arguments[0])
  },

  close() {
    const block = sandbox().blockOf(arguments[0])
    return closeSandbox(block?.hasRunTests ? block : undefined)
  },

  async parallel(fn) {
    if (typeof fn !== 'function')
      throw new TypeError('testTransaction.parallel takes a function: parallel(async () => { … })')
    prepareSandbox()
    return sandbox().parallel(fn)
  },

  // Not a parameter: to a runner, a hook that has one is a hook that calls back.
  patch(...[pg]) {
    driver.patch(pg)
    return Promise.resolve()
  },

  unpatch() {
    driver.unpatch()
    return Promise.resolve()
  },

  configure(options) {
    sandbox().configure(checkOptions(options))
  },
}
