/**
 * An exchange under way: what its client is given as the answers come, and what an error leaves. A conversation makes one for
 * each exchange, and calls it with each message of the server.
 */
import {
  BACKEND,
  errorResponse,
  type Fields,
  noticeResponse,
  readFields,
  type Status,
} from '../protocol/backend.ts'
import { query } from '../protocol/frontend.ts'
import { isParseError, isParserNotice, placed, withoutPlace } from '../exchange/error-places.ts'
import { type Answer, COMPLETED_BY, type Ending, endsStatement, type Exchange } from '../exchange/exchange.ts'
import { failureOf } from './exchange-failure.ts'
import { HeldOutput } from './held-output.ts'
import { type Joined, Prefix } from './prefix.ts'
import type { ExchangeResult, Sink } from './server-connection.ts'
import { transactionTag } from './transaction-tag.ts'
import type { Wire } from './wire.ts'
import type { TransactionState } from '../transaction/state.ts'

/** The error of a read that has tried to write. */
const READ_ONLY_SQL_TRANSACTION = '25006'

const NOTHING: readonly Joined[] = []

interface RunOptions {
  /** What was to be sent ahead, and goes in front of the exchange's prefix. */
  readonly joined?: readonly Joined[] | undefined
  /** How many of its messages the client has from a first run. */
  readonly skip?: number | undefined
}

export class RunningExchange {
  readonly exchange: Exchange
  readonly sink: Sink
  readonly prefix: Prefix | undefined
  /** Is the server waiting for rows of a COPY? */
  isCopying = false
  /** The state that an error has left. */
  failure: TransactionState | undefined
  /** Has a mere read turned out to write, so that it must be sent again? */
  retry = false
  /** Are the client's prepared statements gone? They stay so when what comes after that in its unit fails. */
  hasClosedAll = false
  /** Where some of its answers cannot be delivered as they come. */
  held: HeldOutput | undefined
  /** Where its answers go: what is held back, or the client. */
  output: Pick<Sink, 'deliver'>
  readonly #wire: Wire
  readonly #done: (result: ExchangeResult) => void
  /** What ends its implicit transaction, where that takes a statement. */
  readonly #ending: Ending | undefined
  #index = 0
  /** Has the server answered any statement of it? Then it has parsed the whole. */
  #isParsed = false
  /** Has the unit itself ended, so that what comes belongs to the ending of its transaction? */
  #isEnding = false
  /** The completion of its last statement, to be delivered when its transaction has ended. */
  #completion: Buffer | undefined
  #unseen: string | undefined
  #isAbandoned = false

  constructor(
    wire: Wire,
    exchange: Exchange,
    sink: Sink,
    done: (result: ExchangeResult) => void,
    { joined = NOTHING, skip = 0 }: RunOptions = {},
  ) {
    const { prefix, bare, ending } = exchange
    this.#wire = wire
    this.exchange = exchange
    this.sink = sink
    this.#done = done
    if (prefix.length > 0) this.prefix = new Prefix(prefix, joined)
    if (bare || skip > 0) this.held = new HeldOutput(sink, bare, skip)
    this.output = this.held ?? sink
    if (ending !== undefined && ending.sql.length > 0) this.#ending = ending
  }

