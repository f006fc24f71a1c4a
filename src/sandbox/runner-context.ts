/**
 * What runners tell of the test that is running: Vitest and node:test in the context that they give to hooks, Jest in
 * the state of its `expect`. Read with care, as none of it need be there.
 *
 * test-runs.ts and the sandbox ask. Without it a query that a test has left behind could not be told from one of the next.
 */

/** One test, as its runner knows it. */
export interface RunningTest {
  /** The runner's own object for it, the same for as long as it runs. */
  readonly identity: object
  readonly name: string | undefined
  /** Has it ended, with all its hooks? */
  readonly isOver: () => boolean
}

interface VitestTask {
  readonly type?: string
  readonly name?: string
  readonly fullTestName?: string
  readonly result?: { readonly state?: string; readonly duration?: number }
}

/** What a runner gives to a hook: Vitest has a task in it, node:test is it. */
interface HookContext {
  readonly task?: VitestTask
  readonly diagnostic?: unknown
  readonly name?: string
  readonly fullName?: string
  readonly passed?: boolean
}

/** Jest's entry for a test. */
interface JestTest {
  readonly errors?: readonly unknown[]
  readonly status?: string | null
}

/** The part of Jest's `expect.getState()` that tells of the test in whose asynchronous context it is called. */
interface JestState {
  readonly currentTestIdentity?: () => JestTest | undefined
  readonly currentConcurrentTestName?: () => string | undefined
}

const MATCHERS = Symbol.for('$$jest-matchers-object')

/** Where Jest keeps the state of its `expect`. */
const withMatchers = globalThis as { readonly [MATCHERS]?: { readonly state?: JestState } }

/** Jest's object for the test in which this is called, also in what the test has left behind. */
export function identityInContext(): JestTest | undefined {
  return withMatchers[MATCHERS]?.state?.currentTestIdentity?.()
}

function contextOf(given: unknown): HookContext {
  return given instanceof Object ? given : {}
}

/** @param given what the runner has given to its hook */
export function runningTest(given: unknown): RunningTest | undefined {
  const context = contextOf(given)
  const { task } = context
  if (task?.type === 'test') {
    const name = task.fullTestName ?? task.name
    return { identity: task, name, isOver: () => task.result?.duration !== undefined }
  }
  if (typeof context.diagnostic === 'function')
    return {
      identity: context,
      name: context.fullName ?? context.name,
      isOver: () => false,
    }
  const entry = identityInContext()
  if (entry === undefined) return undefined
  const name = withMatchers[MATCHERS]?.state?.currentConcurrentTestName?.()
  return { identity: entry, name, isOver: () => entry.status === 'done' }
}

/** Has the test failed so far? Undefined where the runner does not tell. */
export function hasFailed(given: unknown): boolean | undefined {
  const context = contextOf(given)
  if (context.task !== undefined) return context.task.result?.state === 'fail'
  if (typeof context.passed === 'boolean') return !context.passed
  const errors = identityInContext()?.errors
  return errors === undefined ? undefined : errors.length > 0
}
