/**
 * One real connection and the transaction on it, for all virtual connections with the same key in one scope.
 *
 * Units run one at a time, first come first served; from BEGIN to COMMIT the owner has the session alone. Levels are
 * opened and rolled back in the same line, so their order with the queries around them is that of the calls.
 */
import * as errors from '../errors.ts'
import { errorResponse, type Fields, readyForQuery, type Status } from '../protocol/backend.ts'
import { callSite } from './call-site.ts'
import { type Exchange, exchangeOf, ownExchange } from './exchanges.ts'
import { IdleOwnerTimers } from './idle-owner-timers.ts'
import type { IdleConnections } from './idle-connections.ts'
import { isUnit, Line, type Turn } from './line.ts'
import type { SandboxOptions } from './options.ts'
import { type ExchangeResult, PinnedConnection, type ServerConnection, SILENT } from './pinned-connection.ts'
import { clearTimeout, setTimeout } from './timers.ts'
import * as transaction from './transaction.ts'
import { controlsTransaction, endsInFlush, type Requester, sqlOf, type Unit } from './unit.ts'

interface Owner {
  readonly requester: Requester
  readonly openedAt: string
}

export class Session {
  readonly #connections: IdleConnections
  readonly #options: SandboxOptions
  readonly #line = new Line()
  readonly #timers: IdleOwnerTimers
  #state: transaction.TransactionState
  #pinned: PinnedConnection | undefined
  #opening: Promise<PinnedConnection> | undefined
  /** The login that the connection is being or was opened with. */
  #opener: string | undefined
  #running: Unit | Turn | undefined
  #owner: Owner | undefined
  #begunAt = new WeakMap<Unit, string>()
  /** Why the connection that held what the open levels have written is gone. */
  #lost: string | undefined
  /** What the next rollback has to tell: the sandbox itself has failed. */
  #failure: errors.SandboxError | undefined

  /** @param levels how many levels its scope has open */
  constructor(connections: IdleConnections, levels: number, options: SandboxOptions) {
    this.#connections = connections
    this.#options = options
    this.#state = transaction.initialState(levels)
    this.#timers = new IdleOwnerTimers(options, (unit) => this.#refuseOutside(unit))
  }

  /** Lets a client in: the server must have accepted its login, on the real connection or on one made to ask. */
  async admit(requester: Requester): Promise<ServerConnection> {
    // Another login's failure is not this one's.
    if (this.#opener !== requester.login) await this.#opening?.catch(() => {})
    const { server } = await this.#connect(requester)
    await this.#connections.verify(requester)
    return server
  }

  submit(unit: Unit): void {
    if (controlsTransaction(unit)) this.#begunAt.set(unit, callSite())
    this.#line.push(unit)
    this.#pinned?.resume()
    this.#next()
  }

  /** Passes on what the client sends while its COPY is under way; undefined when none is. */
  copy(requester: Requester, bytes: Buffer, drained: () => void): boolean | undefined {
    return this.#isRunning(requester) && this.#pinned?.copying ? this.#pinned.write(bytes, drained) : undefined
  }

  /** The client reads more slowly than the server sends: the server waits, unless others wait for the session. */
  pause(requester: Requester): void {
    if (this.#isRunning(requester) && this.#line.length === 0) this.#pinned?.pause()
  }

  resume(requester: Requester): void {
    if (this.#isRunning(requester)) this.#pinned?.resume()
  }

  /** The client is gone: its transaction is rolled back, what it still waited for is forgotten. */
  leave(requester: Requester): void {
    this.#line.removeUnits(requester)
    if (this.#isRunning(requester)) this.#pinned?.abandon()
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
    const pinned = this.#pinned
    if (pinned !== undefined) pinned.events = undefined
    this.#pinned = undefined
    this.#opening = undefined
    return pinned
  }

  /** The real connection, opened at the first call and again after it was lost. */
  #connect(requester: Requester): Promise<PinnedConnection> {
    if (this.#opening === undefined) {
      this.#opener = requester.login
      this.#opening = this.#openFor(requester)
    }
    return this.#opening
  }

  async #openFor(requester: Requester): Promise<PinnedConnection> {
    try {
      const pinned = await this.#connections.take(requester)
      pinned.events = {
        lost: (reason) => this.#lose(pinned, reason),
        prefixError: (error, sql) => this.#break(errors.failedOwnStatement(sql, error)),
      }
      this.#pinned = pinned
      this.#state = transaction.reconnected(this.#state)
      return pinned
    } catch (error) {
      this.#opening = undefined
      throw error
    }
  }

  #isRunning(requester: Requester): boolean {
    const running = this.#running
    return running !== undefined && isUnit(running) && running.requester === requester
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
    const exchange = exchangeOf(unit, state, this.#pinned?.known, retry)
    if (exchange.messages.length === 0) return this.#answerLocally(unit, exchange)
    if (this.#pinned !== undefined) {
      return this.#pinned.run(exchange, requester, (result) => this.#ran(unit, exchange, result))
    }
    this.#connect(requester).then(
      () => this.#run(unit, retry),
      (error: Error) => {
        requester.disconnect(error)
        this.#complete(unit, this.#state, true)
      },
    )
  }

  #answerLocally(unit: Unit, exchange: Exchange): void {
    for (const { bytes } of exchange.answers) unit.requester.deliver(bytes!)
    this.#complete(unit, exchange.answers.at(-1)?.state ?? this.#state, exchange.refused)
  }