  /** All that is written at once for it. */
  messages(): readonly Buffer[] {
    const { messages } = this.exchange
    const all = this.prefix === undefined ? [...messages] : [this.prefix.message, ...messages]
    if (this.#ending?.waits === false) all.push(query(this.#ending.sql.join(';')))
    return all
  }

  /**
   * A message of the server that belongs to one of the answers.
   *
   * @returns the answer that is complete with it
   */
  answer(type: number, bytes: Buffer): Answer | undefined {
    if (this.failure !== undefined || this.#isEnding) return undefined
    const { answers } = this.exchange
    if (answers[this.#index]?.expect === 'local') this.answerLocally()
    const answer = answers[this.#index]
    if (answer === undefined) return undefined
    this.#isParsed = true
    this.isCopying = type === BACKEND.copyIn || type === BACKEND.copyBoth
    if (this.isCopying) this.#copy()
    if (answer.forward) {
      if (this.#ending?.holdsCompletion === true) this.#deliverInTurn(type, bytes)
      else this.output.deliver(bytes)
      if (type === BACKEND.commandComplete) this.#unseen ??= transactionTag(bytes)
    }
    if (answer.expect !== type && !COMPLETED_BY.get(answer.expect)?.has(type)) return undefined
    this.#index += 1
    if (answer.closesAll === true) this.hasClosedAll = true
    if (answers[this.#index]?.expect === 'local') this.answerLocally()
    return answer
  }

  /** Delivers what the sandbox answers itself, as far as the server has come. */
  answerLocally(): void {
    if (this.failure !== undefined || this.#isEnding) return
    const { answers } = this.exchange
    for (let next = answers[this.#index]; next?.expect === 'local'; next = answers[this.#index]) {
      this.#deliverInTurn(next.bytes![0]!, next.bytes!)
      this.#index += 1
      if (next.closesAll === true) this.hasClosedAll = true
    }
  }

  /**
   * What the parser notices comes before every answer; what comes with the end of the transaction, before the last
   * completion.
   */
  notice(bytes: Buffer): void {
    if (this.#isEnding) return void this.output.deliver(bytes)
    const fields = readFields(bytes)
    if (!isParserNotice(fields)) this.answerLocally()
    const shown = fields['P'] ? noticeResponse(placed(this.exchange, this.#index, fields)) : bytes
    this.#deliverInTurn(BACKEND.notice, shown)
  }

  error(fields: Fields): void {
    this.isCopying = false
    if (this.exchange.bare && fields['C'] === READ_ONLY_SQL_TRANSACTION) {
      this.retry = true
      this.held?.drop()
    } else if (this.failure === undefined) this.#fail(fields)
  }

  /** The server is ready. Returns false where the end of the exchange's transaction is still to come. */
  ready(): boolean {
    const ending = this.#ending
    if (!this.#isEnding) this.answerLocally()
    if (!this.#isEnding && ending !== undefined) {
      this.#isEnding = true
      if (!ending.waits) return false
      if (this.failure === undefined) {
        this.#wire.send([query(ending.sql.join(';'))])
        return false
      }
    }
    this.isCopying = false
    if (this.#completion !== undefined && this.failure === undefined) this.output.deliver(this.#completion)
    return true
  }

  /** All is answered. */
  end(status: Status): void {
    const { exchange, failure, retry, hasClosedAll } = this
    if (!retry) this.held?.flush()
    const state = failure ?? exchange.ending?.state ?? exchange.answers.at(-1)!.state
    const reached = this.#index
    this.#done({
      state,
      status,
      failed: failure !== undefined,
      reached,
      hasClosedAll,
      unseen: this.#unseen,
      retry,
    })
  }

  /** Nobody waits for it any more: rows that the server asks for will not come. */
  abandon(): void {
    this.#isAbandoned = true
    if (this.isCopying) this.#wire.failCopy()
  }

  /** Delivers an answer; the completion that may be the last is delivered with the next. */
  #deliverInTurn(type: number, bytes: Buffer): void {
    if (this.#completion !== undefined) this.output.deliver(this.#completion)
    const isLast = this.#ending?.holdsCompletion === true && endsStatement(type)
    this.#completion = isLast ? bytes : undefined
    if (!isLast) this.output.deliver(bytes)
  }

  #copy(): void {
    if (this.#isAbandoned) this.#wire.failCopy()
    else this.sink.copyStarted?.()
  }

  /** A string that cannot be parsed has done nothing; any other error has come to the statement that is due. */
  #fail(fields: Fields): void {
    const { exchange } = this
    if (this.#isEnding) return this.#failEnding(fields)
    const rejected = isParseError(fields) && !this.#isParsed ? exchange.rejected : undefined
    if (rejected === undefined) this.answerLocally()
    if (this.#completion !== undefined) this.output.deliver(this.#completion)
    this.#deliverError(placed(exchange, this.#index, fields))
    this.failure = rejected ?? failureOf(exchange, this.#index, isParseError(fields))
  }

  /** A deferred constraint, for instance: the error comes in place of the last completion. */
  #failEnding(fields: Fields): void {
    this.#deliverError(withoutPlace(fields))
    this.failure = this.exchange.ending!.failure
  }

  #deliverError(fields: Fields): void {
    this.held ??= new HeldOutput(this.sink, false, 0)
    this.output = this.held
    this.held.hold()
    this.held.deliver(errorResponse(this.sink.translate(fields)))
  }
}
