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
import type { ServerConnection } from './pinned-connection.ts'
import type { Scope } from './scope.ts'
import type { Session } from './session.ts'
import { NO_SETTINGS, type Settings } from './settings.ts'
import { endsInFlush, type Requester, sqlOf, type Unit } from './unit.ts'

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
  readonly scope: Scope
}

let connections = 0

export class VirtualConnection implements Requester {
  readonly names: Names
  readonly startupSettings: Settings
  settings: Settings
  readonly #client: ClientSide
  readonly #own: OwnConnection
  readonly #reader: FrameReader
  #frames: Frame[] = []
  #waiting: Waiting[] = []
  #session: Session | undefined
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

  /** Takes what the client has written. `done` is called when more may come. */
  receive(chunk: Buffer, scope: Scope | undefined, done: (error?: Error) => void): void {
    if (scope === undefined || scope.ended === 'leave') return this.#receiveOutside(chunk, done)
    let pending = 1
    const ready = (): void => {
      pending -= 1
      if (pending === 0) done()
    }
    for (const frame of this.#reader.read(chunk)) if (!this.#frame(frame, scope, ready)) pending += 1
    ready()
  }

  /** The client reads again. */
  resume(): void {
    this.#session?.resume(this)
    this.#own.resume()
  }

  /** The client has closed its end. */
  close(): void {
    if (this.#ended) return
    this.#ended = true
    this.#waiting = []
    this.#session?.leave(this)
    this.#own.end()
  }

  ref(): void {
    this.#own.ref()
  }

  unref(): void {
    this.#own.unref()
  }

  /** Forgets what was prepared: the client has been told to prepare it again. */
  forgetStatements(): void {
    this.names.statements.clear()
    this.names.portals.clear()
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
      this.#session?.pause(this)
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
    if (!this.#reader.startup) return this.#own.write(chunk, done)
    this.#reader.read(chunk)
    this.#own.open().then((server) => this.#greet(server), (error: Error) => this.disconnect(error))
    done()
  }

  /** Returns false when `ready` is called later. */
  #frame(frame: Frame, scope: Scope, ready: () => void): boolean {
    const { type, bytes } = frame
    if (type === 0) this.#startUp(scope)
    else if (type === FRONTEND.terminate) {
      this.close()
      this.#client.end()
    } else if (this.#busy && (COPY_MESSAGES.has(type) || this.#frames.length === 0)) {
      const passed = this.#session?.copy(this, bytes, ready)
      if (passed !== undefined) return passed
      if (!COPY_MESSAGES.has(type)) this.#collect(frame, scope)
    } else if (!COPY_MESSAGES.has(type)) this.#collect(frame, scope)
    return true
  }

  #startUp(scope: Scope): void {
    this.#session = scope.session(this.#client.key)
    this.#session.admit(this).then(
      (server) => this.#greet(server),
      (error: Error) => this.disconnect(error),
    )
  }

  #greet({ parameters, processId, secretKey }: ServerConnection): void {
    const shown = new Map(parameters)
    for (const [name, value] of shown) this.parameterChanged(name, value)
    if (shown.has(READ_ONLY)) shown.set(READ_ONLY, 'off')
    const statuses = [...shown].map(([name, value]) => backend.parameterStatus(name, value))
    const key = backend.backendKeyData(processId, secretKey)
    this.deliver(Buffer.concat([backend.AUTHENTICATION_OK, ...statuses, key, backend.readyForQuery('I')]))
  }

  #collect(frame: Frame, scope: Scope): void {
    this.#frames.push(frame)
    if (!ENDS_UNIT.has(frame.type)) return
    const frames = this.#frames
    this.#frames = []
    if (frame.type === FRONTEND.flush && frames.length === 1) return
    this.#waiting.push({ frames, scope })
    this.#pump()
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

  #submit({ frames, scope }: Waiting): void {
    const unit: Unit = { requester: this, frames, done: (failed) => this.#done(failed && endsInFlush(unit)) }
    if (scope.ended !== undefined) return this.#refuse(unit, errors.scopeEnded(sqlOf(unit)))
    this.#session = scope.session(this.#client.key)
    this.#busy = true
    if (!this.#own.isNew) return this.#session.submit(unit)
    this.#own.adopt().then(
      (settings) => (settings === undefined ? this.#refuseOpenTransaction(unit) : this.#adopt(settings, unit)),
      (error: Error) => this.disconnect(error),
    )
  }

  #done(skip: boolean): void {
    this.#busy = false
    this.#skipping ||= skip
    this.#pump()
  }

  #adopt(settings: Settings, unit: Unit): void {
    this.settings = settings
    this.#session!.submit(unit)
  }

  #refuseOpenTransaction(unit: Unit): void {
    this.#refuse(unit, errors.openTransaction())
    this.#done(false)
  }

  #refuse(unit: Unit, error: backend.Fields): void {
    this.deliver(backend.errorResponse(error))
    if (endsInFlush(unit)) this.#skipping = true
    else this.deliver(backend.readyForQuery('I'))
  }

  #skip({ frames }: Waiting): void {
    if (frames.at(-1)!.type !== FRONTEND.sync) return
    this.#skipping = false
    this.deliver(backend.readyForQuery(this.#session?.statusFor(this) ?? 'I'))
  }
}

/** Reported to clients since PostgreSQL 14; on the pinned connection it is on, to find out reads that write. */
const READ_ONLY = 'default_transaction_read_only'
const COPY_MESSAGES: ReadonlySet<number> = new Set([FRONTEND.copyData, FRONTEND.copyDone, FRONTEND.copyFail])
const ENDS_UNIT: ReadonlySet<number> = new Set([
  FRONTEND.query,
  FRONTEND.functionCall,
  FRONTEND.sync,
  FRONTEND.flush,
])
