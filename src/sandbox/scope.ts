/** The main line of a file, one parallel call, or one test by itself: its sessions, and how many levels it has open. */
import { IdleConnections } from '../server/idle-connections.ts'
import { Level, type LevelScope, type ScopeKind } from './level.ts'
import { Notifications } from '../session/notifications.ts'
import type { SandboxOptions } from '../options.ts'
import { CloneSession } from '../private-databases/clone-session.ts'
import type { CloneSupplies } from '../private-databases/clone-supplies.ts'
import type { ScopeSession, LevelEnd } from '../session/scope-session.ts'
import { Session } from '../session/session.ts'
import { settleAll } from '../settle-all.ts'
import { whenToLog } from './sql-log.ts'
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

interface Surroundings {
  readonly connections: Connections
  readonly supplies: CloneSupplies
  readonly options: SandboxOptions
  readonly tests: TestRuns
}

export class Scope implements LevelScope {
  readonly kind: ScopeKind
  readonly isolation: SandboxOptions['isolation']
  readonly #connections: Connections
  readonly #options: SandboxOptions
  /** The level that waits for a parallel call. */
  readonly startedIn: Level | undefined
  readonly #tests: TestRuns
  readonly #sessions = new Map<string, ScopeSession>()
  readonly #supplies: CloneSupplies
  readonly #notifications = new Notifications()
  /** The first stands for what happens outside every level: undone before the next one begins. */
  #levels: Level[]

  /**
   * @param startedIn the level that waits for this scope, unless it is the main one
   */
  constructor({ connections, options, supplies, tests }: Surroundings, kind: ScopeKind, startedIn?: Level) {
    this.#connections = connections
    this.#options = options
    this.isolation = options.isolation
    this.#supplies = supplies
    this.#tests = tests
    this.kind = kind
    this.startedIn = startedIn
    this.#levels = [this.#baseLevel()]
  }

  get idleProcessIds(): number[] {
    return [...this.#sessions.values()].flatMap(({ idleProcessId }) => idleProcessId ?? [])
  }

  /** Connections that are idle here, or in the scopes that wait for this one, and keep their locks. */
  get lockHolders(): readonly number[] {
    const here = this.idleProcessIds
    return this.startedIn === undefined ? here : [...here, ...this.startedIn.scope.lockHolders]
  }

  /** The innermost level. */
  get level(): Level {
    return this.#levels.at(-1)!
  }

  /** The level for what a test calls: an ended one, when it must not run in the present level, as that is another test's. */
  levelFor(test: TestRun | undefined): Level {
    const { level } = this
    if (test === undefined || test === level.test || this.#options.lateQueries === 'allow') return level
    if (test.isOverFor(level.begunAt)) return new Level(this, level, test, level.begunAt).calledNow()
    const isBeside = test.endedAt === undefined && level.test?.endedAt === undefined
    return isBeside && level.test !== undefined ? level.calledBeside(test) : level
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
    if (this.isolation === 'database') return new CloneSession(this.#supplies, this.#options)
    const holders = (): readonly number[] => this.lockHolders
    const connections = this.#connections.for(key)
    const options = this.kind === 'main' ? this.#options : amongOthers(this.#options)
    return new Session(connections, this.#levels.length - 1, options, holders, this.#notifications)
  }

  /** @param test the test for which it is opened, where that is known */
  startLevel(test?: TestRun): void {
    if (this.#levels.length === 1) this.#renewBase()
    this.#levels.push(new Level(this, this.level, test, this.#tests.now()))
    for (const session of this.#sessions.values()) session.levels.start()
  }

  get whenToLog(): SandboxOptions['logSql'] {
    return whenToLog(this.#options)
  }

  /** @param failed has the test failed? Undefined where that is not known */
  async rollbackLevel(failed?: boolean): Promise<void> {
    const ended = this.level
    if (this.#levels.length === 1) this.#renewBase()
    else this.#levels.pop()
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
    log.show(this.whenToLog, { test: test?.name, failed }, this.#options.logValues)
    const outer = this.kind === 'parallel' ? this.startedIn : this.level
    if (outer !== undefined && outer.log !== log && outer.test === test) outer.log.take(log)
  }

  #renewBase(): void {
    this.#levels[0]!.ended = true
    this.#levels = [this.#baseLevel()]
  }

  /** What a parallel call is not to see is the test's that makes it. */
  #baseLevel(): Level {
    return new Level(this, this.kind === 'parallel' ? this.startedIn?.outer : this.startedIn)
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
