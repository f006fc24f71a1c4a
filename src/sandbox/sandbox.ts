/**
 * What all parts of the package share in one realm: the only global slot.
 *
 * The way into the room sandbox/: which scopes are open (scope), their levels (level), whose test calls (test-runs,
 * runner-context), and the log of SQL. Hooks and `testTransaction` open and end levels here; the driver asks for each
 * query in which level it is called. Without it nobody would know whether a query is one of a test, and of which.
 */
import { AsyncLocalStorage } from 'node:async_hooks'
import { BehindClose } from './behind-close.ts'
import { type Block, enterBlock, onBlockEnd, presentBlock } from './runner-block.ts'
import { CloneSupplies } from '../private-databases/clone-supplies.ts'
import { DEFAULT_OPTIONS, type SandboxOptions } from '../options.ts'
import { hasFailed } from './runner-context.ts'
import type { Level, ScopeKind } from './level.ts'
import { Connections, Scope } from './scope.ts'
import { settleAll } from '../settle-all.ts'
import { logByEnvironment } from './sql-log.ts'
import { type TestRun, TestRuns } from './test-runs.ts'

/** Comes before what is configured. */
const BY_ENVIRONMENT = logByEnvironment(process.env)

export class Sandbox {
  readonly options: SandboxOptions = { ...DEFAULT_OPTIONS, ...BY_ENVIRONMENT }
  readonly connections: Connections = new Connections(this.options)
  readonly supplies: CloneSupplies = new CloneSupplies()
  readonly #tests = new TestRuns()
  /** The parallel call inside which something is called. */
  readonly #parallel = new AsyncLocalStorage<Scope>()
  readonly #parallelScopes = new Set<Scope>()
  #main: Scope | undefined
  /** The main scope that was closed last. */
  #closed: Scope | undefined
  /** For what hooks still call once the sandbox is closed. */
  #behind: BehindClose | undefined
  #hasHadScopes = false
  /** The level for what is called inside a callback that belongs to a level, while it runs. */
  #bound: Level | undefined
  /** Does it belong to that very level, although deeper ones may have been opened since? */
  #isBoundExactly = false

