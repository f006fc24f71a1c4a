/** Writes the messages of an extended-protocol unit, each with the answer that is expected to it. */
import * as backend from '../protocol/backend.ts'
import * as frontend from '../protocol/frontend.ts'
import type { Command } from '../sql/command.ts'
import { takesSnapshot } from '../transaction/commands.ts'
import type { Outcome } from '../transaction/outcome.ts'
import { type Answer, FAILING_STATEMENT } from './exchange.ts'
import type { Names } from './client-names.ts'
import { RESERVED_PREFIX } from '../transaction/reserved-names.ts'
import { heardWarnings } from '../transaction/server-errors.ts'
import { materialize, materializeForRead } from '../transaction/materialize.ts'
import { isMaterialized } from '../transaction/state.ts'
import type { TransactionState } from '../transaction/state.ts'

const { BACKEND } = backend

/** One that fails is not closed, so each has a name of its own. */
let ownStatements = 0

export class ExtendedWriter {
  readonly #names: Names
  readonly #mereRead: boolean
  /** The state as if all that is written had succeeded. */
  state: TransactionState
  prefix: readonly string[] = []
  readonly messages: Buffer[] = []
  readonly answers: Answer[] = []
  /** An error of our own ends the unit. */
  isRefused = false

  /** @param mereRead whether the unit does nothing but read */
  constructor(names: Names, state: TransactionState, mereRead: boolean) {
    this.#names = names
    this.state = state
    this.#mereRead = mereRead
  }

  warn(warnings: readonly backend.Fields[]): void {
    for (const warning of heardWarnings(warnings, this.state)) this.local(backend.noticeResponse(warning))
  }

  refuse({ error: refusal, warnings }: Extract<Outcome, { kind: 'refuse' }>): void {
    this.warn(warnings)
    if (this.state.block === undefined && this.state.region === undefined) {
      this.isRefused = true
      return this.local(backend.errorResponse(refusal))
    }
    this.materialize()
    this.#statementOfOwn(FAILING_STATEMENT, { forward: true, refusal })
  }

  /** The end of a transaction takes its portals along; they are open still where nothing was rolled back. */
  closeEnded(): void {
    for (const wireName of this.#names.takeEnded())
      if (isMaterialized(this.state)) this.swallow(frontend.close('P', wireName), BACKEND.closeComplete)
  }

  materialize(takes = true): void {
    const toWrite = this.#mereRead ? materializeForRead : materialize
    const step = toWrite(this.state, takes)
    this.state = step.state
    if (this.messages.length > 0) this.own(step.sql)
    else if (step.sql.length > 0) this.prefix = [...this.prefix, ...step.sql]
  }

  own(statements: readonly string[], outcome: Pick<Answer, 'failure'> = {}): void {
    for (const sql of statements) this.#statementOfOwn(sql, { forward: false, ...outcome })
  }

  #statementOfOwn(sql: string, answer: Pick<Answer, 'forward' | 'refusal' | 'before' | 'failure'>): void {
    const before = answer.before ?? this.state
    const silent = (expect: number): Answer => ({ expect, forward: false, before, state: before })
    ownStatements += 1
    this.messages.push(frontend.extendedStatement(`${RESERVED_PREFIX}own ${ownStatements}`, sql))
    this.answers.push(silent(BACKEND.parseComplete), silent(BACKEND.bindComplete))
    this.answers.push({ expect: 'statement', ...answer, before, state: this.state })
    this.answers.push(silent(BACKEND.closeComplete), silent(BACKEND.closeComplete))
  }

  local(bytes: Buffer, effect: Pick<Answer, 'closesAll'> = {}): void {
    this.answers.push({ expect: 'local', forward: true, bytes, state: this.state, ...effect })
  }

  swallow(message: Buffer, expect: number, prepared?: string): void {
    this.materialize(false)
    this.messages.push(message)
    this.answers.push({
      expect,
      forward: false,
      before: this.state,
      state: this.state,
      ...(prepared === undefined ? {} : { prepared }),
    })
  }

  send(message: Buffer, expect: Answer['expect'], effect: Partial<Answer> = {}, command?: Command): void {
    this.materialize(command === undefined || takesSnapshot(command))
    this.messages.push(message)
    this.answers.push({ expect, forward: true, before: this.state, state: this.state, ...effect })
  }
}
