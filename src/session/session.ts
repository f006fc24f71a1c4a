/**
 * One real connection and the transaction on it, for all virtual connections with the same key in one scope.
 *
 * Units run one at a time, first come first served; from BEGIN to COMMIT the owner has the session alone. Levels are
 * opened and rolled back in the same line, so their order with the queries around them is that of the calls.
 */
import * as errors from '../errors.ts'
import type { Fields, Status } from '../protocol/backend.ts'
import { Clients } from './clients.ts'
import { type Exchange, hasClosedAll, silentExchange } from '../exchange/exchange.ts'
import { exchangeOf } from '../exchange/make-exchange.ts'
import { GivenUp } from './abandoned-unit.ts'
import { withHint } from '../transaction/server-errors.ts'
import type { IdleConnections } from '../server/idle-connections.ts'
import { IdleOwnerTimers } from './idle-owner-timers.ts'
import { isUnit, Line, type Turn } from './waiting-line.ts'
import { Link } from '../server/lazy-connection.ts'
import { LockWatch } from './lock-watch.ts'
import type { Notifications } from './notifications.ts'
import type { SandboxOptions } from '../options.ts'
import { Ownership } from './ownership.ts'
import type { PinnedConnection } from '../server/pinned-connection.ts'
import { RealTransaction } from './real-transaction.ts'
import { SessionLevels } from './session-levels.ts'
import type { ExchangeResult, ServerConnection, Sink } from '../server/server-connection.ts'
import * as regions from '../transaction/regions.ts'
import { type Step, type TransactionState, applicationStatus } from '../transaction/state.ts'
import { beginsAnew, endsInFlush, isOneStatement, refusalOf, sqlOf } from '../exchange/unit.ts'
import type { Requester } from './requester.ts'
import { answerError, disconnect, type Unit } from './unit.ts'

