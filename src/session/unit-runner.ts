/**
 * Runs a unit of a client on the session's real connection, from its exchange to its end. The session says which unit, one at
 * a time. What the unit needs first (a connection, the schema, the end of another's implicit transaction) is waited for here.
 */
import * as errors from '../errors.ts'
import type { Fields } from '../protocol/backend.ts'
import type { Clients } from './clients.ts'
import { type Exchange, silentExchange } from '../exchange/exchange.ts'
import { exchangeOf } from '../exchange/make-exchange.ts'
import { sqlOf } from '../exchange/unit.ts'
import type { LazyConnection } from '../server/lazy-connection.ts'
import type { PinnedConnection } from '../server/pinned-connection.ts'
import type { ExchangeResult } from '../server/server-connection.ts'
import * as regions from '../transaction/regions.ts'
import type { Step, TransactionState } from '../transaction/state.ts'
import type { LockWatch } from './lock-watch.ts'
import type { Ownership } from './ownership.ts'
import type { RealTransaction } from './real-transaction.ts'
import { cutOffFrom, refuse } from './refused-unit.ts'
import type { RunningUnit } from './running-unit.ts'

interface Parts {
  readonly clients: Clients
  readonly link: LazyConnection
  readonly lockWatch: LockWatch
  readonly ownership: Ownership
  readonly transaction: RealTransaction
}

export class UnitRunner {
  readonly #clients: Clients
  readonly #link: LazyConnection
  readonly #lockWatch: LockWatch
  readonly #ownership: Ownership
  readonly #transaction: RealTransaction
  readonly #ended: () => void
  running: RunningUnit | undefined

  /** @param ended is called when a unit has ended */
  constructor({ clients, link, lockWatch, ownership, transaction }: Parts, ended: () => void) {
    this.#clients = clients
    this.#link = link
    this.#lockWatch = lockWatch
    this.#ownership = ownership
    this.#transaction = transaction
    this.#ended = ended
  }

  /** @param retry send a mere read as one that writes, which it has turned out to do */
  run(running: RunningUnit, retry = false): void {
    this.running = running
    const { unit } = running
    const { outer, requester } = unit
    if (outer !== undefined && !this.#transaction.enterOuterLevel(outer.depth))
      return this.#refuseRunning(running, (sql) => outer.overtaking(sql))
    if (requester.phase === 'gone') return this.#complete(running, this.#clients.stateFor(unit), true)
    const cutOff = requester.cutOff && cutOffFrom(unit)
    if (cutOff !== undefined) return this.#refuseRunning(running, cutOff.error)
    const interrupted = this.#ownership.owner && this.#clients.endInterrupted(unit)
    if (interrupted !== undefined) return this.#runAfter(running, interrupted)
    const refusal = this.#transaction.refusal()
    if (refusal !== undefined) return this.#refuseRunning(running, refusal)
    const lookUp = this.#transaction.lookUpFor(unit)
    if (lookUp !== undefined) return this.#runAfter(running, lookUp)
    const { pinned } = this.#link
    const exchange = exchangeOf(unit, this.#clients.stateFor(unit), { connection: pinned, retry })
    if (exchange.messages.length === 0) this.#answerLocally(running, exchange)
    else if (pinned !== undefined) this.#send(running, exchange, pinned)
    else {
      requester.names.forget(exchange.registered ?? [])
      this.#runAfter(running, this.#link.open(requester))
    }
  }

  /** What still runs when everything ends is answered with an error, so that nobody goes on with its result outside. */
  abandon(test: string | undefined): void {
    const { running } = this
    running?.abandon(errors.testEnded(sqlOf(running.unit), test), this.#link.pinned)
  }

  /** The connection is gone. */
  lose(running: RunningUnit, pinned: PinnedConnection, reason: Error | undefined): void {
    // The rollback of the last test was the end of its connection, and nothing of this test has run on it.
    if (pinned.isBehind && !this.#transaction.isBroken && running.abandoned === undefined)
      return this.run(running)
    running.lose(pinned, this.#transaction.failure, reason)
    this.#transaction.leaveOuterLevel()
    this.running = undefined
    this.#ended()
  }

  #runAfter(running: RunningUnit, ready: Promise<unknown>): void {
    const { unit } = running
    ready.then(
      () => this.running === running && this.run(running),
      (error: Error) => {
        unit.requester.disconnect(error)
        this.#complete(running, this.#clients.stateFor(unit), true)
      },
    )
  }

  #send(running: RunningUnit, exchange: Exchange, pinned: PinnedConnection): void {
    const { unit } = running
    running.isInBlock = this.#transaction.state.block !== undefined
    unit.requester.record?.sent(exchange)
    pinned.run(exchange, running.sink, (result) => this.#ran(running, exchange, result))
    this.#lockWatch.start(pinned, unit, () => running.cancel(errors.blockedByTest(sqlOf(unit)), pinned))
  }

  #answerLocally(running: RunningUnit, exchange: Exchange): void {
    const { unit } = running
    const { requester } = unit
    for (const { bytes } of exchange.answers) requester.deliver(bytes!)
    this.#link.pinned?.deliverParameters(requester, requester)
    const { state = this.#clients.stateFor(unit) } = exchange.ending ?? exchange.answers.at(-1) ?? {}
    this.#complete(running, state, exchange.refused)
  }

  #ran(running: RunningUnit, exchange: Exchange, result: ExchangeResult): void {
    if (result.retry) return this.run(running, true)
    const { failed, reached, state } = result
    const { unit } = running
    const { names } = unit.requester
    if (!this.#transaction.agreesAfter(result, () => sqlOf(unit))) return
    if (failed) names.forget(exchange.registered?.filter(({ answer }) => answer >= reached) ?? [])
    if (result.hasClosedAll) names.statements.clear()
    const undoing = failed ? regions.undoSettings(state) : undefined
    if (undoing === undefined) this.#complete(running, state, failed || exchange.refused)
    else this.#undoSettings(running, undoing)
  }

  /** Settings that a failed statement had changed are told at once, as the server does. */
  #undoSettings(running: RunningUnit, { sql, state }: Step): void {
    const sink = { ...running.sink, translate: (fields: Fields) => fields }
    this.#link.pinned!.run(silentExchange(sql), sink, ({ status }) => {
      if (this.#transaction.agrees(state, status, () => sql.join('; '))) this.#complete(running, state, true)
    })
  }

  #complete(running: RunningUnit, ended: TransactionState, failed: boolean): void {
    const { unit } = running
    const { outbox } = ended
    const state = outbox.length === 0 ? ended : { ...ended, outbox: [] }
    this.#lockWatch.stop()
    this.running = undefined
    if (running.abandoned !== undefined) {
      this.#clients.keepOfAbandoned(unit, state)
      this.#transaction.leaveOuterLevel()
    } else {
      this.#clients.keep(unit, state, failed)
      if (unit.outer !== undefined) this.#transaction.leaveOuterLevel()
      if (outbox.length > 0) this.#clients.send(unit.requester, outbox)
      if (!unit.endsInFlush) unit.requester.ready(this.#clients.statusFor(unit.requester))
      unit.done(failed)
    }
    this.#ended()
  }

  /** Answers a unit with an error in place of running it. */
  #refuseRunning(running: RunningUnit, errorFor: (sql: string) => Fields): void {
    const { unit } = running
    const { bytes, failed } = refuse(unit, errorFor)
    unit.requester.deliver(bytes)
    this.#complete(running, this.#clients.stateFor(unit), failed)
  }
}
