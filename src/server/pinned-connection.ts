/** The real connection: runs one exchange at a time and tells the server's answers apart from those to our own statements. */
import {
  BACKEND,
  type Fields,
  readFields,
  readParameterStatus,
  readStatus,
  type Status,
} from '../protocol/backend.ts'
import { type Frame, FrameReader, joined } from '../protocol/frames.ts'
import { COPY_FAIL, query, TERMINATE } from '../protocol/frontend.ts'
import { Ahead } from './sent-ahead.ts'
import { completes, type Exchange, hasClosedAll, ownExchange } from '../exchange/exchange.ts'
import { HeldOutput } from './held-output.ts'
import {
  answerLocally,
  begun,
  fail,
  hasEnding,
  messagesOf,
  notice,
  type Running,
  tell,
  transactionTag,
  UNHEARD,
} from './running-exchange.ts'
import type { Prefix } from './prefix.ts'
import { type Schema, UNKNOWN_SCHEMA } from '../transaction/schema.ts'
import type { ConnectionEvents, ExchangeResult, ServerConnection, Sink } from './server-connection.ts'
import { limit } from '../clock/clock.ts'

/** Milliseconds that a server has to close a connection after the goodbye; a dead network never would. */
const GOODBYE_LIMIT = 2000

const READ_ONLY_SQL_TRANSACTION = '25006'
/** Where it comes to a rollback that was sent ahead, the end of the connection takes its place. */
const QUERY_CANCELED = '57014'

