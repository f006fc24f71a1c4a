/**
 * One exchange after another over a Wire: tells the server's answers apart from those to statements of the sandbox. A
 * session's connection is one (PinnedConnection); a question on any other connection is asked in one of its own.
 */
import { BACKEND, type Fields, readFields, readStatus, type Status } from '../protocol/backend.ts'
import { FrameReader } from '../protocol/frames.ts'
import { type Answer, type Exchange, statementsExchange } from '../exchange/exchange.ts'
import type { Prefix } from './prefix.ts'
import { RunningExchange } from './running-exchange.ts'
import { SentAhead } from './sent-ahead.ts'
import { type ConnectionEvents, type ExchangeResult, type Sink, UNHEARD } from './server-connection.ts'
import type { Wire, WireListener } from './wire.ts'

/** Where it comes to a rollback that was sent ahead, the end of the connection takes its place. */
const QUERY_CANCELED = '57014'

export class Conversation implements WireListener {
  readonly wire: Wire
  /** Who uses the connection now. */
  events: ConnectionEvents | undefined
  /** The last error with which the server ended the connection. */
  farewell: Fields | undefined
  readonly reader: FrameReader = new FrameReader()
  readonly #ahead: SentAhead
  #running: RunningExchange | undefined
  #cancelling: Promise<void> | undefined
  #statementsLost = (): void => {}

  constructor(wire: Wire) {
    this.wire = wire
    this.#ahead = new SentAhead(wire)
    wire.listener = this
    wire.unref()
  }

  get isClosed(): boolean {
    return this.wire.isClosed
  }

  /** Is the server waiting for rows of a COPY? Then the client's messages are passed on as they come. */
  get copying(): boolean {
    return this.#running?.isCopying === true
  }

  /** Has the server not yet answered what was sent ahead, and so nothing of what runs? */
  get isBehind(): boolean {
    return this.#ahead.isAwaited || this.#running?.prefix?.isBehind === true
  }

  /** Settles when all that was sent ahead is answered. */
  async caughtUp(): Promise<void> {
    if (this.isBehind) await this.runStatements([''])
  }

