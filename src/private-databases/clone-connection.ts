/**
 * A client's real connection to a private database: units are passed on as they are, one at a time, and the server's
 * answers back. The client believes in one connection all along, so what it has made in its session goes along to the next.
 */
import {
  BACKEND,
  errorResponse,
  type Fields,
  readParameterStatus,
  readStatus,
  type Status,
} from '../protocol/backend.ts'
import { FrameReader } from '../protocol/frames.ts'
import { FRONTEND, SYNC } from '../protocol/frontend.ts'
import { bringSession } from '../session/bring-session.ts'
import { ask } from '../server/conversation.ts'
import { askWhatIsCarried, readWhatIsCarried } from '../session/carry-over.ts'
import type { Serving } from '../session/scope-session.ts'
import { messagesExchange } from '../exchange/exchange.ts'
import { RelayedStatements } from './relayed-statements.ts'
import { RelayedUnit } from './relayed-unit.ts'
import type { ServerConnection } from '../server/server-connection.ts'
import { cancelThenClose, limit } from '../clock/clock.ts'
import type { Requester } from '../session/requester.ts'
import { AbandonedUnit } from '../session/abandoned-unit.ts'
import { disconnect, type Unit } from '../session/unit.ts'
import { Wire, type WireListener } from '../server/wire.ts'

/** Messages that come at any time, and answer nothing. */
const ASIDE: ReadonlySet<number> = new Set([BACKEND.notice, BACKEND.notification, BACKEND.parameterStatus])

/** Statements of the sandbox, and who takes the answer. */
type Question = [Parameters<typeof ask>[1], Parameters<typeof ask>[2]?]

/** Milliseconds that a server has to answer a question of the sandbox. */
const ANSWER_LIMIT = 5000

export class CloneConnection implements Serving, WireListener {
  readonly server: ServerConnection
  copying = false
  readonly syncsAtFlush = false
  status: Status = 'I'
  isClosed = false
  readonly #requester: Requester
  readonly #statements: RelayedStatements
  readonly reader: FrameReader = new FrameReader()
  readonly #wire: Wire
  #running: RelayedUnit | undefined
  /** In the client's place, when it has been told the end of what runs. */
  #abandoned: AbandonedUnit | undefined
  /** The server passes over what comes before a Sync. */
  #isSkipping = false
  #waiting: (() => void)[] = []
  #asking: Promise<Status | undefined> = Promise.resolve(undefined)

  constructor(requester: Requester, server: ServerConnection, wire: Wire) {
    this.server = server
    this.#requester = requester
    this.#statements = new RelayedStatements(requester)
    this.#wire = wire
    wire.listener = this
    wire.unref()
  }

  /** Opens it, with what the client had made in its session on its last one. */
  static async open(requester: Requester, database: string): Promise<CloneConnection> {
    const server = await requester.openServer('own', database)
    const wire = new Wire(server)
    await bringSession(wire, requester)
    return new CloneConnection(requester, server, wire)
  }

  get isRunning(): boolean {
    return this.#running !== undefined
  }

