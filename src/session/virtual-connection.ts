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
import { Names } from './names.ts'
import { OwnConnection } from './own-connection.ts'
import type { ServerConnection } from './server-connection.ts'
import { greeting } from './greeting.ts'
import type { Level } from './scope.ts'
import type { Session } from './session.ts'
import { NO_SETTINGS, type Settings } from './settings.ts'
import { UnitCollector } from './unit-collector.ts'
import { answerError, beginsAnew, endsInFlush, type Requester, sqlOf, type Unit } from './unit.ts'

/** The client's side: what the driver in front of the virtual connection does. */
export interface ClientSide {
  /** Clients with equal keys see the same server, database and user. */
  readonly key: string
  readonly login: string
  /** Settings of its start-up packet, which the pinned connection does not have. */
  readonly settings?: Settings
  /** Logs in for real; `pinned` when the connection is to carry a sandbox. */
  openServer(purpose: 'pinned' | 'own'): Promise<ServerConnection>
  preparedBefore(name: string): string | undefined
  /** Hands bytes over; false when the reader is behind. */
  push(bytes: Buffer): boolean
  /** The connection has ended, with the error that ended it if there was one. */
  end(reason?: Error): void
}

interface Waiting {
  readonly frames: readonly Frame[]
  readonly level: Level
}

let connections = 0

export class VirtualConnection implements Requester {
  readonly names: Names
  readonly startupSettings: Settings
  isCutOff = false
  settings: Settings
  readonly #client: ClientSide
  readonly #own: OwnConnection
  readonly #reader: FrameReader
  readonly #units = new UnitCollector()
  #waiting: Waiting[] = []
  /** The session of the last unit, and all that may hold something of this client's. */
  #session: Session | undefined
  readonly #sessions = new Set<Session>()
  #busy = false
  #ended = false
  /** An error came before the client's Sync: what it sends up to there is skipped, as on a server. */
  #skipping = false
  #standardConformingStrings = true

  /** @param existing the real connection of a client that was connected before the sandbox began */
  constructor(client: ClientSide, existing?: ServerConnection['socket']) {
    connections += 1
    this.names = new Names(connections)
    this.#client = client
    this.startupSettings = client.settings ?? NO_SETTINGS
    this.settings = this.startupSettings
    this.#reader = new FrameReader({ startup: existing === undefined })
    this.#own = new OwnConnection(this, existing)
  }

  get login(): string {
    return this.#client.login
  }