  /**
   * Writes the exchange, its prefix and messages in one go, and delivers the answers; once a cancellation that is on its way
   * has come to what it was meant for.
   */
  run(exchange: Exchange, sink: Sink, done: (result: ExchangeResult) => void): void {
    if (this.#cancelling !== undefined) {
      void this.#cancelling.then(() => this.run(exchange, sink, done))
      return
    }
    const joins = exchange.prefix.length > 0 && this.#ahead.unsent.length > 0
    const joined = joins ? this.#ahead.join() : undefined
    const skip = this.#running?.held?.delivered
    const running = new RunningExchange(this.wire, exchange, sink, done, { joined, skip })
    this.reader.givesParts = running.held === undefined
    this.#running = running
    const messages = running.messages()
    this.wire.send(this.#ahead.unsent.length === 0 ? messages : [...this.#ahead.messages(), ...messages])
  }

  /**
   * Sends statements of the sandbox without waiting for what the server says: what is run next is sent behind them.
   *
   * @param done is called with the answer, unless the connection is lost; without one where they have succeeded together
   *   with others
   */
  sendAhead(sql: readonly string[], done: (result?: ExchangeResult) => void): void {
    this.#ahead.push(sql, done)
  }

  /**
   * Runs statements of the sandbox on an idle connection; undefined when it is lost meanwhile.
   *
   * @param deliver takes the answer's messages
   */
  runStatements(
    statements: readonly string[] | Exchange,
    deliver: (bytes: Buffer) => void = () => {},
  ): Promise<ExchangeResult | undefined> {
    if (this.isClosed) return Promise.resolve(undefined)
    const exchange = 'answers' in statements ? statements : statementsExchange(statements)
    return new Promise((resolve) => {
      this.#statementsLost = () => resolve(undefined)
      this.run(exchange, { ...UNHEARD, deliver }, resolve)
    })
  }

  /** Nobody waits for the unit that runs any more: lets it come to its end. */
  abandon(): void {
    this.wire.resume()
    this.#running?.abandon()
  }

  /** Ends what runs: a server that reads rows of a COPY does not hear of a cancellation. */
  stop(): void {
    if (this.copying) this.abandon()
    else this.cancel()
  }

  /** Asks the server to cancel the unit that runs. */
  cancel(): void {
    this.#cancelling = this.wire.cancel().finally(() => (this.#cancelling = undefined))
  }

  /** Says goodbye; settles when the connection is closed. */
  end(): Promise<void> {
    this.#ahead.send()
    return this.wire.end()
  }

  destroy(): void {
    this.wire.destroy()
  }

  lost(reason: Error | undefined): void {
    this.#statementsLost()
    this.events?.lost(reason)
  }

  receive(chunk: Buffer): void {
    try {
      for (const { type, bytes } of this.reader.read(chunk)) {
        if (this.wire.socket.destroyed) return
        const running = this.#ahead.unanswered[0] ?? this.#running
        const prefix = running?.prefix
        if (running === undefined) {
          if (type === BACKEND.error) this.farewell = readFields(bytes)
        } else if (prefix?.isAwaited === true) {
          prefix.answer(type, bytes)
          if (prefix.error !== undefined) this.#prefixFailed(type, prefix, prefix.error)
        } else if (type === BACKEND.readyForQuery) this.#ready(running, readStatus(bytes))
        else if (ASIDE.has(type)) this.#receiveAside(running, type, bytes)
        else {
          const answer = running.answer(type, bytes)
          if (answer?.prepared !== undefined || answer?.closed !== undefined) this.completed(answer)
        }
      }
    } catch (error) {
      // Nobody could answer for what follows: the connection is closed, so that its session ends and says why.
      this.wire.destroy(error as Error)
    }
  }

  /** An answer has come with which a prepared statement is made or closed. */
  protected completed(_answer: Answer): void {}

  /** The server has another value of a parameter. */
  protected reported(_bytes: Buffer): void {}

  /** The server is ready; what was held back is not delivered yet. */
  protected ended(_running: RunningExchange): void {}

  /** Messages that complete no answer. */
  #receiveAside(running: RunningExchange, type: number, bytes: Buffer): void {
    if (type === BACKEND.error) return this.#error(running, readFields(bytes))
    if (type === BACKEND.notice) return running.notice(bytes)
    running.answerLocally()
    this.reported(bytes)
  }

  #prefixFailed(type: number, { isBehind, sql }: Prefix, error: Fields): void {
    if (isBehind && error['C'] === QUERY_CANCELED) this.destroy()
    else if (type === BACKEND.readyForQuery) this.events?.prefixError(error, sql.join('; '))
  }

  #error(running: RunningExchange, fields: Fields): void {
    if (running === this.#ahead.unanswered[0] && fields['C'] === QUERY_CANCELED) return this.destroy()
    running.error(fields)
    if (fields['V'] === 'FATAL' || fields['V'] === 'PANIC') {
      this.farewell = fields
      running.held?.flush()
    }
  }

  #ready(running: RunningExchange, status: Status): void {
    if (!running.ready()) return
    if (running === this.#ahead.unanswered[0]) this.#ahead.unanswered.shift()
    else this.#running = running.retry ? running : undefined
    if (this.#running === undefined) this.wire.unref()
    this.ended(running)
    running.end(status)
  }
}

/** Messages of the server that complete no answer. */
const ASIDE: ReadonlySet<number> = new Set([BACKEND.error, BACKEND.notice, BACKEND.parameterStatus])

/**
 * Runs statements of the sandbox on a connection that carries no sandbox, while its listener hears nothing.
 *
 * @param deliver takes the messages of the answer
 * @returns the status of the connection's transaction; undefined when it was lost
 */
export async function ask(
  wire: Wire,
  statements: readonly string[] | Exchange,
  deliver?: (bytes: Buffer) => void,
): Promise<Status | undefined> {
  const { listener } = wire
  const answer = await new Conversation(wire).runStatements(statements, deliver)
  wire.listener = listener
  wire.ref()
  if (wire.isClosed) listener?.lost(wire.reason)
  return answer?.status
}
