/** A Query message as an exchange: passed on as it is, or rewritten in place where it has transaction commands. Pure. */
import type { Command } from '../sql/command.ts'
import * as backend from '../protocol/backend.ts'
import { query } from '../protocol/frontend.ts'
import type { Analysis } from '../sql/analyze.ts'
import { deallocatesAll, interpret, isControl, takesSnapshot } from '../transaction/commands.ts'
import type { Outcome } from '../transaction/outcome.ts'
import { afterServer } from '../transaction/commands.ts'
import {
  type Answer,
  endingOf,
  type Exchange,
  FAILING_STATEMENT,
  type Place,
  wholeExchange,
} from './exchange.ts'
import { heardWarnings } from '../transaction/server-errors.ts'
import { materialize, materializeForRead } from '../transaction/materialize.ts'
import * as regions from '../transaction/regions.ts'
import { isMaterialized } from '../transaction/state.ts'
import type { TransactionState } from '../transaction/state.ts'

/**
 * @param retry send a mere read behind a guard all the same, because it has turned out to write
 */
export function simpleQuery(
  sql: string,
  analysis: Analysis,
  state: TransactionState,
  retry = false,
): Exchange {
  const { statements } = analysis
  if (statements.some(({ command }) => isControl(command)))
    return new StringRewriter(sql, analysis, state).exchange()
  const mereRead = statements.every(({ command }) => command.kind === 'read')
  const takes = statements.some(({ command }) => takesSnapshot(command))
  const { sql: prefix, state: prepared } =
    mereRead && !retry ? materializeForRead(state, takes) : materialize(state, takes)
  let after = prepared
  for (const { command, start, end } of statements) after = afterServer(after, command, sql.slice(start, end))
  const bare = !isMaterialized(prepared)
  if (retry) after = regions.written(after)
  return {
    ...wholeExchange([query(sql)], prepared, after),
    prefix,
    bare,
    ...withEnding(after, analysis),
  }
}

function withEnding(state: TransactionState, { statements }: Analysis): Pick<Exchange, 'ending'> {
  const waits = statements.some(({ command }) => command.kind === 'copy' && command.direction === 'in')
  const ending = endingOf(state, { holdsCompletion: true, waits })
  return ending === undefined ? {} : { ending }
}

/** Rewrites a string statement by statement, following the state as if each succeeded. */
class StringRewriter {
  readonly #sql: string
  readonly #analysis: Analysis
  readonly #inString: boolean
  readonly #before: TransactionState
  #state: TransactionState
  #prefix: readonly string[] = []
  #prepared: TransactionState
  #wire = ''
  /** The end of the last statement of the application that stands in `#wire`. */
  #sentTo = 0
  readonly #answers: Answer[] = []
  readonly #places: Place[] = []
  #refused = false

  constructor(sql: string, analysis: Analysis, state: TransactionState) {
    this.#sql = sql
    this.#analysis = analysis
    this.#inString = analysis.statements.length > 1
    this.#before = state
    this.#state = state
    this.#prepared = state
  }

