/**
 * A client's real connection to a private database: units are passed on as they are, one at a time, and the server's
 * answers back. The client believes in one connection all along, so what it has made in its session goes along to the next.
 */
import { BACKEND, type Fields, readParameterStatus, readStatus, type Status } from '../protocol/backend.ts'
import { type Frame, FrameReader } from '../protocol/frames.ts'
import { COPY_FAIL, FRONTEND, SYNC } from '../protocol/frontend.ts'
import { ask, closed } from '../server/ask.ts'
import { askWhatIsCarried, bringBack, readWhatIsCarried } from '../server/carry-over.ts'
import type { Serving } from '../session/scope-session.ts'
import { messagesOfOwn } from '../exchange/exchange.ts'
import { PassedStatements } from './relayed-statements.ts'
import { PassedUnit } from './relayed-unit.ts'
import type { ServerConnection } from '../server/server-connection.ts'
import { cancelThenClose, limit } from '../clock/clock.ts'
import type { Requester } from '../session/requester.ts'
import { answerError, disconnect, type Unit } from '../session/unit.ts'

/** Messages that come at any time, and answer nothing. */
const ASIDE: ReadonlySet<number> = new Set([BACKEND.notice, BACKEND.notification, BACKEND.parameterStatus])

/** Statements of our own, and who takes the answer. */
type Question = [Parameters<typeof ask>[1], Parameters<typeof ask>[2]?]

/** Milliseconds that a server has to answer a question of our own. */
const ANSWER_LIMIT = 5000

export class CloneConnection implements Serving {
  readonly server: ServerConnection
  copying = false
  status: Status = 'I'
  isClosed = false
  readonly #requester: Requester
  readonly #statements: PassedStatements
  readonly #reader = new FrameReader()
  #running: PassedUnit | undefined
  /** The client has been told the end of what runs. */
  #isMuted = false
  /** The server passes over what comes before a Sync. */
  #isSkipping = false
  #waiting: (() => void)[] = []
  #reason: Error | undefined
  #asking: Promise<Status | undefined> = Promise.resolve(undefined)

  constructor(requester: Requester, server: ServerConnection) {
    this.server = server
    this.#requester = requester
    this.#statements = new PassedStatements(requester)
    this.#listen()
    server.socket.unref?.()
  }

  /** Opens it, with what the client had made in its session on its last one. */
  static async open(requester: Requester, database: string): Promise<CloneConnection> {
    const server = await requester.openServer('own', database)
    const { belongings, names } = requester
    const { objects, settings, startup } = belongings
    const carried = { settings, listening: objects.listening }
    const made = [...bringBack(carried, startup), ...names.prepares]
    if (made.length > 0) await ask(server.socket, made)
    return new CloneConnection(requester, server)
  }

  get isRunning(): boolean {
    return this.#running !== undefined
  }

