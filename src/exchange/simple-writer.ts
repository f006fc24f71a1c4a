/**
 * Writes the string of a Query message anew, statement by statement, each with the answer that is expected to it. Used by
 * simple-query.ts for strings that have transaction commands.
 */
import { errorResponse, textColumn, textRow } from '../protocol/backend.ts'
import { query } from '../protocol/frontend.ts'
import type { AnalyzedStatement } from '../sql/analyze.ts'
import { materialize } from '../transaction/materialize.ts'
import * as regions from '../transaction/regions.ts'
import type { TransactionState } from '../transaction/state.ts'
import { type Answer, type Exchange, FAILING_STATEMENT, type Place } from './exchange.ts'
import { type Answered, type Refused, UnitWriter } from './unit-writer.ts'

const DUPLICATE_CURSOR = '42P03'

export class SimpleWriter extends UnitWriter {
  readonly #sql: string
  readonly #inString: boolean
  readonly #before: TransactionState
  /** The state behind the prefix. */
  #materialized: TransactionState
  /** The statement of the application that is dealt with. */
  #statement: AnalyzedStatement
  #wire = ''
  /** The end of the last statement of the application that stands in `#wire`. */
  #sentTo = 0
  readonly #places: Place[] = []

  /** @param statements those of the string, of which there is one at least */
  constructor(sql: string, statements: readonly AnalyzedStatement[], state: TransactionState) {
    super(state)
    this.#sql = sql
    this.#inString = statements.length > 1
    this.#statement = statements[0]!
    this.#before = state
    this.#materialized = state
  }

  /** The statement of the application that comes next. */
  begin(statement: AnalyzedStatement): void {
    this.#statement = statement
  }

  /**
   * Writes the statement of the application, for the server to run.
   *
   * @param before the state it starts from
   */
  send(before: TransactionState): void {
    const { command, start, end } = this.#statement
    // Errors when it is executed tell a place in the string that it was prepared in.
    if (command.kind === 'prepareStatement') this.#wire = this.#wire.padEnd(start - 1)
    const answer: Answer = { expect: 'statement', forward: true, before, state: this.state }
    this.#write(this.#sql.slice(start, end), answer, start)
    this.#sentTo = end
  }

  /** Before the first statement on the wire, what materializes rides in front; later it stands in the string. */
  override materialize(takesSnapshot = true): void {
    const step = materialize(this.state, takesSnapshot)
    this.state = step.state
    if (this.#wire === '' && !this.#hasEnded) {
      this.prefix = [...this.prefix, ...step.sql]
      this.#materialized = step.state
    } else this.writeOurs(step.sql)
  }

  /** Has the string ended the transaction? It must not be kept before the server has parsed the rest of the string. */
  get #hasEnded(): boolean {
    const { block, ended } = this.#before
    return block?.segment !== undefined && this.state.ended !== ended
  }

  override writeOurs(statements: readonly string[], outcome: Pick<Answer, 'failure'> = {}): void {
    for (const text of statements) this.#writeHere(text, { forward: false, ...outcome })
  }

  /** Among others in a string a command must fail on the server, which does not run what follows, but parses it first. */
  override refuse({ error: refusal, warnings }: Refused): void {
    const { command, start, end } = this.#statement
    // The server analyses a query before it looks whether there is a transaction for its cursor, and then for the cursor's name.
    if (command.kind === 'declareCursor') {
      this.materialize()
      const answer = { forward: false, refusal, refuses: DUPLICATE_CURSOR }
      this.#writeHere(this.#sql.slice(start, end), answer, start)
    }
    this.warn(warnings)
    this.isRefused = true
    if (this.#wire === '' && !this.#inString && this.state.block === undefined)
      return this.local(errorResponse(refusal))
    this.materialize()
    this.#writeHere(FAILING_STATEMENT, { forward: true, refusal })
    this.#append(this.#sql.slice(end), end)
    this.#sentTo = this.#sql.length
  }

  /** A Query message has no Describe: its row comes with its column. */
  protected override row({ name, value }: NonNullable<Answered['shown']>): Buffer {
    return Buffer.concat([textColumn(name), textRow(value)])
  }

  /** All that is written. */
  exchange(): Exchange {
    // So that the parser finds what the application wrote behind the last statement that is sent.
    if (this.#sql.slice(this.#sentTo).includes(';')) this.#wire &&= `${this.#wire};`
    const { answers, isRefused, prefix, state } = this
    const isEmpty = this.#wire === ''
    if (isEmpty && prefix.length > 0)
      answers.push({ expect: 'statement', forward: false, before: state, state })
    return {
      prefix,
      messages: isEmpty && prefix.length === 0 ? [] : [query(this.#wire)],
      answers,
      rejected: regions.rejected(this.#before, this.#materialized),
      bare: false,
      flush: false,
      refused: isRefused && isEmpty,
      places: this.#places,
      texts: { wire: this.#wire, application: this.#sql },
    }
  }

  /** A statement that leaves the state as it is. */
  #writeHere(
    text: string,
    answer: Pick<Answer, 'forward' | 'refusal' | 'refuses' | 'failure'>,
    start?: number,
  ): void {
    this.#write(text, { expect: 'statement', before: this.state, state: this.state, ...answer }, start)
  }

  #write(text: string, answer: Answer, start?: number): void {
    if (this.#wire !== '') this.#wire += ';'
    this.#append(text, start)
    this.answers.push(answer)
  }

  /** @param start where the text stands in that of the application */
  #append(text: string, start?: number): void {
    if (start !== undefined)
      this.#places.push({ wire: this.#wire.length, application: start, length: text.length })
    this.#wire += text
  }
}
