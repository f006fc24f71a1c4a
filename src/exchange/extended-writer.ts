/**
 * Writes the messages of an extended-protocol unit, each with the answer that is expected to it. Used by extended-query.ts, and
 * by extended-statements.ts for the messages about prepared statements.
 */
import { BACKEND, errorResponse, textRow } from '../protocol/backend.ts'
import { close, extendedStatement } from '../protocol/frontend.ts'
import type { Command } from '../sql/command.ts'
import { refusalInFailedBlock, takesSnapshot } from '../transaction/commands.ts'
import { materialize, materializeForRead } from '../transaction/materialize.ts'
import { RESERVED_PREFIX } from '../transaction/reserved-names.ts'
import { isMaterialized, type TransactionState } from '../transaction/state.ts'
import type { Names } from './client-names.ts'
import { type Answer, FAILING_STATEMENT } from './exchange.ts'
import { type Answered, type Refused, UnitWriter } from './unit-writer.ts'

/** A statement of the sandbox that fails is not closed, so each has a name of its own. */
let written = 0

export class ExtendedWriter extends UnitWriter {
  readonly #names: Names
  readonly #mereRead: boolean
  readonly messages: Buffer[] = []

  /** @param mereRead whether the unit does nothing but read */
  constructor(names: Names, state: TransactionState, mereRead: boolean) {
    super(state)
    this.#names = names
    this.#mereRead = mereRead
  }

  override refuse({ error: refusal, warnings }: Refused): void {
    this.warn(warnings)
    if (this.state.block === undefined && this.state.region === undefined) {
      this.isRefused = true
      return this.local(errorResponse(refusal))
    }
    this.materialize()
    this.#writeOur(FAILING_STATEMENT, { forward: true, refusal })
  }

  /** In a failed block the server refuses all but the block's end, already when it is prepared. */
  refusedInFailedBlock(command: Command): boolean {
    const error = refusalInFailedBlock(this.state, command)
    if (error !== undefined) this.refuse({ kind: 'refuse', error, warnings: [] })
    return error !== undefined
  }

  /** Before a commit on the server its portals are closed: an open one would be in the way. */
  protected override answer(answered: Answered, command: Command): void {
    const { sql, state } = answered.step
    if (sql.length > 0 && state.ended !== this.state.ended) {
      this.#names.endPortals()
      this.closeEnded()
      this.swallow(close('P', ''), BACKEND.closeComplete)
    }
    super.answer(answered, command)
  }

  /** Its column is told to who asks by Describe. */
  protected override row({ value }: NonNullable<Answered['shown']>): Buffer {
    return textRow(value)
  }

  /** Closes portals that have ended with their transaction: on the server they are open still where nothing was rolled back. */
  closeEnded(): void {
    for (const wireName of this.#names.takeEnded())
      if (isMaterialized(this.state)) this.swallow(close('P', wireName), BACKEND.closeComplete)
  }

  override materialize(takes = true): void {
    const toWrite = this.#mereRead ? materializeForRead : materialize
    const step = toWrite(this.state, takes)
    this.state = step.state
    if (this.messages.length > 0) this.writeOurs(step.sql)
    else if (step.sql.length > 0) this.prefix = [...this.prefix, ...step.sql]
  }

  override writeOurs(statements: readonly string[], outcome: Pick<Answer, 'failure'> = {}): void {
    for (const sql of statements) this.#writeOur(sql, { forward: false, ...outcome })
  }

  #writeOur(sql: string, answer: Pick<Answer, 'forward' | 'refusal' | 'failure'>): void {
    const { state } = this
    const silent = (expect: number): Answer => ({ expect, forward: false, before: state, state })
    written += 1
    this.messages.push(extendedStatement(`${RESERVED_PREFIX}own ${written}`, sql))
    this.answers.push(silent(BACKEND.parseComplete), silent(BACKEND.bindComplete))
    this.answers.push({ expect: 'statement', ...answer, before: state, state })
    this.answers.push(silent(BACKEND.closeComplete), silent(BACKEND.closeComplete))
  }

  /** Writes a message of which the client hears nothing. */
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

  /** Writes a message of the client. */
  send(message: Buffer, expect: Answer['expect'], effect: Partial<Answer> = {}, command?: Command): void {
    this.materialize(command === undefined || takesSnapshot(command))
    this.messages.push(message)
    this.answers.push({ expect, forward: true, before: this.state, state: this.state, ...effect })
  }
}