export class Session {
  readonly #options: SandboxOptions
  readonly #line = new Line()
  readonly #link: Link
  readonly #transaction: RealTransaction
  readonly #ownership: Ownership
  readonly #timers: IdleOwnerTimers
  readonly #lockWatch: LockWatch
  readonly #clients: Clients
  /** Opening and undoing levels. */
  readonly levels: SessionLevels
  #running: Unit | Turn | undefined
  /** Units that have been answered with an error while the server still runs them. */
  readonly #givenUp = new WeakMap<Unit, GivenUp>()
  /** The error in place of the cancellation that the sandbox has asked for. */
  #cancelled: Fields | undefined

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
    this.#link = new Link(connections, {
      opened: (pinned) => this.#transaction.reconnected(pinned),
      lost: (pinned, reason) => this.#lose(pinned, reason),
      prefixError: (error, sql) => this.#transaction.break(errors.failedOwnStatement(sql, error)),
    })
    this.#transaction = new RealTransaction(this.#link, levels, options)
    this.#ownership = new Ownership(options)
    this.#clients = new Clients(this.#transaction, this.#ownership, notifications, options)
    this.#timers = new IdleOwnerTimers(options, (unit) => this.#refuseOutside(unit))
    const keepers = (): number[] => [...lockKeepers(), ...this.#line.keptWaiting(this.#running)]
    this.#lockWatch = new LockWatch(connections, options, keepers)
    this.levels = new SessionLevels(this, {
      line: this.#line,
      link: this.#link,
      options,
      ownership: this.#ownership,
      transaction: this.#transaction,
    })
  }

  /** Lets a client in, once the server has accepted its login. */
  async admit(requester: Requester): Promise<ServerConnection> {
    return this.#clients.identify(requester, await this.#link.admit(requester))
  }

  submit(unit: Unit): void {
    this.#ownership.note(unit)
    this.#line.push(unit)
    this.#link.pinned?.resume()
    this.next()
  }

  /** The process id of a connection that is idle and keeps its locks. */
  get idleProcessId(): number | undefined {
    return this.#running === undefined ? this.#link.pinned?.server.processId : undefined
  }

  /** Do others wait for the session? */
  get isAwaited(): boolean {
    return this.#line.length > 0
  }

  /** The real connection, while it runs a unit of this client. */
  serving(requester: Requester): PinnedConnection | undefined {
    const running = this.#running
    const isServed = running !== undefined && isUnit(running) && running.requester === requester
    return isServed ? this.#link.pinned : undefined
  }

  /** The client is gone: its transaction is rolled back, what it still waited for is forgotten. */
  leave(requester: Requester): void {
    this.#line.removeUnits(requester)
    this.serving(requester)?.abandon()
    this.#line.pushFirst({ take: () => this.#clients.disown(requester) })
    this.next()
  }

  /** The status of the client's transaction. */
  statusFor(requester: Requester): Status {
    if (requester.isCutOff) return 'E'
    return this.#ownership.owner === requester ? applicationStatus(this.#transaction.state) : 'I'
  }

  /** Runs what is next in line, if it may. */
  next(): void {
    while (this.#running === undefined) {
      const entry = this.#clients.nextDeparture() ?? this.#line.shift((unit) => this.#ownership.mayRun(unit))
      if (entry === undefined) break
      this.#running = entry
      if (isUnit(entry)) this.#run(entry)
      else this.#take(entry)
    }
    const isIdle = this.#ownership.owner !== undefined && this.#running === undefined
    this.#timers.update(isIdle ? this.#line.units : [])
  }

  /** What still runs when everything ends is answered with an error, so that nobody goes on with its result outside. */
  giveUpRunning(test?: string): void {
    const running = this.#running
    if (running === undefined || !isUnit(running)) return
    const error = errors.testEnded(sqlOf(running), test)
    this.#givenUp.set(running, new GivenUp(running, error, this.#link.pinned))
  }

  #take(turn: Turn): void {
    const end = (): void => {
      this.#running = undefined
      this.next()
    }
    const taken = turn.take()
    if (taken === undefined) this.#running = undefined
    else void taken.then(end, end)
  }

  #run(unit: Unit, retry = false): void {
    const { pinned } = this.#link
    const { requester } = unit
    if (requester.isGone) return this.#complete(unit, this.#clients.stateFor(unit), true)
    if (requester.isCutOff && !beginsAnew(unit))
      return this.#refuse(unit, errors.transactionEnded(sqlOf(unit)))
    requester.isCutOff = false
    const interrupted = this.#clients.endInterrupted(unit)
    if (interrupted !== undefined) return this.#runAfter(unit, interrupted)
    const refusal = this.#transaction.refusal(unit)
    if (refusal !== undefined) return this.#refuse(unit, refusal)
    const lookUp = this.#transaction.lookUpFor(unit)
    if (lookUp !== undefined) return this.#runAfter(unit, lookUp)
    const state = this.#clients.stateFor(unit)
    const exchange = exchangeOf(unit, state, pinned, retry)
    if (exchange.messages.length === 0) this.#answerLocally(unit, exchange)
    else if (pinned !== undefined) this.#send(unit, exchange, pinned)
    else {
      requester.names.forget(exchange.registered ?? [])
      this.#runAfter(unit, this.#link.open(requester))
    }
  }

  #runAfter(unit: Unit, ready: Promise<unknown>): void {
    ready.then(
      () => this.#running === unit && this.#run(unit),
      (error: Error) => {
        unit.requester.disconnect(error)
        this.#complete(unit, this.#clients.stateFor(unit), true)
      },
    )
  }

  #send(unit: Unit, exchange: Exchange, pinned: PinnedConnection): void {
    const { requester } = unit
    const isAlone = this.#transaction.state.block === undefined && isOneStatement(unit)
    const sink = this.#sinkFor(
      unit,
      (fields) => this.#cancelled ?? withHint(requester.names.translate(fields), isAlone),
    )
    requester.record?.sent(exchange)
    pinned.run(exchange, sink, (result) => this.#ran(unit, exchange, result))
    this.#lockWatch.start(pinned, unit, () => {
      this.#cancelled = errors.blockedByTest(sqlOf(unit))
      pinned.cancel()
    })
  }

  #sinkFor(unit: Unit, translate: Sink['translate'], { requester } = unit): Sink {
    return {
      deliver: (bytes) => (this.#givenUp.get(unit) ?? requester).deliver(bytes),
      copyStarted: () => requester.copyStarted(),
      translate,
      parameterChanged: (name, value) => requester.parameterChanged(name, value),
    }
  }

  #answerLocally(unit: Unit, exchange: Exchange): void {
    const { requester } = unit
    for (const { bytes } of exchange.answers) requester.deliver(bytes!)
    this.#link.pinned?.tellParameters(requester, { push: (bytes) => requester.deliver(bytes) })
    const { state = this.#clients.stateFor(unit) } = exchange.ending ?? exchange.answers.at(-1) ?? {}
    this.#complete(unit, state, exchange.refused)
  }

  #ran(unit: Unit, exchange: Exchange, result: ExchangeResult): void {
    if (result.retry) return this.#run(unit, true)
    const { failed, state } = result
    if (!this.#transaction.agreesAfter(result, () => sqlOf(unit))) return
    if (failed)
      unit.requester.names.forget(exchange.registered?.filter(({ answer }) => answer >= result.reached) ?? [])
    if (hasClosedAll(exchange, result.reached)) unit.requester.names.statements.clear()
    const undoing = failed ? regions.undoSettings(state) : undefined
    if (undoing === undefined) this.#complete(unit, state, failed || exchange.refused)
    else this.#undoSettings(unit, undoing)
  }

  /** Settings that a failed statement had changed are told at once, as the server does. */
  #undoSettings(unit: Unit, { sql, state }: Step): void {
    const sink = this.#sinkFor(unit, (fields) => fields)
    this.#link.pinned!.run(silentExchange(sql), sink, ({ status }) => {
      if (this.#transaction.agrees(state, status, () => sql.join('; '))) this.#complete(unit, state, true)
    })
  }

  #complete(unit: Unit, ended: TransactionState, failed: boolean): void {
    const { requester } = unit
    const { outbox } = ended
    const state = outbox.length === 0 ? ended : { ...ended, outbox: [] }
    this.#lockWatch.stop()
    this.#cancelled = undefined
    this.#running = undefined
    if (this.#givenUp.has(unit)) this.#clients.keepPrepared(unit, state)
    else {
      this.#transaction.state = this.#clients.keep(unit, state, failed)
      this.#clients.send(requester, outbox)
      if (!endsInFlush(unit)) requester.ready(this.statusFor(requester))
      unit.done(failed)
    }
    this.next()
  }

  /** Answers a unit that does not run with an error. */
  #refuse(unit: Unit, fields: Fields): void {
    if (this.#running !== unit) return answerError(unit, fields)
    const { bytes, failed } = refusalOf(unit, fields)
    unit.requester.deliver(bytes)
    this.#complete(unit, this.#clients.stateFor(unit), failed)
  }

  #refuseOutside(unit: Unit): void {
    this.#line.remove(unit)
    const limit = this.#options.outsideQueryTimeout
    this.#refuse(unit, errors.outsideQuery(sqlOf(unit), this.#ownership.openedAt(), limit))
  }

  #lose({ farewell, isBehind, reader }: PinnedConnection, reason: Error | undefined): void {
    const { owner } = this.#ownership
    const running = this.#running
    this.#ownership.owner = undefined
    this.#lockWatch.stop()
    this.#transaction.lose(farewell?.['M'], reason)
    if (running === undefined) {
      owner?.disconnect(reason)
      return this.next()
    }
    if (!isUnit(running)) return
    const givenUp = this.#givenUp.get(running)
    // The rollback of the last test was the end of its connection, and nothing of this test has run on it.
    if (isBehind && !this.#transaction.isBroken && givenUp === undefined) return this.#run(running)
    if (givenUp !== undefined) givenUp.lose(reason)
    else disconnect(running, this.#transaction.failure, reason, reader.missing > 0)
    this.#running = undefined
    this.next()
  }
}