  #ran(unit: Unit, exchange: Exchange, result: ExchangeResult): void {
    if (result.retry) return this.#run(unit, true)
    const state = transaction.endRegion(result.state)
    const expected = transaction.serverStatus(state)
    if (expected !== result.status) return this.#break(errors.unexpectedState(sqlOf(unit), expected, result.status))
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
    if (!endsInFlush(unit)) requester.deliver(readyForQuery(outsider ? 'I' : transaction.applicationStatus(state)))
    this.#running = undefined
    unit.done(failed)
    this.#next()
  }

  /** Answers a unit that does not run with an error. */
  #refuse(unit: Unit, fields: Fields): void {
    unit.requester.deliver(errorResponse(fields))
    if (this.#running === unit) return this.#complete(unit, this.#state, true)
    if (!endsInFlush(unit)) unit.requester.deliver(readyForQuery('I'))
    unit.done(true)
  }

  #refuseOutside(unit: Unit): void {
    this.#line.remove(unit)
    this.#refuse(unit, errors.outsideQuery(sqlOf(unit), this.#owner?.openedAt ?? '', this.#options.outsideQueryTimeout))
  }

  #disown(requester: Requester): undefined {
    if (this.#owner?.requester !== requester) return
    this.#owner = undefined
    this.#state = transaction.rollback(this.#state)
  }

  #startLevel(): Promise<void> | undefined {
    const start = (): void => {
      this.#state = transaction.startLevel(this.#state)
    }
    // What was written outside every level belongs to nobody: a new level begins without it.
    if (this.#state.levels > 0 || !transaction.isMaterialized(this.#state)) return void start()
    return this.#apply(transaction.rollbackLevel(this.#state))?.then(start)
  }

  /** Waits for the session, with a limit for the unit that is running; those behind it are refused. */
  async #inTurn(work: () => Promise<void> | undefined): Promise<void> {
    for (const unit of this.#line.removeUnits()) this.#refuse(unit, errors.testEnded(sqlOf(unit)))
    const stopLimit = this.#limitRunning()
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

  #limitRunning(): () => void {
    if (this.#running === undefined) return () => {}
    const { rollbackTimeout } = this.#options
    let timer = setTimeout(() => {
      timer = setTimeout(() => this.#pinned?.destroy(), rollbackTimeout)
      this.#pinned?.cancel()
    }, rollbackTimeout)
    return () => clearTimeout(timer)
  }

  /** Runs a step of our own, and forgets the owner whose block it has ended. */
  #apply({ sql, state }: transaction.Step): Promise<void> | undefined {
    const block = this.#state.block
    if (state.block === undefined && this.#owner !== undefined) {
      if (block !== undefined) this.#owner.requester.settings = block.settings
      this.#owner = undefined
    }
    if (this.#lost !== undefined || this.#pinned === undefined || sql.length === 0) {
      this.#state = state
      if (!transaction.isMaterialized(state)) this.#lost = undefined
      return undefined
    }
    return this.#runOwn(sql, state, this.#pinned)
  }

  #runOwn(sql: readonly string[], state: transaction.TransactionState, pinned: PinnedConnection): Promise<void> {
    return new Promise((resolve) => {
      this.#ownEnded = () => {
        this.#state = state
        if (!transaction.isMaterialized(state)) this.#lost = undefined
        resolve()
      }
      pinned.run(ownExchange(sql, state), SILENT, ({ status }) => {
        const expected = transaction.serverStatus(state)
        if (status !== expected) this.#break(errors.unexpectedState(sql.join('; '), expected, status))
        else this.#ownEnded()
      })
    })
  }
  #ownEnded = (): void => {}

  /** The sandbox and the server no longer agree: the connection is closed, which undoes what it held, and it is told loudly. */
  #break(failure: errors.SandboxError): void {
    this.#failure = failure
    this.#pinned?.destroy()
  }

  #lose(pinned: PinnedConnection, reason: Error | undefined): void {
    if (pinned !== this.#pinned) return
    this.#pinned = undefined
    this.#opening = undefined
    if (transaction.isMaterialized(this.#state)) {
      this.#lost = this.#failure?.message.split('\n')[0] ?? pinned.farewell?.['M'] ?? reason?.message ?? 'closed by the server'
    }
    const owner = this.#owner?.requester
    this.#owner = undefined
    this.#state = { ...this.#state, block: undefined, region: undefined }
    const running = this.#running
    if (running === undefined) return owner?.disconnect(reason)
    if (!isUnit(running)) return this.#ownEnded()
    if (this.#failure !== undefined) running.requester.deliver(errorResponse(errors.toFields(this.#failure)))
    running.requester.disconnect(reason)
    this.#running = undefined
    running.done(true)
    this.#next()
  }
}
