/** The real connection: runs one exchange at a time and tells the server's answers apart from those to our own statements. */
import {
  BACKEND,
  errorResponse,
  type Fields,
  readFields,
  readParameterStatus,
  readStatus,
  type Status,
} from '../protocol/backend.ts'
import { type Frame, FrameReader } from '../protocol/frames.ts'
import { COPY_FAIL, query, TERMINATE } from '../protocol/frontend.ts'
import { completes, type Exchange, isParseError, ownExchange, placed } from './exchange.ts'
import { HeldOutput } from './held-output.ts'
import { type Schema, UNKNOWN_SCHEMA } from './schema.ts'
import type { ConnectionEvents, ExchangeResult, ServerConnection, Sink } from './server-connection.ts'
import { failed, type TransactionState } from './transaction.ts'

interface Running {
  readonly exchange: Exchange
  readonly sink: Sink
  readonly done: (result: ExchangeResult) => void
  readonly held: HeldOutput
  /** ReadyForQuery messages of our own prefix still to come. */
  prefixes: number
  prefixError: Fields | undefined
  index: number
  /** Has the server answered any statement of it? Then it has parsed the whole. */
  isParsed: boolean
  /** The state that an error has left. */
  failure: TransactionState | undefined
  retry: boolean
}

const READ_ONLY_SQL_TRANSACTION = '25006'

