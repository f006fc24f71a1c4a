/**
 * What one client takes for its server connection.
 *
 * Inside the sandbox its messages are cut into units and run by the session of the scope in which they were made.
 * Outside, bytes pass to and from a real connection of its own: the one it had before the sandbox, or a new one.
 */
import * as errors from '../errors.ts'
import * as backend from '../protocol/backend.ts'
import { type Frame, FrameReader } from '../protocol/frames.ts'
import { FRONTEND } from '../protocol/frontend.ts'
import { type Analysis, analyze } from '../sql/analyze.ts'
import { type Belongings, newBelongings, withObjects } from '../transaction/belongings.ts'
import { NO_OBJECTS } from '../transaction/client-objects.ts'
import { Inbox } from '../session/notifications.ts'
import { type Names, newNames } from '../exchange/client-names.ts'
import { OutsideConnection } from './outside-connection.ts'
import type { ServerConnection } from '../server/server-connection.ts'
import type { ScopeSession } from '../session/scope-session.ts'
import type { ClientSide } from './client-side.ts'
import type { Login } from '../login.ts'
import { greeting, shownParameters } from './greeting.ts'
import type { Level } from '../sandbox/level.ts'
import { outsideTests } from '../sandbox/test-runs.ts'
import type { WaitingUnit } from './waiting-unit.ts'
import { isRow, UnitCollector } from '../exchange/unit-collector.ts'
import { beginsAnew, sqlOf } from '../exchange/unit.ts'
import type { Requester, UnitRecord } from '../session/requester.ts'
import { answerError, unitOf } from '../session/unit.ts'

export class VirtualConnection implements Requester {
  readonly names: Names
  readonly database: string
  readonly login: string
  readonly address: Login
  isCutOff = false
  belongings: Belongings
  processId: number
  readonly #client: ClientSide
  readonly outside: OutsideConnection
  readonly #reader: FrameReader
  readonly #units = new UnitCollector()
  #waiting: WaitingUnit[] = []
  /** The session of the last unit, and all that may hold something of this client's. */
  #session: ScopeSession | undefined
  readonly #sessions = new Set<ScopeSession>()
  /** The unit that runs. */
  #busy: WaitingUnit | undefined
  isGone = false
  /** The client has said goodbye: what it has sent before is still answered. */
  #leaving = false
  /** Has it last been used inside a sandbox? Then what its own connection says is not for its client. */
  isInside = false
  /** An error came before the client's Sync: what it sends up to there is skipped, as on a server. */
  #skipping = false
  /** Parameter values that the client has been told. */
  readonly #parameters = new Map<string, string>()
  record: UnitRecord | undefined
  /** Notifications that wait for the end of the client's transaction. */
  readonly inbox: Inbox = new Inbox()

  /** @param existing the real connection of a client that was connected before the sandbox began */
  constructor(client: ClientSide, existing?: ServerConnection['socket']) {
    this.names = newNames()
    this.#client = client
    this.database = client.database
    this.login = client.login
    this.address = client.address
    this.belongings = newBelongings(this.names.prefix, client.settings)
    this.processId = client.processId ?? 0
    this.#reader = new FrameReader({ startup: existing === undefined })
    this.outside = new OutsideConnection(this, existing)
  }