  exchange(): Exchange {
    for (const statement of this.#analysis.statements) {
      this.#add(statement)
      if (this.#refused) break
    }
    // So that the parser finds what the application wrote behind the last statement that is sent.
    if (this.#sql.slice(this.#sentTo).includes(';')) this.#wire &&= `${this.#wire};`
    const isEmpty = this.#wire === ''
    if (isEmpty && this.#prefix.length > 0)
      this.#answers.push({ expect: 'statement', forward: false, before: this.#state, state: this.#state })
    return {
      prefix: this.#prefix,
      messages: isEmpty && this.#prefix.length === 0 ? [] : [query(this.#wire)],
      answers: this.#answers,
      rejected: regions.rejected(this.#before, this.#prepared),
      bare: false,
      flush: false,
      refused: this.#refused && this.#wire === '',
      places: this.#places,
      texts: { wire: this.#wire, application: this.#sql },
      ...(this.#refused ? {} : withEnding(this.#state, this.#analysis)),
    }
  }

  #add(statement: Analysis['statements'][number]): void {
    const { command, start, end } = statement
    let outcome = interpret(this.#state, command, this.#inString)
    if (outcome.kind === 'answer' && (outcome.step.sql.length > 0 || outcome.isInside)) {
      this.#materialize(false)
      outcome = interpret(this.#state, command, this.#inString)
    }
    if (outcome.kind === 'answer') return this.#answer(outcome, command)
    if (outcome.kind === 'refuse') {
      if (command.kind === 'declareCursor') this.#analyze(statement)
      return this.#refuse(outcome, end)
    }
    this.#materialize(takesSnapshot(command))
    const text = this.#sql.slice(start, end)
    this.#warn(outcome.warnings)
    const before = this.#state
    this.#state = afterServer(before, command, text)
    // Errors when it is executed tell a place in the string that it was prepared in.
    if (command.kind === 'prepareStatement') this.#wire = this.#wire.padEnd(start - 1)
    this.#send(text, { expect: 'statement', forward: true, before, state: this.#state }, start)
    this.#sentTo = end
  }

  /** The server analyses a query before it looks whether there is a transaction for its cursor. */
  #analyze({ start, end }: Analysis['statements'][number]): void {
    this.#materialize()
    const before = this.#state
    const answer: Answer = { expect: 'statement', forward: false, before, state: before }
    this.#send(this.#sql.slice(start, end), answer, start)
  }

  /** Before the first statement on the wire, what prepares it rides in front; later it stands in the string. */
  #materialize(takes = true): void {
    const step = materialize(this.#state, takes)
    this.#state = step.state
    if (this.#wire === '' && !this.#hasEnded) {
      this.#prefix = [...this.#prefix, ...step.sql]
      this.#prepared = step.state
    } else this.#own(step.sql)
  }

  /** Has the string ended the transaction? It must not be kept before the server has parsed the rest of the string. */
  get #hasEnded(): boolean {
    const { block, ended } = this.#before
    return block?.segment !== undefined && this.#state.ended !== ended
  }

  #own(statements: readonly string[], outcome: Pick<Answer, 'failure'> = {}): void {
    const state = this.#state
    for (const text of statements)
      this.#send(text, { expect: 'statement', forward: false, before: state, state, ...outcome })
  }

  #answer(
    { step, warnings, tag, shown, failure }: Extract<Outcome, { kind: 'answer' }>,
    command: Command,
  ): void {
    this.#warn(warnings)
    this.#own(step.sql, failure && { failure })
    this.#state = step.state
    if (shown !== undefined)
      this.#local(Buffer.concat([backend.textColumn(shown.name), backend.textRow(shown.value)]))
    this.#local(backend.commandComplete(tag), { closesAll: deallocatesAll(command) })
  }

  /** Among others in a string it must fail on the server, which does not run what follows, but parses it first. */
  #refuse({ error: refusal, warnings }: Extract<Outcome, { kind: 'refuse' }>, end: number): void {
    this.#warn(warnings)
    this.#refused = true
    if (this.#wire === '' && !this.#inString && this.#state.block === undefined)
      return this.#local(backend.errorResponse(refusal))
    this.#materialize()
    const before = this.#state
    this.#send(FAILING_STATEMENT, { expect: 'statement', forward: true, refusal, before, state: before })
    this.#append(this.#sql.slice(end), end)
    this.#sentTo = this.#sql.length
  }

  #warn(warnings: readonly backend.Fields[]): void {
    for (const warning of heardWarnings(warnings, this.#state)) this.#local(backend.noticeResponse(warning))
  }

  #local(bytes: Buffer, effect: Pick<Answer, 'closesAll'> = {}): void {
    this.#answers.push({ expect: 'local', forward: true, bytes, state: this.#state, ...effect })
  }

  #send(text: string, answer: Answer, start?: number): void {
    if (this.#wire !== '') this.#wire += ';'
    this.#append(text, start)
    this.#answers.push(answer)
  }

  #append(text: string, start?: number): void {
    if (start !== undefined)
      this.#places.push({ wire: this.#wire.length, application: start, length: text.length })
    this.#wire += text
  }
}
