/**
 * One real connection and the transaction on it, for all virtual connections with the same key in one scope.
 *
 * Units run one at a time, first come first served; from BEGIN to COMMIT the owner has the session alone. Levels are
 * opened and rolled back in the same line, so their order with the queries around them is that of the calls.
 */
import * as errors from '../errors.ts'
import { errorResponse, type Fields, readyForQuery, type Status } from '../protocol/backend.ts'
import type { Exchange } from './exchange.ts'
import { exchangeOf } from './exchanges.ts'
import { withHint } from './hints.ts'
import type { IdleConnections } from './idle-connections.ts'
import { IdleOwnerTimers } from './idle-owner-timers.ts'
import { isUnit, Line, type Turn } from './line.ts'
import { Link } from './link.ts'
import { LockWatch } from './lock-watch.ts'
import type { SandboxOptions } from './options.ts'
import { Ownership } from './ownership.ts'
import type { PinnedConnection } from './pinned-connection.ts'
import { RealTransaction } from './real-transaction.ts'
import { SessionLevels } from './session-levels.ts'
import type { ExchangeResult, ServerConnection, Sink } from './server-connection.ts'
import * as transaction from './transaction.ts'
import {
  answerError,
  beginsAnew,
  controlsTransaction,
  endsInFlush,
  type Requester,
  sqlOf,
  type Unit,
} from './unit.ts'

export class Session {
  readonly #options: SandboxOptions
  readonly #line = new Line()
  readonly #link: Link
  readonly #transaction: RealTransaction
  readonly #ownership: Ownership
  readonly #timers: IdleOwnerTimers
  readonly #lockWatch: LockWatch
  /** Opening and undoing levels. */
  readonly levels: SessionLevels
  #running: Unit | Turn | undefined
  /** Units that have been answered with an error while the server still runs them. */
  readonly #givenUp = new WeakSet<Unit>()
  /** The error in place of the cancellation that the sandbox has asked for. */
  #cancelled: Fields | undefined

