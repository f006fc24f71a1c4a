/**
 * The main line of a file, one parallel call, or one test by itself: its sessions, and the levels it has open.
 *
 * The sandbox opens and ends it; clients get their session here. Without it parallel calls would share a transaction.
 */
import { rememberCall } from '../call-site.ts'
import { IdleConnections } from '../server/idle-connections.ts'
import { Level, type LevelScope, type ScopeKind } from './level.ts'
import { Notifications } from '../session/notifications.ts'
import type { SandboxOptions } from '../options.ts'
import { CloneSession } from '../private-databases/clone-session.ts'
import type { CloneSupplies } from '../private-databases/clone-supplies.ts'
import type { ScopeSession, LevelEnd } from '../session/scope-session.ts'
import { Session } from '../session/session.ts'
import { settleAll } from '../settle-all.ts'
import type { TestRun, TestRuns } from './test-runs.ts'

/** Idle connections by connection key, shared by all scopes. */
export class Connections {
  readonly #options: SandboxOptions
  readonly #byKey = new Map<string, IdleConnections>()
  readonly #processIds = new Set<number>()

  constructor(options: SandboxOptions) {
    this.#options = options
  }

  for(key: string): IdleConnections {
    let connections = this.#byKey.get(key)
    if (connections === undefined) {
      connections = new IdleConnections(this.#options, this.#processIds)
      this.#byKey.set(key, connections)
    }
    return connections
  }

  async end(): Promise<void> {
    await Promise.all([...this.#byKey.values()].map((connections) => connections.end()))
  }
}

interface SandboxParts {
  readonly connections: Connections
  readonly supplies: CloneSupplies
  readonly options: SandboxOptions
  readonly tests: TestRuns
}

export class Scope implements LevelScope {
  readonly kind: ScopeKind
  readonly isolation: SandboxOptions['isolation']
  readonly #connections: Connections
  readonly options: SandboxOptions
  /** The level that waits for a parallel call. */
  readonly startedIn: Level | undefined
  readonly #tests: TestRuns
  readonly #sessions = new Map<string, ScopeSession>()
  readonly #supplies: CloneSupplies
  readonly #notifications = new Notifications()
  /** The first stands for what happens outside every level: undone before the next one begins. */
  #levels: readonly Level[] = []
  /** The innermost level. */
  level!: Level

  /**
   * @param startedIn the level that waits for this scope, unless it is the main one
   */
  constructor({ connections, options, supplies, tests }: SandboxParts, kind: ScopeKind, startedIn?: Level) {
    this.#connections = connections
    this.options = options
    this.isolation = options.isolation
    this.#supplies = supplies
    this.#tests = tests
    this.kind = kind
    this.startedIn = startedIn
    this.#renewBase()
  }

  get idleProcessIds(): number[] {
    return [...this.#sessions.values()].flatMap(({ idleProcessId }) => idleProcessId ?? [])
  }

  /** Connections that are idle here, or in the scopes that wait for this one, and keep their locks. */
  get lockHolders(): readonly number[] {
    const here = this.idleProcessIds
    return this.startedIn === undefined ? here : [...here, ...this.startedIn.scope.lockHolders]
  }

  /** The level for what a test calls: an ended one, when it must not run in the present level, as that is another test's. */
  levelFor(test: TestRun | undefined): Level {
    const { level } = this
    if (test === undefined || test === level.test || this.options.lateQueries === 'allow') return level
    if (test.isOverFor(level.openedAt))
      return new Level({ scope: this, outer: level, test, openedAt: level.openedAt }).calledNow()
    const isBeside = test.endedAt === undefined && level.test?.endedAt === undefined
    return isBeside && level.test !== undefined ? level.calledBeside(test) : level
  }

  /** The level for what a test that is over calls after this scope has ended. */
  lateLevel(test: TestRun): Level {
    return new Level({ scope: this, outer: undefined, test }).calledNow()
  }

  /** Does something run, or wait for its turn? */
  get isBusy(): boolean {
    return [...this.#sessions.values()].some((session) => session.isBusy)
  }

  get hasWritten(): boolean {
    return [...this.#sessions.values()].some(({ levels }) => levels.hasWritten)
  }

  get hasLevels(): boolean {
    return this.#levels.length > 1
  }

  /** The session for a connection key, made at its first use. */
  session(key: string): ScopeSession {
    // Clients of private databases have connections of their own.
    const sharing = this.isolation === 'database' ? '' : key
    const session = this.#sessions.get(sharing) ?? this.#newSession(key)
    this.#sessions.set(sharing, session)
    return session
  }

  #newSession(key: string): ScopeSession {
    if (this.isolation === 'database') return new CloneSession(this.#supplies, this.options)
    const lockKeepers = (): readonly number[] => this.lockHolders
    const connections = this.#connections.for(key)
    const options = this.kind === 'main' ? this.options : amongOthers(this.options)
    return new Session(connections, this.#levels.length - 1, options, lockKeepers, this.#notifications)
  }

  /** @param test the test for which it is opened, where that is known */
  startLevel(test?: TestRun): void {
    if (this.#levels.length === 1) this.#renewBase()
    const opening = { test, openedAt: this.#tests.now(), openedBy: rememberCall() }
    const level = new Level({ scope: this, outer: this.level, ...opening })
    this.#setLevels([...this.#levels, level])
    for (const session of this.#sessions.values()) session.levels.start()
  }

  /** @param failed has the test failed? Undefined where that is not known */
  async rollbackLevel(failed?: boolean): Promise<void> {
    const ended = this.level
    if (this.#levels.length === 1) this.#renewBase()
    else this.#setLevels(this.#levels.slice(0, -1))
    ended.ended = true
    const { test } = ended
    this.#showLog(ended, failed)
    const end = { test: test?.name, failed }
    await settleAll([...this.#sessions.values()].map((session) => session.levels.rollback(end)))
    this.#notifications.clear()
  }

  /** Has it ended? Nothing that belongs to it runs any more. */
  hasEnded = false

  /** Undoes everything. The connections of a parallel scope become idle, those of the main line are closed. */
  async end(failed?: boolean): Promise<void> {
    this.hasEnded = true
    this.#showLog(this.level, failed)
    for (const level of this.#levels) level.ended = true
    const end = { test: this.level.test?.name, failed }
    await settleAll([...this.#sessions].map(([key, session]) => this.#endSession(key, session, end)))
  }

  /** A level inside a test, and a parallel call, leave it to the test to show what they ran. */
  #showLog({ log, test }: Level, failed: boolean | undefined): void {
    const { logSql, logValues } = this.options
    log.show(logSql, { test: test?.name, failed }, logValues)
    const outer = this.kind === 'parallel' ? this.startedIn : this.level
    if (outer !== undefined && outer.log !== log && outer.test === test) outer.log.take(log)
  }

  #renewBase(): void {
    const [ended] = this.#levels
    if (ended !== undefined) ended.ended = true
    // What a parallel call is not to see is the test's that makes it.
    const outer = this.kind === 'parallel' ? this.startedIn?.outer : this.startedIn
    this.#setLevels([new Level({ scope: this, outer })])
  }

  #setLevels(levels: readonly Level[]): void {
    this.#levels = levels
    this.level = levels.at(-1)!
  }

  async #endSession(key: string, session: ScopeSession, end: LevelEnd): Promise<void> {
    const pinned = await session.levels.end(end)
    if (pinned === undefined) return
    await (this.kind === 'main' ? pinned.end() : this.#connections.for(key).give(pinned))
  }
}

/** The options of a scope beside others: who has set a sequence apart would keep it from all of them until its end. */
function amongOthers(options: SandboxOptions): SandboxOptions {
  return Object.create(options, { deterministicIds: { value: false } })
}
