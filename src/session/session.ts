/**
 * One real connection and the transaction on it, for all virtual connections with the same key in one scope.
 *
 * Units run one at a time, first come first served; from BEGIN to COMMIT the owner has the session alone. Levels are
 * opened and rolled back in the same line, so their order with the queries around them is that of the calls.
 *
 * The way into the room session/, who may use a connection when: the line of those who wait (waiting-line), whose transaction
 * is open (ownership), one unit while it runs (unit-runner, running-unit), what is each client's (clients), levels
 * (session-levels), locks that nobody frees (lock-watch). A scope makes one for each connection key, and a virtual connection
 * hands its units over. Without the room two clients would write into one another's transactions.
 */
import { Alarm } from '../clock/alarm.ts'
import * as errors from '../errors.ts'
import type { Status } from '../protocol/backend.ts'
import { Clients } from './clients.ts'
import type { IdleConnections } from '../server/idle-connections.ts'
import { IdleOwnerTimers } from './idle-owner-timers.ts'
import { Line, type Turn } from './waiting-line.ts'
import { LazyConnection } from '../server/lazy-connection.ts'
import { LockWatch } from './lock-watch.ts'
import type { Notifications } from './notifications.ts'
import type { SandboxOptions } from '../options.ts'
import { Ownership } from './ownership.ts'
import type { PinnedConnection } from '../server/pinned-connection.ts'
import { RealTransaction } from './real-transaction.ts'
import { RunningUnit } from './running-unit.ts'
import { SessionLevels } from './session-levels.ts'
import { isVirtualProcessId, type ServerConnection } from '../server/server-connection.ts'
import { cancelCallOf, cancelled } from './cancel-call.ts'
import type { Requester } from './requester.ts'
import type { CallLevel } from './scope-session.ts'
import { cutOffFrom, refuseUnit } from './refused-unit.ts'
import { answerError, type Unit } from './unit.ts'
import { UnitRunner } from './unit-runner.ts'

export class Session {
  readonly #options: SandboxOptions
  readonly #line = new Line()
  readonly #link: LazyConnection
  readonly #transaction: RealTransaction
  readonly #ownership: Ownership
  readonly #timers: IdleOwnerTimers
  readonly #lockWatch: LockWatch
  readonly #clients: Clients
  /** Opening and undoing levels. */
  readonly levels: SessionLevels
  readonly #runner: UnitRunner
  readonly #abandoned = new Alarm()
  /** The turn that is being taken. */
  #turn: Turn | undefined

