/**
 * In which describe block or file a hook runs, where the runner tells: what its hooks call behind close() is of the block, and
 * what is called after the block is not.
 *
 * The sandbox asks when it is closed, and for each query behind that. Without it a file's own afterAll, which the runner may run
 * after that of the sandbox, would be committed, or tests of another block would be taken for part of the closed one.
 */
import { AsyncLocalStorage } from 'node:async_hooks'
import { isInTest, isJestFileOver, type JestEntry, presentTask, type VitestTask } from './runner.ts'

export interface Block {
  /** Have any of its tests run? In a beforeAll none has. */
  readonly hasRunTests: boolean
  /** Is what is called now called in this block? */
  readonly isPresent: () => boolean
  /** Is it known of calls in this realm alone, and not where its sockets are used by others? */
  readonly isRealm?: boolean
}

/** What Jest tells those who listen to its run. */
interface JestEvent {
  readonly name: string
  readonly describeBlock?: JestEntry
}

/** Jest has it since 30. */
const HANDLERS: unique symbol = Symbol.for('EVENT_HANDLERS')
const withHandlers = globalThis as { readonly [HANDLERS]?: ((event: JestEvent) => unknown)[] }

/** The block that Jest runs; undefined before the first and after the last. */
let inJest: JestEntry | undefined
const atEnd: ((isLast: boolean) => unknown)[] = []

withHandlers[HANDLERS]?.push((event) => {
  if (event.name === 'run_describe_start') inJest = event.describeBlock
  if (event.name !== 'run_describe_finish') return undefined
  inJest = event.describeBlock?.parent ?? undefined
  return Promise.all(atEnd.map((listener) => listener(inJest === undefined)))
})

/** Calls back whenever a block of Jest has ended, and says whether it was that of the file; Jest waits for what it gives. */
export function onBlockEnd(listener: (isLast: boolean) => unknown): void {
  atEnd.push(listener)
}

/** Jest and Vitest say which block runs, wherever they are asked. */
function runningBlock(): JestEntry | VitestTask | undefined {
  return inJest ?? presentTask()
}

/** In node:test a hook or test has the asynchronous context of its registration. */
const registeredIn = new AsyncLocalStorage<object>()

/** What is registered in this block of node:test from now on is known to be of the block. */
export function enterBlock(): void {
  registeredIn.enterWith({})
}

function hasBegun(entry: JestEntry & VitestTask): boolean {
  const { type, startedAt, result, children, tasks } = entry
  if (type === 'test') return (startedAt ?? result?.startTime) !== undefined
  return (children ?? tasks ?? []).some(hasBegun)
}

/** What hooks have told of the tests. */
interface Tests {
  readonly areKnown: boolean
  readonly isRunning: boolean
}

/**
 * The block whose hook this is called in; undefined in a test, and where the runner does not tell.
 *
 * @param given what the runner has given to the hook
 */
export function presentBlock(given: unknown, tests: Tests): Block | undefined {
  const running = runningBlock()
  if (isInTest()) return undefined
  if (running !== undefined)
    return { hasRunTests: hasBegun(running), isPresent: () => runningBlock() === running }
  // Jest before 30 tells no more, and each file has a realm of its own.
  if (isJestFileOver()) return { hasRunTests: true, isPresent: () => true, isRealm: true }
  if (tests.isRunning) return undefined
  const hasRunTests = tests.areKnown
  // The hooks of a file run at the end of its process.
  if (isRoot(given)) return { hasRunTests, isPresent: () => true }
  const block = registeredIn.getStore()
  return block && { hasRunTests, isPresent: () => registeredIn.getStore() === block }
}

/** node:test gives it to the hooks of the whole file. */
function isRoot(given: unknown): boolean {
  return given instanceof Object && 'diagnostic' in given && 'name' in given && given.name === '<root>'
}