  constructor() {
    onBlockEnd(() => this.#behind?.end())
  }

  /** The level of what is called now, maybe one that has ended; undefined outside the sandbox. */
  get level(): Level | undefined {
    if (this.#bound?.ended) return this.#bound.calledNow()
    const scope = this.#bound?.scope ?? this.#parallel.getStore()
    if (scope === undefined) return this.#mainLevel
    if (scope.hasEnded) return (this.#bound ?? scope.level).calledNow()
    return this.#isBoundExactly ? this.#bound : scope.level
  }

  get #mainLevel(): Level | undefined {
    const test = this.#tests.present
    const scope = this.#main ?? this.#behind?.scope
    if (scope !== undefined) return scope.levelFor(test)
    return test?.isOver ? this.#closed?.lateLevel(test) : undefined
  }

  configure(options: Partial<SandboxOptions>): void {
    Object.assign(this.options, options, BY_ENVIRONMENT)
  }

  get isOpen(): boolean {
    return this.#main !== undefined || this.#parallelScopes.size > 0
  }

  /** May something be called after close() of which it is known that it is late? */
  get mayBeCalledLate(): boolean {
    return this.#hasHadScopes || this.#tests.areKnown
  }

  /** Has anything been written in the main line? */
  get hasWritten(): boolean {
    return this.#main?.hasWritten ?? false
  }

  /** Does the main line have a level open? */
  get hasLevels(): boolean {
    return this.#main?.hasLevels ?? false
  }

  /**
   * Opens a level of the present scope, and the sandbox with the first.
   *
   * @param given what the runner has given to the hook that opens it
   */
  startLevel(given?: unknown): void {
    const scope = this.#parallelScope
    if (scope !== undefined) return scope.startLevel(scope.level.test)
    // What hooks have called behind close() is undone as the next level begins.
    if (this.#behind !== undefined) this.supplies.inBackground(this.#behind.leave())
    this.#behind = undefined
    this.#main ??= this.#newScope('main')
    this.#main.startLevel(this.#tests.begin(given))
  }

  async rollbackLevel(given?: unknown): Promise<void> {
    const scope = this.#parallelScope
    if (scope === undefined) this.#tests.end(given)
    const ending = scope ?? this.#main
    if (ending === undefined) return
    const left = ending.hasLevels ? this.#startedIn(ending.level) : []
    for (const behind of left) this.#parallelScopes.delete(behind)
    await settleAll([ending.rollbackLevel(hasFailed(given)), ...left.map((behind) => behind.end())])
  }

  /** Runs a test of the main line. */
  runTest<Result>(given: unknown, work: () => Result): Result {
    return this.#tests.run(given, work)
  }

  /** Runs `work` in a scope of its own, which is undone when it settles. */
  parallel<Result>(work: () => Result | PromiseLike<Result>): Promise<Result> {
    return this.#inNewScope('parallel', (this.#parallelScope ?? this.#main)?.level.test, work)
  }

  /** The same for the body of a test, which runs beside others. */
  isolated<Result>(given: unknown, work: () => Result | PromiseLike<Result>): Promise<Result> {
    return this.#inNewScope('test', this.#tests.describe(given), work, () => hasFailed(given))
  }

  async #inNewScope<Result>(
    kind: Exclude<ScopeKind, 'main'>,
    test: TestRun | undefined,
    work: () => Result | PromiseLike<Result>,
    hasFailedBeside: () => boolean | undefined = () => undefined,
  ): Promise<Result> {
    let failed: boolean | undefined = true
    const scope = this.#newScope(kind, (this.#parallelScope ?? this.#main)?.level)
    scope.startLevel(test)
    this.#parallelScopes.add(scope)
    this.#hasHadScopes = true
    try {
      const result = await this.#parallel.run(scope, work)
      failed = hasFailedBeside()
      return result
    } finally {
      if (this.#parallelScopes.delete(scope)) await scope.end(kind === 'test' ? failed : undefined)
      // Nobody closes a sandbox that nobody has opened.
      if (!this.isOpen) await this.supplies.end()
    }
  }

  /**
   * Runs `work` so that what it calls belongs to the scope of `level`, and must not run once that has ended.
   *
   * @param isExact whether it belongs to that very level, as it was called there and has only waited
   */
  runIn<Result>(level: Level | undefined, work: () => Result, isExact = false): Result {
    if (level === undefined) return work()
    const outer = this.#bound
    const wasExact = this.#isBoundExactly
    this.#bound = level
    this.#isBoundExactly = isExact
    try {
      const isMain = level.scope === this.#main && this.#parallel.getStore() === undefined
      return isMain ? work() : this.#inContext(level, work)
    } finally {
      this.#bound = outer
      this.#isBoundExactly = wasExact
    }
  }

  /** What is registered in the present block of node:test from now on is known to be of the block. */
  enterBlock(): void {
    enterBlock()
  }

  /**
   * The block of the runner's hook in which this is called, behind which other hooks may come; undefined in a test.
   *
   * @param given what the runner has given to the hook
   */
  blockOf(given: unknown): Block | undefined {
    return this.#parallelScope === undefined ? presentBlock(given, this.#tests) : undefined
  }

  /**
   * Undoes everything and closes the real connections. Whatever is called from now on is outside.
   *
   * @param block one whose hooks may still call something: that is inside, and undone
   */
  async close(block?: Block): Promise<void> {
    const scopes = [...this.#parallelScopes]
    if (this.#main !== undefined) scopes.push(this.#main)
    this.#parallelScopes.clear()
    this.#closed = this.#main ?? this.#closed
    this.#main = undefined
    const before = this.#behind
    this.#behind = block && this.#newBehind(block)
    try {
      await settleAll([...scopes.map((scope) => scope.end()), ...(before ? [before.leave()] : [])])
    } finally {
      await this.#endConnections()
    }
  }

  #newBehind(block: Block): BehindClose {
    return new BehindClose(block, {
      open: () => this.#newScope('main'),
      closed: () => (this.isOpen ? Promise.resolve() : this.#endConnections()),
    })
  }

  #endConnections(): Promise<void> {
    return settleAll([this.connections.end(), this.supplies.end()])
  }

  /** Parallel calls of this level that nobody has awaited, with those inside them. */
  #startedIn(level: Level): Scope[] {
    const scopes = [...this.#parallelScopes].filter(({ kind }) => kind === 'parallel')
    const within = (outer: Scope): Scope[] => [
      outer,
      ...scopes.filter(({ startedIn }) => startedIn?.scope === outer).flatMap(within),
    ]
    return scopes.filter(({ startedIn }) => startedIn === level).flatMap(within)
  }

  #newScope(kind: ScopeKind, startedIn?: Level): Scope {
    const { connections, options, supplies } = this
    return new Scope({ connections, options, supplies, tests: this.#tests }, kind, startedIn)
  }

  get #parallelScope(): Scope | undefined {
    const scope = this.#parallel.getStore()
    return scope !== undefined && this.#parallelScopes.has(scope) ? scope : undefined
  }

  /** What `work` goes on with later belongs to the parallel scope, too. */
  #inContext<Result>({ scope }: Level, work: () => Result): Result {
    const present = this.#parallel.getStore()
    const wanted = [...this.#parallelScopes].find((open) => open === scope)
    if (wanted === present) return work()
    return wanted === undefined ? this.#parallel.exit(work) : this.#parallel.run(wanted, work)
  }
}

const SLOT = Symbol.for('pg-sandbox.1')

/** One per realm, also when the package is loaded twice. */
export function sandbox(): Sandbox {
  const realm = globalThis as { [SLOT]?: Sandbox }
  realm[SLOT] ??= new Sandbox()
  return realm[SLOT]
}