export class PinnedConnection {
  readonly server: ServerConnection
  /** Who uses the connection now. */
  events: ConnectionEvents | undefined
  /** Wire names of the prepared statements the server has; fresh until a rollback may have undone what they are over. */
  readonly known: Map<string, 'fresh' | 'stale'> = new Map()
  schema: Schema = UNKNOWN_SCHEMA
  /** Is the server waiting for rows of a COPY? Then the client's messages are passed on as they come. */
  copying = false
  /** The last error with which the server ended the connection. */
  farewell: Fields | undefined
  readonly #reader = new FrameReader()
  readonly #onData = (chunk: Buffer): void => this.#receive(chunk)
  readonly #onError = (error: Error): void => {
    this.#reason = error
  }
  readonly #onClose = (): void => {
    this.#ownLost()
    this.events?.lost(this.#reason)
  }
  #ownLost = (): void => {}
  #reason: Error | undefined
  #running: Running | undefined
  /** An exchange whose client is gone: rows that the server still asks it for will not come. */
  #abandoned: Running | undefined

  constructor(server: ServerConnection) {
    this.server = server
    const { socket } = server
    socket.on('data', this.#onData).on('error', this.#onError).on('close', this.#onClose)
    socket.unref?.()
  }

  /** Leaves the socket to someone else, idle as it is. */
  release(): ServerConnection {
    const { socket } = this.server
    socket.off('data', this.#onData).off('error', this.#onError).off('close', this.#onClose)
    socket.ref?.()
    return this.server
  }

  /** Writes the exchange, its prefix and messages in one go, and delivers the answers. */
  run(exchange: Exchange, sink: Sink, done: (result: ExchangeResult) => void): void {
    const { prefix, messages } = exchange
    const skip = this.#running?.held.released ?? 0
    const held = new HeldOutput(sink, exchange.bare, skip)
    const prefixes = prefix.length > 0 ? 1 : 0
    this.#running = {
      exchange,
      sink,
      done,
      held,
      prefixes,
      prefixError: undefined,
      index: 0,
      isParsed: false,
      failure: undefined,
      retry: false,
    }
    const { socket } = this.server
    socket.ref?.()
    socket.cork()
    if (prefixes > 0) socket.write(query(prefix.join(';')))
    for (const bytes of messages) socket.write(bytes)
    socket.uncork()
  }

  /**
   * Runs statements of our own on an idle connection; undefined when it is lost meanwhile.
   *
   * @param deliver takes the answer's messages
   */
  runOwn(
    sql: readonly string[],
    deliver: (bytes: Buffer) => void = () => {},
  ): Promise<ExchangeResult | undefined> {
    return new Promise((resolve) => {
      this.#ownLost = () => resolve(undefined)
      this.run(
        ownExchange(sql),
        { deliver, translate: (fields) => fields, parameterChanged: () => {} },
        resolve,
      )
    })
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
    this.server.cancel().catch(() => this.destroy())
  }

  /** Says goodbye; settles when the connection is closed. */
  end(): Promise<void> {
    const { socket } = this.server
    return new Promise((resolve) => {
      if (socket.closed) return resolve()
      socket.once('close', () => resolve())
      socket.ref?.()
      if (socket.writable) socket.end(TERMINATE)
      else socket.destroy()
    })
  }

  destroy(): void {
    this.server.socket.destroy()
  }

  #receive(chunk: Buffer): void {
    try {
      for (const frame of this.#reader.read(chunk)) this.#frame(frame)
    } catch (error) {
      // Nobody could answer for what follows: the connection is closed, so that its session ends and says why.
      this.server.socket.destroy(error as Error)
    }
  }

  #frame({ type, bytes }: Frame): void {
    const running = this.#running
    if (running === undefined) {
      if (type === BACKEND.error) this.farewell = readFields(bytes)
      return
    }
    if (type === BACKEND.readyForQuery) return this.#ready(running, readStatus(bytes))
    if (running.prefixes > 0) {
      if (type === BACKEND.error) running.prefixError = readFields(bytes)
      return
    }
    if (type === BACKEND.error) return this.#error(running, readFields(bytes))
    answerLocally(running)
    if (type === BACKEND.notice) return running.held.push(bytes)
    if (type === BACKEND.parameterStatus) return this.#parameter(running, bytes)
    if (running.failure === undefined) this.#answer(running, type, bytes)
  }

  #parameter({ sink, held }: Running, bytes: Buffer): void {
    const { name, value } = readParameterStatus(bytes)
    sink.parameterChanged(name, value)
    held.push(bytes)
  }

  #answer(running: Running, type: number, bytes: Buffer): void {
    const answer = running.exchange.answers[running.index]
    if (answer === undefined) return
    running.isParsed = true
    this.copying = type === BACKEND.copyIn || type === BACKEND.copyBoth
    if (this.copying && this.#abandoned === running) this.server.socket.write(COPY_FAIL)
    if (answer.forward) running.held.push(bytes)
    if (!completes(answer, type)) return
    if (answer.prepared) this.known.set(answer.prepared, 'fresh')
    if (answer.closed) this.known.delete(answer.closed)
    running.index += 1
    answerLocally(running)
  }

  #error(running: Running, fields: Fields): void {
    const { exchange, held } = running
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
    if (running.prefixes > 0) {
      running.prefixes -= 1
      if (running.prefixError)
        this.events?.prefixError(running.prefixError, running.exchange.prefix.join('; '))
      return
    }
    answerLocally(running)
    const { exchange, held, done, retry, failure } = running
    this.#running = retry ? running : undefined
    this.copying = false
    this.server.socket.unref?.()
    if (!retry) held.flush()
    if (exchange.deallocatesAll && failure === undefined) this.known.clear()
    const state = failure ?? exchange.answers.at(-1)!.state
    done({ state, status, failed: failure !== undefined, retry })
  }
}

/** Tells the application what the sandbox answers itself, as far as the server has come. */
function answerLocally(running: Running): void {
  if (running.failure !== undefined) return
  const { answers } = running.exchange
  for (let next = answers[running.index]; next?.expect === 'local'; next = answers[running.index]) {
    running.held.push(next.bytes!)
    running.index += 1
  }
}

/** A string that cannot be parsed has done nothing; any other error has come to the statement that is due. */
function fail(running: Running, fields: Fields): void {
  const { exchange, sink, held } = running
  const rejected = isParseError(fields) && !running.isParsed ? exchange.rejected : undefined
  if (rejected === undefined) answerLocally(running)
  held.hold()
  held.push(errorResponse(sink.translate(placed(exchange, running.index, fields))))
  const last = exchange.answers.at(-1)!
  const { before = last.state, failure = failed(before) } = exchange.answers[running.index] ?? last
  running.failure = rejected ?? failure
}