  async run(unit: Unit): Promise<void> {
    const { frames } = unit
    const last = frames.at(-1)!.type
    if (this.#isSkipping && last !== FRONTEND.sync) return unit.done(false)
    this.#isSkipping = false
    this.#isMuted = false
    this.#running = new PassedUnit(unit)
    this.server.socket.ref?.()
    const missing = this.status === 'E' ? [] : this.#statements.missing(unit)
    if (missing.length > 0) await this.#ask(messagesOfOwn([...missing, SYNC]))
    const messages = frames.map(({ bytes }) => bytes)
    unit.requester.record?.sent({ prefix: [], messages })
    if (!this.isClosed) this.server.socket.write(Buffer.concat(messages))
  }

  write(bytes: Buffer, drained: () => void): boolean {
    if (this.server.socket.write(bytes)) return true
    this.server.socket.once('drain', drained)
    return false
  }

  cancel(): void {
    this.server.cancel().catch(() => this.server.socket.destroy())
  }

  pause(): void {
    this.server.socket.pause()
  }

  resume(): void {
    this.server.socket.resume()
  }

  /** Its client is answered now: nobody shall go on with the result of what still runs. */
  giveUp(fieldsFor: (unit: Unit) => Fields): void {
    if (this.#running === undefined || this.#isMuted) return
    this.#isMuted = true
    const { unit } = this.#running
    answerError(unit, fieldsFor(unit))
  }

  /** Waits until nothing runs. After so many milliseconds what does is cancelled, after as long again the connection closed. */
  async settle(milliseconds: number): Promise<void> {
    if (this.#running === undefined) return
    const lift = cancelThenClose(milliseconds, {
      cancel: () => (this.copying ? this.server.socket.write(COPY_FAIL) : this.cancel()),
      close: () => this.server.socket.destroy(),
    })
    this.resume()
    await new Promise<void>((resolve) => this.#waiting.push(resolve))
    lift()
  }

  /** Lets the client keep what it has made in its session here; an open transaction is over. Only while nothing runs. */
  async carryOver(): Promise<void> {
    const { belongings, names } = this.#requester
    if (this.isClosed) return
    if (this.#isSkipping) await this.#ask(messagesOfOwn([SYNC]))
    if (this.status !== 'I') this.status = (await this.#ask(['ROLLBACK'])) ?? 'I'
    const chunks: Buffer[] = []
    const ownNames = [...this.#statements.settings, ...belongings.settings.keys()].filter((name) =>
      name.includes('.'),
    )
    const asked = [askWhatIsCarried(new Set(ownNames))]
    if ((await this.#ask(asked, (bytes) => chunks.push(bytes))) === undefined) return
    const carried = readWhatIsCarried(Buffer.concat(chunks))
    const { startup, objects } = this.#requester.belongings
    this.#requester.belongings = {
      ...this.#requester.belongings,
      settings: new Map([...startup, ...carried.settings]),
      objects: { ...objects, listening: carried.listening },
    }
    names.prepares = carried.prepares
    this.#statements.keep(carried.statements)
  }

  /** Closes it, unseen by the client. */
  close(): Promise<void> {
    this.isClosed = true
    this.#unlisten()
    return closed(this.server.socket)
  }

  /** One question after another: they come from whoever ends a level, and from the client's next connection. */
  #ask(...question: Question): Promise<Status | undefined> {
    this.#asking = this.#asking.then(() => (this.isClosed ? undefined : this.#askNow(...question)))
    return this.#asking
  }

  async #askNow(...question: Question): Promise<Status | undefined> {
    const { socket } = this.server
    this.#unlisten()
    const lift = limit(ANSWER_LIMIT, () => socket.destroy())
    const status = await ask(socket, ...question)
    lift()
    if (this.isClosed) return undefined
    if (socket.destroyed) this.#onClose()
    else this.#listen()
    return status
  }

  #listen(): void {
    this.server.socket.on('data', this.#onData).on('error', this.#onError).on('close', this.#onClose)
  }

  #unlisten(): void {
    this.server.socket.off('data', this.#onData).off('error', this.#onError).off('close', this.#onClose)
  }

  readonly #onData = (chunk: Buffer): void => {
    for (const frame of this.#reader.read(chunk)) this.#frame(frame)
  }

  readonly #onError = (error: Error): void => {
    this.#reason = error
  }

  readonly #onClose = (): void => {
    if (this.isClosed) return
    this.isClosed = true
    const running = this.#running
    this.#stopRunning()
    if (running === undefined || this.#isMuted) this.#requester.disconnect(this.#reason)
    else disconnect(running.unit, undefined, this.#reason)
  }

  #frame({ type, bytes }: Frame): void {
    const isReady = type === BACKEND.readyForQuery
    if (isReady) this.status = readStatus(bytes)
    if (type === BACKEND.parameterStatus) {
      const { name, value } = readParameterStatus(bytes)
      this.#requester.parameterChanged(name, value)
    }
    if (!ASIDE.has(type)) this.copying = type === BACKEND.copyIn || type === BACKEND.copyBoth
    if (!this.#isMuted && !isReady) this.#requester.deliver(bytes)
    if (this.copying && this.#isMuted) this.server.socket.write(COPY_FAIL)
    else if (this.copying) this.#requester.copyStarted()
    if (this.#running?.isAnsweredBy(type) === true) this.#complete(this.#running)
  }

  #complete({ unit, hasFailed }: PassedUnit): void {
    this.#isSkipping = hasFailed
    this.#stopRunning()
    if (this.#isMuted) return
    if (!unit.endsInFlush) unit.requester.ready(this.status)
    unit.done(false)
  }

  #stopRunning(): void {
    this.#running = undefined
    this.server.socket.unref?.()
    for (const resolve of this.#waiting.splice(0)) resolve()
  }
}