  /** @param refusal the error that the client is told in place of what it asks for */
  async run(unit: Unit, refusal?: Fields): Promise<void> {
    const last = unit.frames.at(-1)!.type
    if (this.#isSkipping && last !== FRONTEND.sync) return unit.done(false)
    this.#isSkipping = false
    this.#abandoned = undefined
    const running = new RelayedUnit(unit, refusal)
    this.#running = running
    this.#wire.ref()
    const missing = this.status === 'E' || refusal !== undefined ? [] : this.#statements.missing(unit)
    if (missing.length > 0) await this.#ask(messagesExchange([...missing, SYNC]))
    const { messages } = running
    unit.requester.record?.sent({ prefix: [], messages })
    if (!this.isClosed) this.#wire.send(messages)
  }

  write(bytes: Buffer, drained: () => void): boolean {
    return this.#wire.write(bytes, drained)
  }

  failCopy(waitsForSync: boolean): void {
    this.#wire.failCopy()
    if (waitsForSync) this.#wire.send([SYNC])
  }

  cancel(): void {
    void this.#wire.cancel()
  }

  pause(): void {
    this.#wire.pause()
  }

  resume(): void {
    this.#wire.resume()
  }

  /** Its client is answered now: nobody shall go on with the result of what still runs. */
  giveUp(fieldsFor: (unit: Unit) => Fields): void {
    if (this.#running === undefined || this.#abandoned !== undefined) return
    const { unit } = this.#running
    this.#abandoned = new AbandonedUnit(unit, fieldsFor(unit), this)
    this.#abandoned.answer()
  }

  /** Nobody waits for the unit that runs any more: rows that the server asks for will not come. */
  abandon(): void {
    this.resume()
    if (this.copying) this.#wire.failCopy()
  }

  /** Waits until nothing runs. After so many milliseconds what does is cancelled, after as long again the connection closed. */
  async settle(milliseconds: number): Promise<void> {
    if (this.#running === undefined) return
    const lift = cancelThenClose(milliseconds, {
      cancel: () => (this.copying ? this.abandon() : this.cancel()),
      close: () => this.#wire.destroy(),
    })
    this.resume()
    await new Promise<void>((resolve) => this.#waiting.push(resolve))
    lift()
  }

  /** Lets the client keep what it has made in its session here; an open transaction is over. Only while nothing runs. */
  async carryOver(): Promise<void> {
    const { belongings, names } = this.#requester
    if (this.isClosed) return
    if (this.#isSkipping) await this.#ask(messagesExchange([SYNC]))
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
    return this.#wire.end()
  }

  /** One question after another: they come from whoever ends a level, and from the client's next connection. */
  #ask(...question: Question): Promise<Status | undefined> {
    this.#asking = this.#asking.then(() => (this.isClosed ? undefined : this.#askNow(...question)))
    return this.#asking
  }

  async #askNow(...[statements, deliver]: Question): Promise<Status | undefined> {
    const lift = limit(ANSWER_LIMIT, () => this.#wire.destroy())
    const status = await ask(this.#wire, statements, deliver)
    lift()
    return this.isClosed ? undefined : status
  }

  lost(reason: Error | undefined): void {
    if (this.isClosed) return
    this.isClosed = true
    const running = this.#running
    this.#stopRunning()
    if (running === undefined || this.#abandoned !== undefined) this.#requester.disconnect(reason)
    else disconnect(running.unit, undefined, reason)
  }

  receive(chunk: Buffer): void {
    for (const { type, bytes } of this.reader.read(chunk)) if (!this.isClosed) this.#relay(type, bytes)
  }

  #relay(type: number, bytes: Buffer): void {
    const isReady = type === BACKEND.readyForQuery
    if (isReady) this.status = readStatus(bytes)
    if (type === BACKEND.parameterStatus) {
      const { name, value } = readParameterStatus(bytes)
      this.#requester.parameterChanged(name, value)
    }
    if (!ASIDE.has(type)) this.copying = type === BACKEND.copyIn || type === BACKEND.copyBoth
    const { refusal } = this.#running ?? {}
    const told = type === BACKEND.error && refusal !== undefined ? errorResponse(refusal) : bytes
    if (!isReady) (this.#abandoned ?? this.#requester).deliver(told)
    if (this.copying && this.#abandoned !== undefined) this.#wire.failCopy()
    else if (this.copying) this.#requester.copyStarted()
    if (this.#running?.isAnsweredBy(type) === true) this.#complete(this.#running)
  }

  #complete({ unit, hasFailed }: RelayedUnit): void {
    this.#isSkipping = hasFailed
    this.#stopRunning()
    if (this.#abandoned !== undefined) return
    if (!unit.endsInFlush) unit.requester.ready(this.status)
    unit.done(false)
  }

  #stopRunning(): void {
    this.#running = undefined
    this.#wire.unref()
    for (const resolve of this.#waiting.splice(0)) resolve()
  }
}