  /**
   * @param levels how many levels its scope has open
   * @param lockKeepers process ids of connections whose locks last until the scope has ended
   * @param notifications those of its scope
   */
  constructor(
    connections: IdleConnections,
    levels: number,
    options: SandboxOptions,
    lockKeepers: () => readonly number[],
    notifications: Notifications,
  ) {
    this.#options = options
    this.#link = new LazyConnection(connections, {
      opened: (pinned) => this.#transaction.reconnected(pinned),
      lost: (pinned, reason) => this.#lose(pinned, reason),
      prefixError: (error, sql) => this.#transaction.break(errors.failedOwnStatement(sql, error)),
    })
    this.#transaction = new RealTransaction(this.#link, levels, options)
    this.#ownership = new Ownership(options)
    this.#clients = new Clients(this.#transaction, this.#ownership, notifications, options)
    this.#timers = new IdleOwnerTimers(options, (unit) => this.#refuseOutside(unit))
    const keepers = (): number[] => [...lockKeepers(), ...this.#line.keptWaiting(this.#runner.running?.unit)]
    this.#lockWatch = new LockWatch(connections, options, keepers)
    const parts = {
      clients: this.#clients,
      line: this.#line,
      link: this.#link,
      lockWatch: this.#lockWatch,
      options,
      ownership: this.#ownership,
      transaction: this.#transaction,
    }
    this.#runner = new UnitRunner(parts, () => this.next())
    this.levels = new SessionLevels(this, { ...parts, runner: this.#runner }, levels)
  }

  /** Lets a client in, once the server has accepted its login. */
  async admit(requester: Requester): Promise<ServerConnection> {
    return this.#clients.identify(requester, await this.#link.admit(requester))
  }

  submit(unit: Unit, level: CallLevel): void {
    const cutOff = unit.requester.cutOff && cutOffFrom(unit)
    if (cutOff !== undefined) return refuseUnit(unit, cutOff.error)
    if (unit.texts[0]?.analysis.cancels === true && this.#cancelled(unit)) return
    if (level.depth < this.levels.opened) unit.outer = level
    if (unit.mayOpenBlock) this.#ownership.note(unit)
    this.#line.push(unit)
    const wire = this.#link.pinned?.wire
    if (wire?.isPaused) wire.resume()
    this.next()
  }

  /** The process id of a connection that is idle and keeps its locks. */
  get idleProcessId(): number | undefined {
    return this.#isIdle ? this.#link.pinned?.server.processId : undefined
  }

  /** Does a unit run, or wait for its turn? */
  get isBusy(): boolean {
    return !this.#isIdle || this.isAwaited
  }

  get #isIdle(): boolean {
    return this.#turn === undefined && this.#runner.running === undefined
  }

  /** Do others wait for the session? */
  get isAwaited(): boolean {
    return this.#line.length > 0
  }

  /** The real connection, while it runs a unit of this client. */
  serving(requester: Requester): PinnedConnection | undefined {
    return this.#runner.running?.unit.requester === requester ? this.#link.pinned : undefined
  }

  /** The client is gone: its transaction is rolled back, what it still waited for is forgotten. */
  leave(requester: Requester): void {
    this.#line.removeUnits(requester)
    const serving = this.serving(requester)
    if (serving !== undefined) {
      serving.abandon()
      this.#limitAbandoned(serving)
    }
    this.#line.pushFirst({ take: () => this.#clients.disown(requester) })
    this.next()
  }

  /** The status of the client's transaction. */
  statusFor(requester: Requester): Status {
    return this.#clients.statusFor(requester)
  }

  /** Runs what is next in line, if it may. */
  next(): void {
    while (this.#turn === undefined && this.#runner.running === undefined) {
      const departure = this.#clients.gone.length > 0 ? this.#clients.nextDeparture() : undefined
      const entry = departure ?? this.#line.shift(this.#ownership.owner && this.#mayRun)
      if (entry === undefined) break
      if ('take' in entry) this.#take(entry)
      else this.#runner.run(new RunningUnit(entry))
    }
    const isIdle =
      this.#ownership.owner !== undefined && this.#turn === undefined && this.#runner.running === undefined
    if (isIdle || this.#timers.areSet) this.#timers.update(isIdle ? this.#line.units : [])
  }

  readonly #mayRun = (unit: Unit): boolean => this.#ownership.mayRun(unit)

  #take(turn: Turn): void {
    this.#turn = turn
    const end = (): void => {
      this.#turn = undefined
      this.next()
    }
    const taken = turn.take()
    if (taken === undefined) this.#turn = undefined
    else void taken.then(end, end)
  }

  #refuseOutside(unit: Unit): void {
    this.#line.remove(unit)
    const limit = this.#options.outsideQueryTimeout
    const { openedAt } = this.#ownership
    refuseUnit(unit, (sql) => errors.outsideQuery(sql, openedAt(), limit))
  }

  /** Does the unit ask to cancel what a client of the session runs? Then that is done, and the unit answered. */
  #cancelled(unit: Unit): boolean {
    const { requester } = unit
    const call = cancelCallOf(unit)
    const status = this.statusFor(requester)
    if (call === undefined || status === 'E' || !this.#isClient(call.processId)) return false
    const isTarget = ({ requester: other }: Unit): boolean =>
      other !== requester && other.processId === call.processId
    const { running } = this.#runner
    if (running !== undefined && isTarget(running.unit)) this.#link.pinned?.stop()
    for (const waiting of this.#line.units.filter(isTarget)) {
      this.#line.remove(waiting)
      answerError(waiting, cancelled())
    }
    requester.names.endUnnamed()
    requester.deliver(call.answer)
    requester.ready(status)
    unit.done(false)
    return true
  }

  #isClient(processId: number): boolean {
    return isVirtualProcessId(processId) || processId === this.#link.pinned?.server.processId
  }

  /** What runs for a client that is gone may come to its end, as on a server, unless others wait for it too long. */
  #limitAbandoned(pinned: PinnedConnection): void {
    const { running } = this.#runner
    this.#abandoned.set(this.#options.outsideQueryTimeout, () => {
      if (running !== this.#runner.running) return
      if (this.isAwaited) pinned.stop()
      else this.#limitAbandoned(pinned)
    })
  }

  #lose(pinned: PinnedConnection, reason: Error | undefined): void {
    const { owner } = this.#ownership
    const { running } = this.#runner
    this.#ownership.owner = undefined
    this.#lockWatch.stop()
    this.#transaction.lose(pinned.farewell?.['M'], reason)
    if (running !== undefined) return this.#runner.lose(running, pinned, reason)
    if (this.#turn !== undefined) return
    owner?.disconnect(reason)
    this.next()
  }
}
