/** The transaction as it stands on the real connection: its state, our own statements on it, and what breaks it. */
import * as errors from '../errors.ts'
import type { Status } from '../protocol/backend.ts'
import type { Link } from './link.ts'
import type { PinnedConnection } from './pinned-connection.ts'
import type { ExchangeResult } from './server-connection.ts'
import { lookUpSchema } from './schema-query.ts'
import { clearTimeout, setTimeout } from './timers.ts'
import * as transaction from './transaction.ts'

export class RealTransaction {
  readonly #link: Pick<Link, 'pinned'>
  #state: transaction.TransactionState
  /** Has anything been written? */
  hasWritten = false
  /** Why the connection that held what the open levels have written is gone. */
  lost: string | undefined
  /** The sandbox itself has failed: the next rollback has to tell. */
  failure: errors.SandboxError | undefined
  /** The last that a client has run. */
  #lastSql: () => string = () => ''

  /** @param levels how many levels are open */
  constructor(link: Pick<Link, 'pinned'>, levels: number) {
    this.#link = link
    this.#state = transaction.initialState(levels)
  }

  get state(): transaction.TransactionState {
    return this.#state
  }

  set state(state: transaction.TransactionState) {
    this.#state = state
    this.hasWritten ||= state.segments.at(-1)?.guard === 'dirty'
  }

  /** Runs a step of our own; nothing is returned where nothing has to be sent. */
  apply(step: transaction.Step): Promise<void> | undefined {
    const { pinned } = this.#link
    if (this.lost === undefined && pinned !== undefined && step.sql.length > 0) return this.#run(pinned, step)
    this.#settle(step.state)
    return undefined
  }

  /** The same for a step that cannot fail in a sound transaction: what comes next is sent without waiting for its answer. */
  applyAhead(step: transaction.Step, limit: number): undefined {
    const { pinned } = this.#link
    const isDue = this.lost === undefined && step.sql.length > 0
    this.#settle(step.state)
    if (pinned === undefined || !isDue) return undefined
    const lastSql = this.#lastSql
    const timer = setTimeout(() => pinned.destroy(), limit)
    timer.unref()
    pinned.distrustStatements()
    pinned.sendAhead(step.sql, (result) => {
      clearTimeout(timer)
      if (result?.failed) this.break(errors.unexpectedState(lastSql(), 'T', 'another transaction'))
      else if (result !== undefined) this.agrees(step.state, result.status, () => step.sql.join('; '))
    })
    return undefined
  }

  /** Do we and the server agree, after `sql` has left us in `state`? If not, the connection is closed. */
  agrees(state: transaction.TransactionState, status: Status, sql: () => string): boolean {
    const expected = transaction.serverStatus(state)
    if (status === expected) return true
    this.break(errors.unexpectedState(sql(), expected, status))
    return false
  }

  /** The same after a unit of a client, which must not have ended or begun the real transaction either. */
  agreesAfter({ state, status, unseen }: ExchangeResult, sql: () => string): boolean {
    this.#lastSql = sql
    if (unseen === undefined) return this.agrees(state, status, sql)
    this.break(errors.unexpectedState(sql(), 'T', unseen))
    return false
  }

  /** Closes the connection, which undoes what it held, and keeps the reason for the next rollback. */
  break(failure: errors.SandboxError): void {
    this.failure = failure
    this.#link.pinned?.destroy()
  }

  takeFailure(): errors.SandboxError | undefined {
    const { failure } = this
    this.failure = undefined
    return failure
  }

  /** Has something been lost, or has the sandbox failed? */
  get isBroken(): boolean {
    return this.lost !== undefined || this.failure !== undefined
  }

  /** The connection is gone: what the open levels have written is lost with it. */
  lose(farewell: string | undefined, reason: Error | undefined): void {
    if (transaction.isMaterialized(this.state)) {
      this.lost =
        this.failure?.message.split('\n')[0] ?? farewell ?? reason?.message ?? 'closed by the server'
    }
    this.state = { ...this.state, block: undefined, region: undefined }
  }

  reconnected({ schema }: PinnedConnection): void {
    this.state = { ...transaction.reconnected(this.state), schema }
  }

  /** Before a COMMIT may check constraints: the schema as it is by now. */
  async lookUpSchema(pinned: PinnedConnection): Promise<void> {
    // What has been rolled back is not to be seen.
    const undone = transaction.undo(this.state)
    if (undone.sql.length > 0) await pinned.runOwn(undone.sql)
    this.state = undone.state
    const schema = await lookUpSchema(pinned)
    this.state = { ...this.state, schema }
  }

  async #run(pinned: PinnedConnection, { sql, state, failure }: transaction.Step): Promise<void> {
    const result = await pinned.runOwn(sql)
    pinned.distrustStatements()
    if (result?.failed && failure === undefined) {
      this.#settle(state)
      return this.break(errors.unexpectedState(this.#lastSql(), 'T', 'another transaction'))
    }
    const reached = result?.failed && failure !== undefined ? failure : state
    this.#settle(reached)
    if (result !== undefined) this.agrees(reached, result.status, () => sql.join('; '))
  }

  #settle(state: transaction.TransactionState): void {
    this.state = state
    if (!transaction.isMaterialized(state)) this.lost = undefined
  }
}
