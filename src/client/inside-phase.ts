/**
 * A client while a level is open: what it writes is cut into units, which are run one at a time, each by the session of
 * the scope in which it was called.
 *
 * The virtual connection hands over what comes inside the sandbox, and asks here which session works for its client.
 * Without this the answers to a client that asks in several scopes could come in another order than its questions.
 */
import * as errors from '../errors.ts'
import { errorResponse, type Status } from '../protocol/backend.ts'
import { BROKEN, type Frame } from '../protocol/frames.ts'
import { type ClientFrame, FRONTEND } from '../protocol/frontend.ts'
import type { Level, LevelScope } from '../sandbox/level.ts'
import type { Requester } from '../session/requester.ts'
import type { ScopeSession, Serving } from '../session/scope-session.ts'
import { refuseUnit } from '../session/refused-unit.ts'
import { answerError, unitOf } from '../session/unit.ts'
import { unknownMessage } from '../transaction/server-errors.ts'
import type { ClientSide } from './client-side.ts'
import { CopyIn } from './copy-in.ts'
import { greet } from './greeting.ts'
import type { OutsidePhase, PhaseClient, Received } from './outside-phase.ts'

/** The client, as far as its life inside needs to know it. */
interface Client extends PhaseClient {
  phase: Requester['phase']
  record: Requester['record']
  readonly side: Pick<ClientSide, 'key' | 'queued'>
}

/** A unit that stands behind the one that runs, or runs. */
interface WaitingUnit {
  readonly frames: readonly ClientFrame[]
  readonly level: Level
  /** Rows of a COPY that have come with the unit, ahead of the server's asking for them. */
  readonly rows: Frame[]
  /** Did they come before the unit's own end? */
  readonly hasRowsInside: boolean
}

export class InsidePhase {
  readonly #client: Client
  readonly #received: Received
  readonly #outside: OutsidePhase
  #waiting: WaitingUnit[] = []
  #running: WaitingUnit | undefined
  /** Rows that have come before the end of their unit. */
  #rowsInside: Frame[] = []
  /** The COPY that takes rows of the client now. */
  #copy: CopyIn | undefined
  /** An error came before the client's Sync: what the client sends up to there is skipped, as on a server. */
  #isSkipping = false
  /** Why a server would end the connection, once all before is answered. */
  #farewell: Buffer | undefined
  /** The session of the last unit. */
  session: ScopeSession | undefined
  /** Those of all scopes in which the client has been: they may hold something of the client's. */
  readonly #sessions = new Map<LevelScope, ScopeSession>()

  constructor(client: Client, received: Received, outside: OutsidePhase) {
    this.#client = client
    this.#received = received
    this.#outside = outside
  }

  /**
   * Takes what the client has written. `done` is called when more may come.
   *
   * @param level the level in which the query was called
   */
  receive(chunk: Buffer, level: Level, done: (error?: Error) => void): void {
    const { reader, units } = this.#received
    let pending = 1
    const written = (): void => {
      pending -= 1
      if (pending === 0) done()
    }
    const frames = reader.read(chunk)
    for (let at = 0; at < frames.length && this.#client.phase === 'connected'; at += 1) {
      const copied = this.#copy?.take(frames[at]!, written)
      if (copied === false) pending += 1
      if (copied !== undefined) continue
      const taken = units.take(frames, at)
      for (const unit of taken.units) this.#push(unit, level)
      at = taken.stop
      if (at < frames.length) this.#receiveApart(frames[at]!, level)
    }
    this.runNext()
    written()
  }

