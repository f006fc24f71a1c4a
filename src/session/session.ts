/**
 * One real connection and the transaction on it, for all virtual connections with the same key in one scope.
 *
 * Units run one at a time, first come first served; from BEGIN to COMMIT the owner has the session alone. Levels are
 * opened and rolled back in the same line, so their order with the queries around them is that of the calls.
 */
import * as errors from '../errors.ts'
import { errorResponse, type Fields, readyForQuery, type Status } from '../protocol/backend.ts'
import { callSite } from './call-site.ts'
import type { Exchange } from './exchange.ts'
import { exchangeOf } from './exchanges.ts'
import { IdleOwnerTimers } from './idle-owner-timers.ts'
import type { IdleConnections } from './idle-connections.ts'
import { lookUpSchema } from './schema-query.ts'
import { isUnit, Line, type Turn } from './line.ts'
import { Link } from './link.ts'
import type { SandboxOptions } from './options.ts'
import { type PinnedConnection } from './pinned-connection.ts'
import type { ExchangeResult, ServerConnection } from './server-connection.ts'
import { limitRunning } from './running-limit.ts'
import * as transaction from './transaction.ts'
import { answerError, controlsTransaction, endsInFlush, type Requester, sqlOf, type Unit } from './unit.ts'

interface Owner {
  readonly requester: Requester
  readonly openedAt: string
}

export class Session {
  readonly #link: Link
  readonly #options: SandboxOptions
  readonly #line = new Line()
  readonly #timers: IdleOwnerTimers
  #state: transaction.TransactionState
  #running: Unit | Turn | undefined
  #owner: Owner | undefined
  #begunAt = new WeakMap<Unit, string>()
  /** Why the connection that held what the open levels have written is gone. */
  #lost: string | undefined
  /** What the next rollback has to tell: the sandbox itself has failed. */
  #failure: errors.SandboxError | undefined

