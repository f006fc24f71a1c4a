/**
 * The transaction as it stands on the real connection: its state, the sandbox's statements on it, and what breaks it.
 *
 * A session has one. What it runs by itself, such as the rollback of a level, makes the connection distrust its prepared
 * statements. Without it a failure of the sandbox would pass for one of the test.
 */
import * as errors from '../errors.ts'
import type { Fields, Status } from '../protocol/backend.ts'
import { Alarm } from '../clock/alarm.ts'
import type { LazyConnection } from '../server/lazy-connection.ts'
import type { PinnedConnection } from '../server/pinned-connection.ts'
import type { ExchangeResult } from '../server/server-connection.ts'
import type { SandboxOptions } from '../options.ts'
import { resting } from '../exchange/resting-states.ts'
import { lookUpSchema, withSequences } from '../server/look-up-schema.ts'
import { areSameBelongings, type Belongings } from '../transaction/belongings.ts'
import { reconnected } from '../transaction/levels.ts'
import { undo } from '../transaction/materialize.ts'
import {
  type Step,
  type TransactionState,
  initialState,
  isMaterialized,
  serverStatus,
} from '../transaction/state.ts'
import { needsSchema } from '../exchange/unit.ts'
import type { Unit } from './unit.ts'

export class RealTransaction {
  readonly #link: Pick<LazyConnection, 'pinned'>
  readonly #options: SandboxOptions
  /** Changed by {@link moveTo} alone. */
  state: TransactionState
  /** Has anything been written? */
  hasWritten = false
  /** Why the connection is gone on which the open levels have written. */
  lost: string | undefined
  /** The sandbox itself has failed: the next rollback has to tell. */
  failure: errors.SandboxError | undefined
  /** The last that a client has run. */
  #lastSql: () => string = () => ''
  /** How many steps were sent ahead, and how long the server may take to answer the last. */
  #sentAhead = 0
  readonly #answerLimit = new Alarm()
  /** How many levels are open, while a unit of an outer one runs. */
  #levels: number | undefined

  /** @param levels how many levels are open */
  constructor(link: Pick<LazyConnection, 'pinned'>, levels: number, options: SandboxOptions) {
    this.#link = link
    this.#options = options
    this.state = resting(initialState(levels))
  }

  moveTo(state: TransactionState): void {
    this.state = resting(state)
    this.hasWritten ||= state.segments.at(-1)?.guard === 'dirty'
  }

  /**
   * A unit of an outer level comes, after deeper levels were opened: until `leaveOuterLevel` the state is as without them.
   * Returns false where they stand on the server already, so that what the unit does would be undone with them.
   */
  enterOuterLevel(depth: number): boolean {
    const { block, levels, segments } = this.state
    if (Math.max(segments.at(-1)?.level ?? 0, block?.level ?? 0) > depth) return false
    this.#levels ??= levels
    this.moveTo({ ...this.state, levels: depth })
    return true
  }