  #push(frames: readonly ClientFrame[], level: Level): void {
    const rows = this.#rowsInside
    this.#waiting.push({ frames, level, rows, hasRowsInside: rows.length > 0 })
    this.#rowsInside = []
  }

  /** Takes a message that belongs to no unit. */
  #receiveApart(frame: Frame, level: Level): void {
    const { type } = frame
    if (type === FRONTEND.startUp) this.#startUp(level)
    else if (type === FRONTEND.terminate) this.#client.phase = 'leaving'
    else if (!OF_COPY.has(type)) this.#breakOff(type)
    else if (this.#received.units.isCollecting) this.#rowsInside.push(frame)
    else (this.#waiting.at(-1) ?? this.#running)?.rows.push(frame)
  }

  /** A server ends the connection when it comes to a message that no client sends; where even its length is none, in silence. */
  #breakOff(type: number): void {
    if (type !== BROKEN.type) this.#farewell = errorResponse(unknownMessage(type))
    this.#client.phase = 'leaving'
  }

  /** The real connection, while it runs a unit of this client. */
  get serving(): Serving | undefined {
    return this.session?.serving(this.#client)
  }

  /** The status of the client's transaction, while nothing runs for the client. */
  get idleStatus(): Status | undefined {
    return this.#running === undefined ? this.#status : undefined
  }

  get #status(): Status {
    return this.session?.statusFor(this.#client) ?? 'I'
  }

  /** Connections that are idle since their next query waits behind one of this client. */
  get keptWaiting(): readonly number[] {
    const levels = [...this.#waiting.map(({ level }) => level), ...(this.#client.side.queued?.() ?? [])]
    return levels.flatMap((level) => level?.scope.idleProcessIds ?? [])
  }

  /** The server asks for rows of a COPY. */
  writeRows(): void {
    const { serving } = this
    const running = this.#running
    if (serving === undefined || running === undefined) return
    const copy = new CopyIn(serving, running)
    this.#copy = copy
    const { rows } = running
    const end = rows.findIndex((row) => copy.take(row, () => {}) === undefined)
    // What stands behind the end of this one is for the next COPY of the same string.
    rows.splice(0, end === -1 ? rows.length : end)
    // The Sync behind rows that have come ahead stands as a unit by itself.
    const [next] = this.#waiting
    if (copy.isSyncDue && next !== undefined && copy.take(next.frames[0]!, () => {})) this.#waiting.shift()
  }

  /** One unit at a time, so that answers come in the order of the questions, whatever their scopes. */
  runNext(): void {
    while (this.#running === undefined && this.#client.phase !== 'gone') {
      const next = this.#waiting.shift()
      if (next === undefined) return this.#client.phase === 'leaving' ? this.#leave() : undefined
      if (this.#isSkipping) this.#skip(next)
      else this.#submit(next)
    }
  }

  #leave(): void {
    if (this.#farewell !== undefined) this.#client.deliver(this.#farewell)
    this.#client.disconnect()
  }

  /** The client is gone. */
  close(): void {
    this.#waiting = []
    for (const session of this.#sessions.values()) session.leave(this.#client)
  }

  /** The sandbox is closed. */
  leave(): void {
    this.#received.units.clear()
    this.#isSkipping = false
    this.#rowsInside = []
  }

  #startUp(level: Level): void {
    const client = this.#client
    if (level.scope.hasEnded) {
      client.deliver(errorResponse(level.ending('connect')))
      return client.disconnect()
    }
    this.session = this.#sessionIn(level)
    this.session.admit(client, level).then(
      (server) => greet(client, server),
      (error: Error) => client.disconnect(error),
    )
  }

  #sessionIn({ scope }: Level): ScopeSession {
    const session = scope.session(this.#client.side.key)
    this.#sessions.set(scope, session)
    return session
  }

  #submit(waiting: WaitingUnit): void {
    const { frames, level } = waiting
    const { isolation, options } = level.scope
    const unit = unitOf(this.#client, frames, (failed) => this.#done(failed && unit.endsInFlush))
    if (level.ended) return refuseUnit(unit, (sql) => level.ending(sql))
    const session = this.#sessions.get(level.scope) ?? this.#sessionIn(level)
    this.session = session
    this.#running = waiting
    if (options.logSql !== 'never') this.#client.record = level.log.begin(unit)
    const entering = this.#outside.connection?.enter(isolation === 'database')
    if (entering === undefined) return session.submit(unit, level)
    entering.then(
      (hasEntered) => {
        if (!hasEntered) return answerError(unit, errors.openTransaction())
        if (level.ended) return refuseUnit(unit, (sql) => level.ending(sql))
        session.submit(unit, level)
      },
      (error: Error) => this.#client.disconnect(error),
    )
  }

  #done(skip: boolean): void {
    this.#client.record?.end()
    this.#client.record = undefined
    this.#running = undefined
    this.#copy = undefined
    this.#isSkipping ||= skip
    this.runNext()
  }

  #skip({ frames }: WaitingUnit): void {
    if (frames.at(-1)!.type !== FRONTEND.sync) return
    this.#isSkipping = false
    this.#client.ready(this.#status)
  }
}

const OF_COPY: ReadonlySet<number> = new Set<number>([
  FRONTEND.copyData,
  FRONTEND.copyDone,
  FRONTEND.copyFail,
])
