/**
 * Which runner runs the tests of this realm, and whether one of them runs now, as far as Jest and Vitest tell.
 *
 * useTestDatabase of each entry asks before it registers hooks, block.ts asks for blocks. Without it hooks that never run would
 * be registered without a word, and what the tests write would be committed.
 */
import { identityInContext } from './runner-context.ts'

/** The entries of the package are called as they are. */
export type Runner = 'jest' | 'vitest' | 'node-test'

/** A block or test of Vitest: the same object for as long as it runs. */
export interface VitestTask {
  readonly type?: string
  readonly tasks?: readonly VitestTask[]
  readonly result?: { readonly startTime?: number }
}

/** A block or test of Jest: the same object for as long as it runs. */
export interface JestEntry {
  readonly type?: string
  readonly parent?: JestEntry | null
  readonly children?: readonly JestEntry[]
  /** Of a test. */
  readonly startedAt?: number | null
  /** Of a test that has ended, or was left out. */
  readonly status?: string | null
}

interface JestState {
  readonly currentlyRunningTest?: JestEntry | null
  readonly rootDescribeBlock?: JestEntry
}

const WORKER = '__vitest_worker__'
const withWorker = globalThis as { readonly [WORKER]?: { readonly current?: VitestTask } }

/** What Vitest runs: a test with its hooks, or a block in whose hooks this is called. */
export function presentTask(): VitestTask | undefined {
  return withWorker[WORKER]?.current
}

/** Jest's state, which has a symbol of its own in each realm. */
function jestState(): JestState | undefined {
  const symbols = Object.getOwnPropertySymbols(globalThis)
  const symbol = symbols.find(({ description }) => description === 'JEST_STATE_SYMBOL')
  return symbol && (globalThis as Record<symbol, JestState>)[symbol]
}

export function presentRunner(): Runner | undefined {
  if (WORKER in globalThis) return 'vitest'
  if (jestState() !== undefined) return 'jest'
  return process.env['NODE_TEST_CONTEXT'] === undefined ? undefined : 'node-test'
}

/** Is this called in a test of Jest or Vitest, or in a hook of one? */
export function isInTest(): boolean {
  if (presentTask()?.type === 'test' || identityInContext() !== undefined) return true
  return (jestState()?.currentlyRunningTest ?? undefined) !== undefined
}

/** Have all tests of the file run, in Jest? */
export function isJestFileOver(): boolean {
  const file = jestState()?.rootDescribeBlock
  return file !== undefined && isOver(file)
}

function isOver({ type, status, children = [] }: JestEntry): boolean {
  return type === 'test' ? typeof status === 'string' && status !== 'running' : children.every(isOver)
}
