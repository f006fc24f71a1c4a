/**
 * One start() with its rollback(): what is called in it must not run later.
 *
 * A scope opens it; every query is called in one, and asks it before it runs. Without it what a test has left behind would
 * run in the next test.
 */
import * as errors from '../errors.ts'
import type { Fields } from '../protocol/backend.ts'
import { callSite } from '../call-site.ts'
import { calledLate, concurrentTests, overtaken } from './errors.ts'
import { SqlLog } from './sql-log.ts'
import type { TestRun } from './test-runs.ts'
import type { SandboxOptions } from '../options.ts'
import type { ScopeSession } from '../session/scope-session.ts'

/** Of the tests one after another, of a parallel call, or of one test beside others. */
export type ScopeKind = 'main' | 'parallel' | 'test'

/** The scope of a level, as far as a level and those who ask it know it. */
export interface LevelScope {
  readonly kind: ScopeKind
  readonly isolation: SandboxOptions['isolation']
  readonly options: Pick<SandboxOptions, 'logSql'>
  /** Has it ended? Nothing that belongs to it runs any more. */
  readonly hasEnded: boolean
  /** The innermost level. */
  readonly level: Level
  /** Connections that are idle here and keep their locks. */
  readonly idleProcessIds: readonly number[]
  /** The same here, and in the scopes that wait for this one. */
  readonly lockHolders: readonly number[]
  /** The session for a connection key, made at its first use. */
  session(key: string): ScopeSession
}

interface LevelOpening {
  readonly scope: LevelScope
  /** The level around it, whose rows are seen in it. */
  readonly outer: Level | undefined
  /** The test that it is opened for. */
  readonly test?: TestRun | undefined
  /** When it is opened, by the clock of the tests; 0 for what is outside every level, which no test comes before. */
  readonly openedAt?: number
  /** Where in the application it is opened. */
  readonly openedBy?: () => string
}

/** What a query belongs to: called in this level, it must not run once the level has been rolled back. */
export class Level implements LevelOpening {
  readonly scope: LevelScope
  readonly outer: Level | undefined
  readonly test: TestRun | undefined
  readonly openedAt: number
  readonly openedBy: () => string
  readonly depth: number
  ended = false
  readonly log: SqlLog = new SqlLog()
  /** What is told to something that was called here and must not run. */
  #refusal: ((sql: string) => Fields) | undefined

  constructor({ scope, outer, test, openedAt = 0, openedBy = () => '' }: LevelOpening) {
    this.scope = scope
    this.outer = outer
    this.depth = outer?.scope === scope ? outer.depth + 1 : 0
    this.test = test
    this.openedAt = openedAt
    this.openedBy = openedBy
  }

  /** Does it seem to be that of a file's beforeAll? A level for a test is inside one, or its test is known. */
  get isAroundTests(): boolean {
    return this.scope.kind === 'main' && this.test === undefined && this.outer?.outer === undefined
  }

  /** The level for something that is called now, too late. */
  calledNow(): Level {
    if (this.#refusal !== undefined) return this
    const calledAt = callSite()
    return this.#refusing((sql) =>
      this.scope.kind === 'parallel'
        ? errors.scopeEnded(sql, calledAt)
        : calledLate(sql, this.test?.name, calledAt),
    )
  }

  /** The level for something that is called by another test, which runs at the same time as this one's. */
  calledBeside(other: TestRun): Level {
    return this.#refusing((sql) => concurrentTests(sql, other.name, this.test?.name))
  }

  #refusing(refusal: (sql: string) => Fields): Level {
    const refused = new Level(this)
    refused.ended = true
    refused.#refusal = refusal
    return refused
  }

  /** The error for a query of this level that comes when a deeper one has written. */
  overtaking(sql: string): Fields {
    return overtaken(sql, this.scope.level.openedBy())
  }

  /** The error for a query of this level after its end. */
  ending(sql: string): Fields {
    if (this.#refusal !== undefined) return this.#refusal(sql)
    return this.scope.kind === 'parallel' ? errors.scopeEnded(sql) : errors.testEnded(sql, this.test?.name)
  }
}