  /**
   * @param levels how many levels its scope has open
   * @param holders process ids of connections whose locks last until the scope has ended
   */
  constructor(
    connections: IdleConnections,
    levels: number,
    options: SandboxOptions,
    holders: () => readonly number[],
  ) {
    this.#options = options
    this.#link = new Link(connections, {
      opened: (pinned) => this.#transaction.reconnected(pinned),
      lost: (pinned, reason) => this.#lose(pinned, reason),
      prefixError: (error, sql) => this.#transaction.break(errors.failedOwnStatement(sql, error)),
    })
    this.#transaction = new RealTransaction(this.#link, levels)
    this.#ownership = new Ownership(options)
    this.#timers = new IdleOwnerTimers(options, (unit) => this.#refuseOutside(unit))
    this.#lockWatch = new LockWatch(connections, options, holders)
    this.levels = new SessionLevels(this, {
      line: this.#line,
      link: this.#link,
      options,
      ownership: this.#ownership,
      transaction: this.#transaction,
    })
  }

  /** Lets a client in, once the server has accepted its login. */
  admit(requester: Requester): Promise<ServerConnection> {
    return this.#link.admit(requester)
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

  get isRunning(): boolean {
    return this.#running !== undefined
  }

  /** Do others wait for the session? */
  get isAwaited(): boolean {
    return this.#line.length > 0
  }

  /** The real connection, while it runs a unit of this client. */
  serving(requester: Requester): PinnedConnection | undefined {
    const running = this.#running
    return running !== undefined && isUnit(running) && running.requester === requester
      ? this.#link.pinned
      : undefined
  }

  /** The client is gone: its transaction is rolled back, what it still waited for is forgotten. */
  leave(requester: Requester): void {
    this.#line.removeUnits(requester)
    this.serving(requester)?.abandon()
    this.#line.pushFirst({ take: () => this.#disown(requester) })
    this.next()
  }

  /** The status of the client's transaction. */
  statusFor(requester: Requester): Status {
    if (requester.isCutOff) return 'E'
    return this.#ownership.owner === requester ? transaction.applicationStatus(this.#transaction.state) : 'I'
  }

  /** Runs what is next in line, if it may. */
  next(): void {
    while (this.#running === undefined) {
      const entry = this.#line.shift((unit) => this.#ownership.mayRun(unit))
      if (entry === undefined) break
      this.#running = entry
      if (isUnit(entry)) this.#run(entry)
      else this.#take(entry)
    }
    const isIdle = this.#ownership.owner !== undefined && this.#running === undefined
    this.#timers.update(isIdle ? this.#line.units : [])
  }

  /** What still runs when everything ends is answered with an error, so that nobody goes on with its result outside. */
  giveUpRunning(): void {
    const running = this.#running
    if (running === undefined || !isUnit(running)) return
    this.#givenUp.add(running)
    answerError(running, errors.testEnded(sqlOf(running)))
    this.#link.pinned?.abandon()
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
    const { lost, state: present } = this.#transaction
    const { pinned } = this.#link
    const { requester } = unit
    if (requester.isCutOff && !beginsAnew(unit))
      return this.#refuse(unit, errors.transactionEnded(sqlOf(unit)))
    requester.isCutOff = false
    if (lost !== undefined) return this.#refuse(unit, errors.connectionLost(sqlOf(unit), lost))
    if (present.schema.isStale && !present.aborted && pinned !== undefined && controlsTransaction(unit)) {
      return this.#runAfter(unit, this.#transaction.lookUpSchema(pinned))
    }
    const state = { ...present, own: requester.settings, startup: requester.startupSettings }
    const exchange = exchangeOf(unit, state, pinned?.known, retry)
    if (exchange.messages.length === 0) this.#answerLocally(unit, exchange)
    else if (pinned !== undefined) this.#send(unit, exchange, pinned)
    else this.#runAfter(unit, this.#link.open(requester))
  }

  #runAfter(unit: Unit, ready: Promise<unknown>): void {
    ready.then(
      () => this.#running === unit && this.#run(unit),
      (error: Error) => {
        unit.requester.disconnect(error)
        this.#complete(unit, this.#transaction.state, true)
      },
    )
  }

  #send(unit: Unit, exchange: Exchange, pinned: PinnedConnection): void {
    const { requester } = unit
    const isInBlock = this.#transaction.state.block !== undefined
    const sink: Sink = {
      deliver: (bytes) => this.#givenUp.has(unit) || requester.deliver(bytes),
      translate: (fields) => this.#cancelled ?? withHint(requester.translate(fields), isInBlock),
      parameterChanged: (name, value) => requester.parameterChanged(name, value),
    }
    pinned.run(exchange, sink, (result) => this.#ran(unit, exchange, result))
    this.#lockWatch.start(pinned, requester, () => {
      this.#cancelled = errors.blockedByTest(sqlOf(unit))
      pinned.cancel()
    })
  }

  #answerLocally(unit: Unit, exchange: Exchange): void {
    for (const { bytes } of exchange.answers) unit.requester.deliver(bytes!)
    const state = exchange.answers.at(-1)?.state ?? this.#transaction.state
    this.#complete(unit, state, exchange.refused)
  }

  #ran(unit: Unit, exchange: Exchange, result: ExchangeResult): void {
    if (result.retry) return this.#run(unit, true)
    const state = transaction.endRegion(result.state)
    if (!this.#transaction.agrees(state, result.status, () => sqlOf(unit))) return
    if (exchange.deallocatesAll && !result.failed) unit.requester.names.statements.clear()
    this.#complete(unit, state, result.failed || exchange.refused)
  }

  #complete(unit: Unit, state: transaction.TransactionState, failed: boolean): void {
    if (this.#givenUp.has(unit)) return this.#forget(state)
    const { requester } = unit
    this.#lockWatch.stop()
    this.#cancelled = undefined
    this.#running = undefined
    const isOutsider = this.#ownership.isOutsider(unit)
    this.#transaction.state = isOutsider ? { ...state, own: this.#ownership.owner!.settings } : state
    if (!isOutsider) {
      requester.settings = state.own
      this.#ownership.update(unit, state.block !== undefined)
    }
    if (!endsInFlush(unit)) requester.deliver(readyForQuery(this.statusFor(requester)))
    unit.done(failed)
    this.next()
  }

  /** The end of a unit that has been answered already. */
  #forget(state: transaction.TransactionState): void {
    this.#transaction.state = state
    this.#running = undefined
    this.next()
  }

  /** Answers a unit that does not run with an error. */
  #refuse(unit: Unit, fields: Fields): void {
    if (this.#running !== unit) return answerError(unit, fields)
    unit.requester.deliver(errorResponse(fields))
    this.#complete(unit, this.#transaction.state, true)
  }

  #refuseOutside(unit: Unit): void {
    this.#line.remove(unit)
    const { outsideQueryTimeout } = this.#options
    this.#refuse(unit, errors.outsideQuery(sqlOf(unit), this.#ownership.openedAt, outsideQueryTimeout))
  }

  #disown(requester: Requester): undefined {
    if (this.#ownership.owner !== requester) return
    this.#ownership.owner = undefined
    this.#transaction.state = transaction.rollback(this.#transaction.state)
  }

  #lose({ farewell }: PinnedConnection, reason: Error | undefined): void {
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
    if (!this.#givenUp.has(running)) this.#disconnect(running, reason)
    this.#running = undefined
    this.next()
  }

  #disconnect(unit: Unit, reason: Error | undefined): void {
    const { failure } = this.#transaction
    if (failure !== undefined) unit.requester.deliver(errorResponse(errors.toFields(failure)))
    unit.requester.disconnect(reason)
    unit.done(true)
  }
}
