/** One start() with its rollback(): what is called in it must not run later. */
import * as errors from '../errors.ts'
import type { Fields } from '../protocol/backend.ts'
import { callSite } from '../call-site.ts'
import { SqlLog, type StatementRecord } from './sql-log.ts'
import type { TestRun } from './test-runs.ts'
import type { SandboxOptions } from '../options.ts'
import type { ScopeSession } from '../session/scope-session.ts'
import type { Unit } from '../session/unit.ts'

/** Of the tests one after another, of a parallel call, or of one test beside others. */
export type ScopeKind = 'main' | 'parallel' | 'test'

/** The scope of a level, as far as a level and those who ask it know it. */
export interface LevelScope {
  readonly kind: ScopeKind
  readonly isolation: SandboxOptions['isolation']
  readonly whenToLog: SandboxOptions['logSql']
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

/** What a query belongs to: called in this level, it must not run once the level has been rolled back. */
export class Level {
  readonly scope: LevelScope
  /** The test that it was opened for. */
  readonly test: TestRun | undefined
  /** When it was opened, by the clock of the tests; 0 for what is outside every level, which no test comes before. */
  readonly begunAt: number
  ended = false
  /** The level around it, whose rows are seen in it. */
  readonly outer: Level | undefined
  readonly log: SqlLog = new SqlLog()
  /** What is told to something that was called here and must not run. */
  #refusal: ((sql: string) => Fields) | undefined

  constructor(scope: LevelScope, outer?: Level, test?: TestRun, begunAt = 0) {
    this.scope = scope
    this.outer = outer
    this.test = test
    this.begunAt = begunAt
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