  /**
   * Takes what the client has written. `done` is called when more may come.
   *
   * @param level the level in which the query was called; undefined outside the sandbox
   */
  receive(chunk: Buffer, level: Level | undefined, done: (error?: Error) => void): void {
    if (level === undefined) return this.#receiveOutside(chunk, done)
    let pending = 1
    const ready = (): void => {
      pending -= 1
      if (pending === 0) done()
    }
    for (const frame of this.#reader.read(chunk)) if (!this.#frame(frame, level, ready)) pending += 1
    ready()
  }

  /** The client reads again. */
  resume(): void {
    this.#session?.serving(this)?.resume()
    this.#own.resume()
  }

  /** The client has closed its end. */
  close(): void {
    if (this.#ended) return
    this.#ended = true
    this.#waiting = []
    for (const session of this.#sessions) session.leave(this)
    this.#own.end()
  }

  ref(): void {
    this.#own.ref()
  }

  unref(): void {
    this.#own.unref()
  }

  /** The sandbox is closed: what was begun in it is over, and the client has been told to prepare its statements again. */
  leave(): void {
    this.names.statements.clear()
    this.names.portals.clear()
    this.#units.clear()
    this.#skipping = false
    this.#own.leave()
  }

  analyze(sql: string): Analysis {
    return analyze(sql, { standardConformingStrings: this.#standardConformingStrings })
  }

  preparedBefore(name: string): string | undefined {
    return this.#client.preparedBefore(name)
  }

  openServer(purpose: 'pinned' | 'own' = 'pinned'): Promise<ServerConnection> {
    return this.#client.openServer(purpose)
  }

  deliver(bytes: Buffer): void {
    if (!this.#ended && !this.#client.push(bytes)) {
      // Nobody waits for a client that does not read.
      if (this.#session?.isAwaited === false) this.#session.serving(this)?.pause()
      this.#own.pause()
    }
  }

  translate(fields: backend.Fields): backend.Fields {
    return { ...fields, M: this.names.restore(fields['M'] ?? '') }
  }

  parameterChanged(name: string, value: string): void {
    if (name === 'standard_conforming_strings') this.#standardConformingStrings = value === 'on'
  }

  disconnect(reason?: Error): void {
    if (this.#ended) return
    this.#ended = true
    this.#waiting = []
    this.#own.end()
    this.#client.end(reason)
  }

  #receiveOutside(chunk: Buffer, done: (error?: Error) => void): void {
    if (this.isCutOff) return this.#receiveCutOff(chunk, done)
    if (!this.#reader.startup) return this.#own.write(chunk, done)
    this.#reader.read(chunk)
    this.#own.open().then(
      (server) => this.#greet(server),
      (error: Error) => this.disconnect(error),
    )
    done()
  }

  /** What goes on after the sandbox in a transaction that was rolled back with it must not be written for real. */
  #receiveCutOff(chunk: Buffer, done: (error?: Error) => void): void {
    for (const frames of this.#reader.read(chunk).flatMap((frame) => this.#units.add(frame))) {
      const unit: Unit = { requester: this, frames, done: () => {} }
      this.isCutOff &&= !beginsAnew(unit)
      if (this.isCutOff) answerError(unit, errors.transactionEnded(sqlOf(unit)))
      else this.#own.write(Buffer.concat(frames.map(({ bytes }) => bytes)), () => {})
    }
    done()
  }

  /** Returns false when `ready` is called later. */
  #frame(frame: Frame, level: Level, ready: () => void): boolean {
    const { type, bytes } = frame
    if (type === 0) this.#startUp(level)
    else if (type === FRONTEND.terminate) {
      this.close()
      this.#client.end()
    } else {
      const copying = this.#busy ? this.#session?.serving(this) : undefined
      if (copying?.copying) return copying.write(bytes, ready)
      for (const frames of this.#units.add(frame)) this.#waiting.push({ frames, level })
      this.#pump()
    }
    return true
  }

  #startUp(level: Level): void {
    if (level.ended) {
      this.deliver(backend.errorResponse(level.ending('connect')))
      return this.disconnect()
    }
    this.#enter(level)
      .admit(this)
      .then(
        (server) => this.#greet(server),
        (error: Error) => this.disconnect(error),
      )
  }

  #enter({ scope }: Level): Session {
    this.#session = scope.session(this.#client.key)
    this.#sessions.add(this.#session)
    return this.#session
  }

  #greet(server: ServerConnection): void {
    for (const [name, value] of server.parameters) this.parameterChanged(name, value)
    this.deliver(greeting(server))
  }

  /** One unit at a time, so that answers come in the order of the questions, whatever their scopes. */
  #pump(): void {
    while (!this.#busy && !this.#ended) {
      const next = this.#waiting.shift()
      if (next === undefined) return
      if (this.#skipping) this.#skip(next)
      else this.#submit(next)
    }
  }

  #submit({ frames, level }: Waiting): void {
    const unit: Unit = { requester: this, frames, done: (failed) => this.#done(failed && endsInFlush(unit)) }
    if (level.ended) return answerError(unit, level.ending(sqlOf(unit)))
    const session = this.#enter(level)
    this.#busy = true
    if (!this.#own.isNew) return session.submit(unit)
    this.#own.adopt().then(
      (settings) => {
        if (settings === undefined) return answerError(unit, errors.openTransaction())
        this.settings = settings
        session.submit(unit)
      },
      (error: Error) => this.disconnect(error),
    )
  }

  #done(skip: boolean): void {
    this.#busy = false
    this.#skipping ||= skip
    this.#pump()
  }

  #skip({ frames }: Waiting): void {
    if (frames.at(-1)!.type !== FRONTEND.sync) return
    this.#skipping = false
    this.deliver(backend.readyForQuery(this.#session?.statusFor(this) ?? 'I'))
  }
}
