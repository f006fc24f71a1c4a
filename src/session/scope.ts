/** The main line of a file, one parallel call, or one test by itself: its sessions, and how many levels it has open. */
import * as errors from '../errors.ts'
import type { Fields } from '../protocol/backend.ts'
import { callSite } from './call-site.ts'
import { IdleConnections } from './idle-connections.ts'
import { Notifications } from './notifications.ts'
import type { SandboxOptions } from './options.ts'
import { CloneSession } from './clone-session.ts'
import type { CloneSupplies } from './clone-supplies.ts'
import type { ClientSession, LevelEnd } from './client-session.ts'
import type { PrivateDatabase } from './private-database.ts'
import { Session } from './session.ts'
import { SqlLog, type StatementRecord, whenToLog } from './sql-log.ts'
import type { TestRun, TestRuns } from './test-runs.ts'
import type { Unit } from './unit.ts'

/** Idle connections by connection key, shared by all scopes. */
export class Connections {
  readonly #byKey = new Map<string, IdleConnections>()

  for(key: string): IdleConnections {
    let connections = this.#byKey.get(key)
    if (connections === undefined) {
      connections = new IdleConnections()
      this.#byKey.set(key, connections)
    }
    return connections
  }

  async end(): Promise<void> {
    await Promise.all([...this.#byKey.values()].map((connections) => connections.end()))
  }
}

/** What a query belongs to: called in this level, it must not run once the level has been rolled back. */
export class Level {
  readonly scope: Scope
  /** The test that it was opened for. */
  readonly test: TestRun | undefined
  /** When it was opened, by the clock of the tests; 0 for what is outside every level, which no test comes before. */
  readonly begunAt: number
  ended = false
  /** The level around it, whose rows are seen in it. */
  readonly outer: Level | undefined
  /** Its clones of databases, by what clients name. */
  readonly databases: Map<string, PrivateDatabase> = new Map()
  readonly log: SqlLog = new SqlLog()
  /** What is told to something that was called here and must not run. */
  #refusal: ((sql: string) => Fields) | undefined

  constructor(scope: Scope, outer?: Level, test?: TestRun, begunAt = 0) {
    this.scope = scope
    this.outer = outer
    this.test = test
    this.begunAt = begunAt
  }

  /** The level for something that is called now, too late. */
  calledNow(): Level {
    if (this.#refusal !== undefined) return this
    const calledAt = callSite()
    return this.#refusing((sql) =>
      this.scope.kind === 'parallel'
        ? errors.scopeEnded(sql, calledAt)
        : errors.calledLate(sql, this.test?.name, calledAt),
    )
  }

  /** The level for something that is called by another test, which runs at the same time as this one's. */
  calledBeside(other: TestRun): Level {
    return this.#refusing((sql) => errors.concurrentTests(sql, other.name, this.test?.name))
  }

  #refusing(refusal: (sql: string) => Fields): Level {
    const refused = new Level(this.scope, this.outer, this.test, this.begunAt)
    refused.ended = true
    refused.#refusal = refusal
    return refused
  }

  /** The record of something that is run in it, where there is a log. */
  record(unit: Unit): StatementRecord | undefined {
    return this.scope.whenToLog === 'never' ? undefined : this.log.begin(unit)
  }

  /** The error for a query of this level after its end. */
  ending(sql: string): Fields {
    if (this.#refusal !== undefined) return this.#refusal(sql)
    return this.scope.kind === 'parallel' ? errors.scopeEnded(sql) : errors.testEnded(sql, this.test?.name)
  }
}

/** Of the tests one after another, of a parallel call, or of one test beside others. */
export type ScopeKind = 'main' | 'parallel' | 'test'

interface Surroundings {
  readonly connections: Connections
  readonly supplies: CloneSupplies
  readonly options: SandboxOptions
  readonly tests: TestRuns
}

export class Scope {
  readonly kind: ScopeKind
  readonly isolation: SandboxOptions['isolation']
  readonly #connections: Connections
  readonly #options: SandboxOptions
  /** The level that waits for a parallel call. */
  readonly startedIn: Level | undefined
  readonly #tests: TestRuns
  readonly #sessions = new Map<string, ClientSession>()
  /** With private databases, the session for all connection keys. */
  readonly #clones: CloneSession
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
    this.#clones = new CloneSession(supplies, options)
    this.#tests = tests
    this.kind = kind
    this.startedIn = startedIn
    this.#levels = [this.#baseLevel()]
  }

  get idleProcessIds(): number[] {
    return [...this.#sessions.values()].flatMap(({ idleProcessId }) => idleProcessId ?? [])
  }

  /** Connections that are idle here, or in the scopes that wait for this one, and keep their locks. */
  get #idle(): number[] {
    const own = this.idleProcessIds
    return this.startedIn === undefined ? own : [...own, ...this.startedIn.scope.#idle]
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
  session(key: string): ClientSession {
    let session = this.#sessions.get(key)
    if (session === undefined && this.isolation === 'database') {
      session = this.#clones
      this.#sessions.set(key, session)
    } else if (session === undefined) {
      const holders = (): number[] => this.#idle
      const connections = this.#connections.for(key)
      session = new Session(connections, this.#levels.length - 1, this.#options, holders, this.#notifications)
      this.#sessions.set(key, session)
    }
    return session
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
    await settleAll([...new Set(this.#sessions.values())].map((session) => session.levels.rollback(end)))
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
    log.show(this.whenToLog, test?.name, failed)
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

  async #endSession(key: string, session: ClientSession, end: LevelEnd): Promise<void> {
    const pinned = await session.levels.end(end)
    if (pinned === undefined) return
    await (this.kind === 'main' ? pinned.end() : this.#connections.for(key).give(pinned))
  }
}

/** Waits for all, and only then rejects with the first error. */
export async function settleAll(promises: readonly Promise<void>[]): Promise<void> {
  const results = await Promise.allSettled(promises)
  for (const result of results) if (result.status === 'rejected') throw result.reason
}