export class PinnedConnection {
  readonly server: ServerConnection
  readonly pipelinesAreBlocks: boolean
  /** Who uses the connection now. */
  events: ConnectionEvents | undefined
  /** Wire names of the prepared statements the server has; fresh until a rollback may have undone what they are over. */
  readonly known: Map<string, 'fresh' | 'stale'> = new Map()
  schema: Schema = UNKNOWN_SCHEMA
  /** Is the server waiting for rows of a COPY? Then the client's messages are passed on as they come. */
  copying = false
  isClosed = false
  /** The last error with which the server ended the connection. */
  farewell: Fields | undefined
  readonly reader: FrameReader = new FrameReader()
  readonly #onData = (chunk: Buffer): void => this.#receive(chunk)
  readonly #onError = (error: Error): void => {
    this.#reason = error
  }
  readonly #onClose = (): void => {
    this.isClosed = true
    this.#ownLost()
    this.events?.lost(this.#reason)
  }
  #ownLost = (): void => {}
  #reason: Error | undefined
  /** Values of parameters that have been reported and not told: what is told is the last of each. */
  readonly #parameters = new Map<string, Buffer>()
  #running: Running | undefined
  readonly #ahead: Ahead
  #cancelling: Promise<void> | undefined
  /** An exchange whose client is gone: rows that the server still asks it for will not come. */
  #abandoned: Running | undefined

  constructor(server: ServerConnection) {
    this.server = server
    this.pipelinesAreBlocks = Number.parseInt(server.parameters.get('server_version') ?? '', 10) >= 18
    const { socket } = server
    this.#ahead = new Ahead(socket)
    socket.on('data', this.#onData).on('error', this.#onError).on('close', this.#onClose)
    socket.unref?.()
  }

  /** Has the server not yet answered what was sent ahead, and so nothing of what runs? */
  get isBehind(): boolean {
    return this.#ahead.isAwaited || this.#running?.prefix.isBehind === true
  }

  /** Settles when all that was sent ahead is answered. */
  async caughtUp(): Promise<void> {
    if (this.isBehind) await this.runOwn([''])
  }

  /** Leaves the socket to someone else, idle as it is. */
  release(): ServerConnection {
    const { socket } = this.server
    socket.off('data', this.#onData).off('error', this.#onError).off('close', this.#onClose)
    socket.ref?.()
    return this.server
  }

  /** Runs the exchange, once a cancellation that is on its way has come to what it was meant for. */
  run(exchange: Exchange, sink: Sink, done: (result: ExchangeResult) => void): void {
    if (this.#cancelling === undefined) this.#write(exchange, sink, done)
    else void this.#cancelling.then(() => this.#write(exchange, sink, done))
  }

  /** Writes the exchange, its prefix and messages in one go, and delivers the answers. */
  #write(exchange: Exchange, sink: Sink, done: (result: ExchangeResult) => void): void {
    const held = new HeldOutput(sink, exchange.bare, this.#running?.held.released ?? 0)
    this.reader.givesParts = !held.needsWholeMessages
    const before = exchange.prefix.length > 0 ? this.#ahead.join() : []
    this.#running = begun(exchange, sink, done, held, before)
    this.#send(this.#running)
  }

  /**
   * Sends statements of our own without waiting for what the server says: what is run next is sent behind them.
   *
   * @param done is called with the answer, unless the connection is lost; without one where they have succeeded together
   *   with others
   */
  sendAhead(sql: readonly string[], done: (result?: ExchangeResult) => void): void {
    this.#ahead.push(sql, done)
  }

  #send(running: Running): void {
    const { socket } = this.server
    socket.ref?.()
    socket.cork()
    this.#ahead.send()
    for (const bytes of joined(messagesOf(running))) socket.write(bytes)
    socket.uncork()
  }

  /**
   * Runs statements of our own on an idle connection; undefined when it is lost meanwhile.
   *
   * @param deliver takes the answer's messages
   */
  runOwn(
    own: readonly string[] | Exchange,
    deliver: (bytes: Buffer) => void = () => {},
  ): Promise<ExchangeResult | undefined> {
    if (this.isClosed) return Promise.resolve(undefined)
    return new Promise((resolve) => {
      this.#ownLost = () => resolve(undefined)
      this.run('answers' in own ? own : ownExchange(own), { ...UNHEARD, deliver }, resolve)
    })
  }

  /** Why the connection is closed. */
  get closing(): Error {
    const { M: text = 'Connection terminated unexpectedly', C: code, V: severity } = this.farewell ?? {}
    return Object.assign(this.#reason ?? new Error(text), code === undefined ? {} : { code, severity })
  }

  /** Passes rows of a COPY on. Returns false when the socket is behind; `drained` is called when it is no longer. */
  write(bytes: Buffer, drained: () => void): boolean {
    if (this.server.socket.write(bytes)) return true
    this.server.socket.once('drain', drained)
    return false
  }

  /** After a rollback: tables may be other ones now, and a plan over what they were would fail. */
  distrustStatements(): void {
    for (const name of this.known.keys()) this.known.set(name, 'stale')
  }

  pause(): void {
    this.server.socket.pause()
  }

  resume(): void {
    this.server.socket.resume()
  }

  /** Its client is gone: lets the unit that runs come to its end. */
  abandon(): void {
    this.resume()
    this.#abandoned = this.#running
    if (this.copying) this.server.socket.write(COPY_FAIL)
  }

  /** Ends what runs: a server that reads rows of a COPY does not hear of a cancellation. */
  stop(): void {
    if (this.copying) this.abandon()
    else this.cancel()
  }

  /** Asks the server to cancel the unit that runs. */
  cancel(): void {
    this.#cancelling = this.server
      .cancel()
      .catch(() => this.destroy())
      .finally(() => (this.#cancelling = undefined))
  }

  /** Says goodbye; settles when the connection is closed. */
  end(): Promise<void> {
    const { socket } = this.server
    return new Promise((resolve) => {
      if (socket.closed) return resolve()
      const lift = limit(GOODBYE_LIMIT, () => socket.destroy())
      socket.once('close', () => resolve(lift()))
      socket.ref?.()
      this.#ahead.send()
      if (socket.writable) socket.end(TERMINATE)
      else socket.destroy()
    })
  }

  destroy(): void {
    this.server.socket.destroy()
  }

  #receive(chunk: Buffer): void {
    try {
      for (const frame of this.reader.read(chunk)) if (!this.server.socket.destroyed) this.#frame(frame)
    } catch (error) {
      // Nobody could answer for what follows: the connection is closed, so that its session ends and says why.
      this.server.socket.destroy(error as Error)
    }
  }

  #frame({ type, bytes }: Frame): void {
    const running = this.#ahead.first ?? this.#running
    if (running === undefined) {
      if (type === BACKEND.error) this.farewell = readFields(bytes)
      return
    }
    if (running.prefix.isAwaited) return this.#hear(running.prefix, type, bytes)
    if (type === BACKEND.readyForQuery) return this.#ready(running, readStatus(bytes))
    if (type === BACKEND.error) return this.#error(running, readFields(bytes))
    if (type === BACKEND.notice) return notice(running, bytes)
    if (!running.isEnding) answerLocally(running)
    if (type === BACKEND.parameterStatus) this.#parameters.set(readParameterStatus(bytes).name, bytes)
    else if (running.failure === undefined && !running.isEnding) this.#answer(running, type, bytes)
  }

  #hear(prefix: Prefix, type: number, bytes: Buffer): void {
    prefix.hear(type, bytes)
    const { error } = prefix
    if (error === undefined) return
    if (prefix.isBehind && error['C'] === QUERY_CANCELED) this.destroy()
    else if (type === BACKEND.readyForQuery) this.events?.prefixError(error, prefix.sql.join('; '))
  }

  #answer(running: Running, type: number, bytes: Buffer): void {
    const answer = running.exchange.answers[running.index]
    if (answer === undefined) return
    running.isParsed = true
    this.copying = type === BACKEND.copyIn || type === BACKEND.copyBoth
    if (this.copying && this.#abandoned === running) this.server.socket.write(COPY_FAIL)
    else if (this.copying) running.sink.copyStarted?.()
    if (answer.forward) tell(running, type, bytes)
    if (answer.forward && type === BACKEND.commandComplete) running.unseen ??= transactionTag(bytes)
    if (!completes(answer, type)) return
    if (answer.prepared) this.known.set(answer.prepared, 'fresh')
    if (answer.closed) this.known.delete(answer.closed)
    running.index += 1
    answerLocally(running)
  }

  #error(running: Running, fields: Fields): void {
    const { exchange, held } = running
    if (running === this.#ahead.first && fields['C'] === QUERY_CANCELED) return this.destroy()
    this.copying = false
    if (exchange.bare && fields['C'] === READ_ONLY_SQL_TRANSACTION) {
      running.retry = true
      held.drop()
    } else if (running.failure === undefined) fail(running, fields)
    if (fields['V'] === 'FATAL' || fields['V'] === 'PANIC') {
      this.farewell = fields
      held.flush()
    }
  }

  #ready(running: Running, status: Status): void {
    if (!running.isEnding) answerLocally(running)
    if (this.#awaitsEnding(running)) return
    const { exchange, sink, held, done, retry, failure, unseen } = running
    if (running === this.#ahead.first) this.#ahead.shift()
    else this.#running = retry ? running : undefined
    this.copying = false
    if (this.#running === undefined) this.server.socket.unref?.()
    if (running.completion !== undefined && failure === undefined) held.push(running.completion)
    if (!retry && (!exchange.flush || failure !== undefined)) this.tellParameters(sink, held)
    if (!retry) held.flush()
    if (hasClosedAll(exchange, running.index)) this.#forgetStatements(exchange)
    const state = failure ?? exchange.ending?.state ?? exchange.answers.at(-1)!.state
    done({ state, status, failed: failure !== undefined, reached: running.index, unseen, retry })
  }

  #forgetStatements({ answers }: Exchange): void {
    const { prefix } = answers.at(-1)!.state.client.prepared
    for (const name of this.known.keys()) if (name.startsWith(prefix)) this.known.delete(name)
  }

  /** As they are when the client is told that it is ready: those that it does not know yet. */
  tellParameters(sink: Pick<Sink, 'parameterChanged'>, held: { push(bytes: Buffer): void }): void {
    if (this.#parameters.size === 0) return
    for (const [name, bytes] of this.#parameters) {
      if (sink.parameterChanged(name, readParameterStatus(bytes).value)) held.push(bytes)
    }
    this.#parameters.clear()
  }

  /** The unit has ended: is the end of its transaction still to come? */
  #awaitsEnding(running: Running): boolean {
    const { exchange, failure, isEnding } = running
    if (isEnding || !hasEnding(exchange)) return false
    running.isEnding = true
    if (!exchange.ending.waits) return true
    if (failure !== undefined) return false
    this.server.socket.write(query(exchange.ending.sql.join(';')))
    return true
  }
}
