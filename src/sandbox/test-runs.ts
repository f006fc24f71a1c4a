/**
 * Which test has called something, and whether that test has ended.
 *
 * The sandbox notes here which tests begin and end, and asks for each query whose it is. Without this what a test leaves
 * behind could not be told from what the next one calls.
 */
import { AsyncLocalStorage, AsyncResource } from 'node:async_hooks'
import { identityInContext, type RunningTest, runningTest } from './runner-context.ts'

/** The asynchronous context in which the sandbox was loaded. */
const HOME = new AsyncResource('pg-sandbox')

/**
 * Runs `work` as if no test had called it. A connection outlives the test that opens it: what its answers set off belongs
 * to those who asked.
 */
export function outsideTests<Result>(work: () => Result): Result {
  return HOME.runInAsyncScope(work)
}

/** A test that runs, or has. */
export class TestRun {
  readonly name: string | undefined
  readonly #isOver: () => boolean
  /** When its level was rolled back, by the clock of its {@link TestRuns}; hooks of it may still run after that. */
  endedAt: number | undefined

  constructor({ name, isOver }: Pick<RunningTest, 'name' | 'isOver'>) {
    this.name = name
    this.#isOver = isOver
  }

  /** Does the runner say that it has ended, with all its hooks? */
  get isOver(): boolean {
    return this.#isOver()
  }

  /** Is the test so surely over that what it calls now must not run in a level opened at this moment? */
  isOverFor(openedAt: number): boolean {
    return this.endedAt !== undefined && (openedAt > this.endedAt || this.#isOver())
  }
}

export class TestRuns {
  readonly #context = new AsyncLocalStorage<TestRun>()
  readonly #runs = new WeakMap<object, TestRun>()
  /** Where the sandbox was loaded inside a test, what answers a socket may seem to come from that one. */
  readonly #loadedIn = identityInContext()
  #clock = 0
  #latest: TestRun | undefined

  /** Has a runner told of any test? */
  get areKnown(): boolean {
    return this.#latest !== undefined
  }

  /** Has a test begun, and not ended, as far as its hooks have told? */
  get isRunning(): boolean {
    return this.#latest !== undefined && this.#latest.endedAt === undefined
  }

  /** The number of a new moment: a greater number is a later moment. */
  now(): number {
    this.#clock += 1
    return this.#clock
  }

  /** The test in whose asynchronous context this is called, where that can be known. */
  get present(): TestRun | undefined {
    const identity = identityInContext()
    if (identity === undefined) return this.#context.getStore()
    return identity === this.#loadedIn ? undefined : this.#runs.get(identity)
  }

  /**
   * A level is opened: for which test?
   *
   * @param given what the runner has given to the hook
   */
  begin(given: unknown): TestRun | undefined {
    const test = runningTest(given)
    if (test === undefined) return this.present
    let run = this.#runs.get(test.identity)
    if (run === undefined || run.endedAt !== undefined) {
      run = new TestRun(test)
      this.#runs.set(test.identity, run)
    }
    this.#latest = run
    return run
  }

  /**
   * Runs a test, so that what it calls is known to be its. A hook before it could not say so: the context that it enters
   * need not be that of the test, and may become that of the next.
   *
   * @param given what the runner has given to the hook around the test
   */
  run<Result>(given: unknown, work: () => Result): Result {
    const run = this.begin(given)
    return run === undefined ? work() : this.#context.run(run, work)
  }

  /** A level is rolled back: a test whose hook does so has ended. One that does so in its body may go on. */
  end(given: unknown): void {
    const test = runningTest(given)
    const run = test === undefined ? this.present : this.#runs.get(test.identity)
    if (run !== undefined) run.endedAt ??= this.now()
  }

  /** A test that ends with a scope of its own. */
  describe(given: unknown): TestRun | undefined {
    const test = runningTest(given)
    return test && new TestRun(test)
  }
}