  /** @param levels how many levels its scope has open */
  constructor(connections: IdleConnections, levels: number, options: SandboxOptions) {
    this.#link = new Link(connections, {
      opened: ({ schema }) => (this.#state = { ...transaction.reconnected(this.#state), schema }),
      lost: (pinned, reason) => this.#lose(pinned, reason),
      prefixError: (error, sql) => this.#break(errors.failedOwnStatement(sql, error)),
    })
    this.#options = options
    this.#state = transaction.initialState(levels)
    this.#timers = new IdleOwnerTimers(options, (unit) => this.#refuseOutside(unit))
  }

  /** Lets a client in, once the server has accepted its login. */
  admit(requester: Requester): Promise<ServerConnection> {
    return this.#link.admit(requester)
  }

  submit(unit: Unit): void {
    if (controlsTransaction(unit)) this.#begunAt.set(unit, callSite())
    this.#line.push(unit)
    this.#link.pinned?.resume()
    this.#next()
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
    this.#next()
  }

  /** The status of the client's transaction. */
  statusFor(requester: Requester): Status {
    return this.#owner?.requester === requester ? transaction.applicationStatus(this.#state) : 'I'
  }

  startLevel(): void {
    this.#line.push({ take: () => this.#startLevel() })
    this.#next()
  }

  /** Undoes the innermost level once the running unit has ended. Units that still wait are refused. */
  rollbackLevel(): Promise<void> {
    return this.#inTurn(() => this.#apply(transaction.rollbackLevel(this.#state)))
  }

  /** Undoes everything and gives the connection away; undefined when there is none. */
  async end(): Promise<PinnedConnection | undefined> {
    await this.#inTurn(() => this.#apply(transaction.rollbackAll(this.#state)))
    return this.#link.release()
  }

  #next(): void {
    while (this.#running === undefined) {
      const entry = this.#line.shift((unit) => this.#mayRun(unit))
      if (entry === undefined) break
      this.#running = entry
      if (isUnit(entry)) this.#run(entry)
      else this.#take(entry)
    }
    this.#timers.update(this.#owner !== undefined && this.#running === undefined ? this.#line.units : [])
  }

  #mayRun(unit: Unit): boolean {
    if (this.#owner === undefined || this.#owner.requester === unit.requester) return true
    return this.#options.outsideQueries === 'share' && !controlsTransaction(unit)
  }

  #take(turn: Turn): void {
    const end = (): void => {
      this.#running = undefined
      this.#next()
    }
    const taken = turn.take()
    if (taken === undefined) this.#running = undefined
    else void taken.then(end, end)
  }

  #run(unit: Unit, retry = false): void {
    if (this.#lost !== undefined) return this.#refuse(unit, errors.connectionLost(sqlOf(unit), this.#lost))
    const { requester } = unit
    const state = { ...this.#state, own: requester.settings, startup: requester.startupSettings }
    if (
      state.schema.isStale &&
      !state.aborted &&
      this.#link.pinned !== undefined &&
      controlsTransaction(unit)
    ) {
      return void this.#lookUpSchema(unit, this.#link.pinned)
    }
    const exchange = exchangeOf(unit, state, this.#link.pinned?.known, retry)
    if (exchange.messages.length === 0) return this.#answerLocally(unit, exchange)
    if (this.#link.pinned !== undefined) {
      return this.#link.pinned.run(exchange, requester, (result) => this.#ran(unit, exchange, result))
    }
    this.#link.open(requester).then(
      () => this.#run(unit, retry),
      (error: Error) => {
        requester.disconnect(error)
        this.#complete(unit, this.#state, true)
      },
    )
  }

  /** COMMIT makes the checks of the constraints there are by then. */
  async #lookUpSchema(unit: Unit, pinned: PinnedConnection): Promise<void> {
    const schema = await lookUpSchema(pinned)
    this.#state = { ...this.#state, schema }
    if (this.#running === unit) this.#run(unit)
  }

  #answerLocally(unit: Unit, exchange: Exchange): void {
    for (const { bytes } of exchange.answers) unit.requester.deliver(bytes!)
    this.#complete(unit, exchange.answers.at(-1)?.state ?? this.#state, exchange.refused)
  }

  #ran(unit: Unit, exchange: Exchange, result: ExchangeResult): void {
    if (result.retry) return this.#run(unit, true)
    const state = transaction.endRegion(result.state)
    const expected = transaction.serverStatus(state)
    if (expected !== result.status)
      return this.#break(errors.unexpectedState(sqlOf(unit), expected, result.status))
    this.#complete(unit, state, result.failed || exchange.refused)
  }

  #complete(unit: Unit, state: transaction.TransactionState, failed: boolean): void {
    const { requester } = unit
    const outsider = this.#owner !== undefined && this.#owner.requester !== requester
    this.#state = outsider ? { ...state, own: this.#owner!.requester.settings } : state
    if (!outsider) {
      requester.settings = state.own
      if (state.block === undefined) this.#owner = undefined
      else this.#owner ??= { requester, openedAt: this.#begunAt.get(unit) ?? '' }
    }
    if (!endsInFlush(unit))
      requester.deliver(readyForQuery(outsider ? 'I' : transaction.applicationStatus(state)))
    this.#running = undefined
    unit.done(failed)
    this.#next()
  }

  /** Answers a unit that does not run with an error. */
  #refuse(unit: Unit, fields: Fields): void {
    if (this.#running !== unit) return answerError(unit, fields)
    unit.requester.deliver(errorResponse(fields))
    this.#complete(unit, this.#state, true)
  }

  #refuseOutside(unit: Unit): void {
    this.#line.remove(unit)
    this.#refuse(
      unit,
      errors.outsideQuery(sqlOf(unit), this.#owner?.openedAt ?? '', this.#options.outsideQueryTimeout),
    )
  }

  #disown(requester: Requester): undefined {
    if (this.#owner?.requester !== requester) return
    this.#owner = undefined
    this.#state = transaction.rollback(this.#state)
  }

  #startLevel(): Promise<void> | undefined {
    // What was written outside every level belongs to nobody: a new level begins without it.
    const undone = this.#state.levels === 0 ? this.#apply(transaction.rollbackLevel(this.#state)) : undefined
    const start = (): void => {
      this.#state = transaction.startLevel(this.#state)
    }
    if (undone !== undefined) return undone.then(start)
    start()
    return undefined
  }

  /** Waits for the session, with a limit for the unit that is running; those behind it are refused. */
  async #inTurn(work: () => Promise<void> | undefined): Promise<void> {
    for (const unit of this.#line.removeUnits()) this.#refuse(unit, errors.testEnded(sqlOf(unit)))
    const stopLimit = this.#running === undefined ? () => {} : limitRunning(this.#link, this.#options)
    await new Promise<void>((resolve, reject) => {
      const take = (): Promise<void> => {
        stopLimit()
        const worked = Promise.resolve(work())
        worked.then(resolve, reject)
        return worked
      }
      this.#line.push({ take })
      this.#next()
    })
    const failure = this.#failure
    this.#failure = undefined
    if (failure !== undefined) throw failure
  }

  /** Runs a step of our own, and forgets the owner whose block it has ended. */
  #apply({ sql, state }: transaction.Step): Promise<void> | undefined {
    const block = this.#state.block
    if (state.block === undefined && this.#owner !== undefined) {
      if (block !== undefined) this.#owner.requester.settings = block.settings
      this.#owner = undefined
    }
    if (this.#lost === undefined && this.#link.pinned !== undefined && sql.length > 0) {
      return this.#runOwn(this.#link.pinned, sql, state)
    }
    this.#settle(state)
    return undefined
  }

  async #runOwn(
    pinned: PinnedConnection,
    sql: readonly string[],
    state: transaction.TransactionState,
  ): Promise<void> {
    const result = await pinned.runOwn(sql)
    pinned.distrustStatements()
    this.#settle(state)
    const expected = transaction.serverStatus(state)
    if (result !== undefined && result.status !== expected) {
      this.#break(errors.unexpectedState(sql.join('; '), expected, result.status))
    }
  }

  #settle(state: transaction.TransactionState): void {
    this.#state = state
    if (!transaction.isMaterialized(state)) this.#lost = undefined
  }

  /** The sandbox and the server no longer agree: the connection is closed, which undoes what it held, and it is told loudly. */
  #break(failure: errors.SandboxError): void {
    this.#failure = failure
    this.#link.pinned?.destroy()
  }

  #lose(pinned: PinnedConnection, reason: Error | undefined): void {
    if (transaction.isMaterialized(this.#state)) {
      this.#lost =
        this.#failure?.message.split('\n')[0] ??
        pinned.farewell?.['M'] ??
        reason?.message ??
        'closed by the server'
    }
    const owner = this.#owner?.requester
    this.#owner = undefined
    this.#state = { ...this.#state, block: undefined, region: undefined }
    const running = this.#running
    if (running === undefined) return owner?.disconnect(reason)
    if (!isUnit(running)) return
    if (this.#failure !== undefined) running.requester.deliver(errorResponse(errors.toFields(this.#failure)))
    running.requester.disconnect(reason)
    this.#running = undefined
    running.done(true)
    this.#next()
  }
}