  leaveOuterLevel(): void {
    if (this.#levels === undefined) return
    this.moveTo({ ...this.state, levels: this.#levels })
    this.#levels = undefined
  }

  /** The transaction as a client sees it. */
  seenBy(client: Belongings): TransactionState {
    const { state } = this
    return areSameBelongings(state.client, client) ? state : resting({ ...state, client })
  }

  /** Runs a step of the sandbox; nothing is returned where nothing has to be sent. */
  apply(step: Step): Promise<void> | undefined {
    const { pinned } = this.#link
    if (this.lost === undefined && pinned !== undefined && step.sql.length > 0) return this.#run(pinned, step)
    this.#reach(step.state)
    return undefined
  }

  /** The same for a step that cannot fail in a sound transaction: what comes next is sent without waiting for its answer. */
  applyAhead(step: Step, limit: number): undefined {
    const { pinned } = this.#link
    const isDue = this.lost === undefined && step.sql.length > 0
    this.#reach(step.state)
    if (pinned === undefined || !isDue) return undefined
    const lastSql = this.#lastSql
    this.#sentAhead += 1
    const sent = this.#sentAhead
    this.#answerLimit.set(limit, () => pinned.destroy())
    pinned.distrustStatements()
    pinned.sendAhead(step.sql, (result) => {
      if (sent === this.#sentAhead) this.#answerLimit.lift()
      if (result?.failed) this.break(errors.unexpectedState(lastSql(), 'T', 'another transaction'))
      else if (result !== undefined) this.agrees(step.state, result.status, () => step.sql.join('; '))
    })
    return undefined
  }

  /** Do we and the server agree, after `sql` has left us in `state`? If not, the connection is closed. */
  agrees(state: TransactionState, status: Status, sql: () => string): boolean {
    const expected = serverStatus(state)
    if (status === expected) return true
    this.break(errors.unexpectedState(sql(), expected, status))
    return false
  }

  /** The same after a unit of a client, which must not have ended or started the real transaction either. */
  agreesAfter({ state, status, unseen }: ExchangeResult, sql: () => string): boolean {
    this.#lastSql = sql
    if (unseen === undefined) return status === serverStatus(state) || this.agrees(state, status, sql)
    this.break(errors.unexpectedState(sql(), 'T', unseen))
    return false
  }

  /** Closes the connection, which undoes what was written on it, and keeps the reason for the next rollback. */
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
    if (isMaterialized(this.state)) {
      this.lost =
        this.failure?.message.split('\n')[0] ?? farewell ?? reason?.message ?? 'closed by the server'
    }
    this.moveTo({ ...this.state, block: undefined, region: undefined })
  }

  reconnected({ schema }: PinnedConnection): void {
    this.moveTo({ ...reconnected(this.state), schema })
  }

  /** What keeps a unit from being run, if anything does. */
  refusal(): ((sql: string) => Fields) | undefined {
    const { lost } = this
    if (lost !== undefined) return (sql) => errors.connectionLost(sql, lost, this.#losesOuter)
    const isToBegin = this.#options.isolation === 'schema' && !isMaterialized(this.state)
    return isToBegin && !this.state.schema.takesSchemas ? errors.schemaNotAllowed : undefined
  }

  get #losesOuter(): boolean {
    const { levels, segments } = this.state
    return segments.some(({ level }) => level < levels)
  }

  /** The look at the schema that a unit has to wait for: a COMMIT may check constraints, sequences must be known. */
  lookUpFor(unit: Unit): Promise<void> | undefined {
    const { pinned } = this.#link
    const { state } = this
    if (pinned === undefined || state.aborted) return undefined
    const isStale = state.schema.isStale && needsSchema(unit, state)
    const lacksSequences = this.#options.deterministicIds && state.schema.sequences === undefined
    return isStale || lacksSequences ? this.#lookUp(pinned, isStale) : undefined
  }

  async #lookUp(pinned: PinnedConnection, isStale: boolean): Promise<void> {
    // What has been rolled back is not to be seen.
    const undone = undo(this.state)
    if (undone.sql.length > 0) await pinned.runStatements(undone.sql)
    this.moveTo(undone.state)
    const schema = isStale ? await lookUpSchema(pinned) : this.state.schema
    const whole = await withSequences(pinned, schema, this.#options)
    this.moveTo({ ...this.state, schema: whole })
  }

  async #run(pinned: PinnedConnection, { sql, state, failure }: Step): Promise<void> {
    const result = await pinned.runStatements(sql)
    pinned.distrustStatements()
    if (result?.failed && failure === undefined) {
      this.#reach(state)
      return this.break(errors.unexpectedState(this.#lastSql(), 'T', 'another transaction'))
    }
    const reached = result?.failed && failure !== undefined ? failure : state
    this.#reach(reached)
    if (result !== undefined) this.agrees(reached, result.status, () => sql.join('; '))
  }

  #reach(state: TransactionState): void {
    this.moveTo(state)
    if (!isMaterialized(state)) this.lost = undefined
  }
}