  /**
   * Takes what the client has written. `done` is called when more may come.
   *
   * @param level the level in which the query was called; undefined outside the sandbox
   */
  receive(chunk: Buffer, level: Level | undefined, done: (error?: Error) => void): void {
    this.isInside = level !== undefined
    if (this.#leaving) return done()
    if (level === undefined) return this.#receiveOutside(chunk, done)
    let pending = 1
    const ready = (): void => {
      pending -= 1
      if (pending === 0) done()
    }
    for (const frame of this.#reader.read(chunk))
      if (!this.#leaving && !this.#frame(frame, level, ready)) pending += 1
    ready()
  }

  /** Asks the server to cancel what it runs for this client. */
  cancel(): void {
    this.#session?.serving(this)?.cancel()
  }

  /** The client reads again. */
  resume(): void {
    this.#session?.serving(this)?.resume()
    this.outside.resume()
  }

  /** The client will send no more: its connection ends when all is answered. */
  finish(): void {
    this.#leaving = true
    this.#pump()
  }

  /** The client is gone. */
  close(): void {
    if (this.isGone) return
    this.isGone = true
    this.#waiting = []
    for (const session of this.#sessions) session.leave(this)
    this.outside.end()
  }

  ref(): void {
    this.outside.ref()
  }

  unref(): void {
    this.outside.unref()
  }

  /** The sandbox is closed: what was begun in it is over, and the client has been told to prepare its statements again. */
  leave(): void {
    if (!this.#client.keepsStatements) this.names.statements.clear()
    this.names.portals.clear()
    this.#units.clear()
    this.#skipping = false
    this.inbox.clear()
    this.isInside = false
    const { listening } = this.belongings.objects
    this.belongings = withObjects(this.belongings, { ...NO_OBJECTS, listening })
    this.outside.leave()
  }

  analyze(sql: string): Analysis {
    const isConforming = this.#parameters.get('standard_conforming_strings') !== 'off'
    return analyze(sql, { standardConformingStrings: isConforming })
  }

  get keptWaiting(): readonly number[] {
    const levels = [...this.#waiting.map(({ level }) => level), ...(this.#client.queued?.() ?? [])]
    return levels.flatMap((level) => level?.scope.idleProcessIds ?? [])
  }

  preparedBefore(name: string): string | undefined {
    return this.#client.preparedBefore(name)
  }

  openServer(purpose: 'pinned' | 'own' = 'pinned', database?: string): Promise<ServerConnection> {
    return outsideTests(() => this.#client.openServer(purpose, database))
  }

  deliver(bytes: Buffer): void {
    this.record?.told(bytes)
    if (!this.isGone && !this.#client.push(bytes)) {
      // Nobody waits for a client that does not read.
      if (this.#session?.isAwaited === false) this.#session.serving(this)?.pause()
      this.outside.pause()
    }
  }

  parameterChanged(name: string, value: string): boolean {
    if (this.#parameters.get(name) === value) return false
    this.#parameters.set(name, value)
    return true
  }

  ready(status: backend.Status): void {
    if (status === 'I') this.#hear()
    this.deliver(backend.readyForQuery(status))
  }

  notified(channel: string, message: Buffer): void {
    this.inbox.push(channel, message)
    if (this.#busy === undefined && this.#status === 'I') this.#hear()
  }

  disconnect(reason?: Error): void {
    if (this.isGone) return
    this.close()
    this.#client.end(reason)
  }

  get #status(): backend.Status {
    return this.#session?.statusFor(this) ?? 'I'
  }

  #hear(): void {
    for (const message of this.inbox.take(this.belongings.objects.listening)) this.deliver(message)
  }

  #receiveOutside(chunk: Buffer, done: (error?: Error) => void): void {
    if (this.isCutOff) return this.#receiveCutOff(chunk, done)
    if (!this.#reader.startup) return this.outside.write(chunk, done)
    this.#reader.read(chunk)
    this.outside.open().then(
      (server) => this.#greet(server),
      (error: Error) => this.disconnect(error),
    )
    done()
  }

  /** What goes on after the sandbox in a transaction that was rolled back with it must not be written for real. */
  #receiveCutOff(chunk: Buffer, done: (error?: Error) => void): void {
    for (const frames of this.#reader.read(chunk).flatMap((frame) => this.#units.add(frame))) {
      const unit = unitOf(this, frames, () => {})
      this.isCutOff &&= !beginsAnew(unit)
      if (this.isCutOff) answerError(unit, errors.transactionEnded(sqlOf(unit)))
      else this.outside.write(Buffer.concat(frames.map(({ bytes }) => bytes)), () => {})
    }
    done()
  }

  /** Returns false when `ready` is called later. */
  #frame(frame: Frame, level: Level, ready: () => void): boolean {
    const { type, bytes } = frame
    if (type === 0) this.#startUp(level)
    else if (type === FRONTEND.terminate) this.finish()
    else {
      const copying = this.#busy ? this.#session?.serving(this) : undefined
      if (copying?.copying) return copying.write(bytes, ready)
      if (isRow(frame)) (this.#waiting.at(-1) ?? this.#busy)?.rows.push(bytes)
      for (const frames of this.#units.add(frame)) this.#waiting.push({ frames, level, rows: [] })
      this.#pump()
    }
    return true
  }

  #startUp(level: Level): void {
    if (level.scope.hasEnded) {
      this.deliver(backend.errorResponse(level.ending('connect')))
      return this.disconnect()
    }
    this.#enter(level)
      .admit(this, level)
      .then(
        (server) => this.#greet(server),
        (error: Error) => this.disconnect(error),
      )
  }

  #enter({ scope }: Level): ScopeSession {
    this.#session = scope.session(this.#client.key)
    this.#sessions.add(this.#session)
    return this.#session
  }

  #greet(server: ServerConnection): void {
    const parameters = shownParameters(server.parameters, this.#client.parameters ?? new Map())
    this.processId = server.processId
    for (const [name, value] of parameters) this.parameterChanged(name, value)
    this.deliver(greeting({ ...server, parameters }))
  }

  /** One unit at a time, so that answers come in the order of the questions, whatever their scopes. */
  #pump(): void {
    while (this.#busy === undefined && !this.isGone) {
      const next = this.#waiting.shift()
      if (next === undefined) return this.#leaving ? this.disconnect() : undefined
      if (this.#skipping) this.#skip(next)
      else this.#submit(next)
    }
  }

  /** The server asks for rows of a COPY. */
  copyStarted(): void {
    for (const row of this.#busy!.rows.splice(0)) this.#session!.serving(this)?.write(row, () => {})
  }

  #submit(waiting: WaitingUnit): void {
    const { frames, level } = waiting
    const unit = unitOf(this, frames, (failed) => this.#done(failed && unit.endsInFlush))
    if (level.ended) return answerError(unit, level.ending(sqlOf(unit)))
    const session = this.#enter(level)
    this.#busy = waiting
    this.record = level.record(unit)
    const entering = this.outside.enter(level.scope.isolation === 'database')
    if (entering === undefined) return session.submit(unit, level)
    entering.then(
      (hasEntered) => {
        if (!hasEntered) return answerError(unit, errors.openTransaction())
        if (level.ended) return answerError(unit, level.ending(sqlOf(unit)))
        session.submit(unit, level)
      },
      (error: Error) => this.disconnect(error),
    )
  }

  #done(skip: boolean): void {
    this.record?.end()
    this.record = undefined
    this.#busy = undefined
    this.#skipping ||= skip
    this.#pump()
  }

  #skip({ frames }: WaitingUnit): void {
    if (frames.at(-1)!.type !== FRONTEND.sync) return
    this.#skipping = false
    this.ready(this.#status)
  }
}
