/** What belongs to the single clients of a session, and what they leave behind. */
import type { Status } from '../protocol/backend.ts'
import { arrange } from './state-by-options.ts'
import type { Turn } from './waiting-line.ts'
import type { Notifications } from './notifications.ts'
import { withSchemaFirst } from '../transaction/search-path.ts'
import type { SandboxOptions } from '../options.ts'
import type { Ownership } from './ownership.ts'
import type { RealTransaction } from './real-transaction.ts'
import { type ServerConnection, virtualProcessId } from '../server/server-connection.ts'
import * as blocks from '../transaction/block.ts'
import { withObjects } from '../transaction/belongings.ts'
import { endClient } from '../transaction/end-client.ts'
import * as regions from '../transaction/regions.ts'
import { applicationStatus, type TransactionState } from '../transaction/state.ts'
import type { Requester } from './requester.ts'
import type { Unit } from './unit.ts'

export class Clients {
  readonly #transaction: RealTransaction
  readonly #ownership: Ownership
  readonly #notifications: Notifications
  /** Those whose connection has ended: what they leave behind ends with them, as with connections of their own. */
  readonly gone: Requester[] = []
  readonly #options: SandboxOptions
  /** The client that was given the process id of the real connection. */
  #bearer: Requester | undefined

  constructor(
    real: RealTransaction,
    ownership: Ownership,
    notifications: Notifications,
    options: SandboxOptions,
  ) {
    this.#options = options
    this.#transaction = real
    this.#ownership = ownership
    this.#notifications = notifications
  }

  /** The turn that ends what a client that is gone has left; not inside the transaction of another. */
  nextDeparture(): Turn | undefined {
    const { state } = this.#transaction
    if (state.block !== undefined || state.region !== undefined) return undefined
    const gone = this.gone.shift()
    if (gone === undefined) return undefined
    const settings = withSchemaFirst(gone.belongings.settings, state.sandboxSchema)
    const step = endClient({ ...state, client: { ...gone.belongings, settings } })
    return { take: () => step && this.#transaction.apply(step) }
  }

  /** The server as the client is told of it: process ids tell clients apart, and one has the real one. */
  identify(requester: Requester, server: ServerConnection): ServerConnection {
    this.#bearer ??= requester
    return this.#bearer === requester ? server : { ...server, processId: virtualProcessId() }
  }

  /** The status of the client's transaction. */
  statusFor(requester: Requester): Status {
    if (requester.cutOff !== undefined) return requester.cutOff.status
    return this.#ownership.owner === requester ? applicationStatus(this.#transaction.state) : 'I'
  }

  /** Delivers what a unit of the client has committed. */
  send(requester: Requester, outbox: TransactionState['outbox']): void {
    this.#notifications.send(requester, outbox)
  }

  /** The transaction as the client sees it. What runs inside another's transaction is committed with that. */
  stateFor(unit: Unit): TransactionState {
    const { owner } = this.#ownership
    const { state } = this.#transaction
    const { belongings } = unit.requester
    const isOutsider = owner !== undefined && this.#ownership.isOutsider(unit)
    const client = isOutsider ? withObjects(belongings, owner.belongings.objects) : belongings
    const seen = state.client === client ? state : this.#transaction.seenBy(client)
    return arrange(seen, unit, this.#options)
  }

  /** After a unit: the transaction is in this state, and its client has what it has there. */
  keep(unit: Unit, state: TransactionState, failed: boolean): void {
    const { requester } = unit
    const { owner } = this.#ownership
    if (owner !== undefined && this.#ownership.isOutsider(unit)) return this.#keepOutsider(unit, state, owner)
    const open = state.block !== undefined ? 'block' : state.region && 'region'
    const hasEnded = open === undefined && (failed || !unit.endsInFlush)
    const endsPortals = hasEnded || state.ended !== this.#transaction.state.ended
    if (endsPortals && requester.names.portals.size > 0) requester.names.endPortals()
    this.#transaction.moveTo(state)
    requester.belongings = this.#transaction.state.client
    if (owner !== undefined || open !== undefined) this.#ownership.update(unit, open)
    const isHeard = this.#notifications.listeners.size > 0 || state.client.objects.listening.size > 0
    if (isHeard) this.#notifications.update(requester, state.schema.notifiers)
  }

  /** What runs inside another's transaction leaves its own client the settings that it had. */
  #keepOutsider(unit: Unit, state: TransactionState, owner: Requester): void {
    owner.belongings = withObjects(owner.belongings, state.client.objects)
    keepPrepared(unit.requester, state)
    this.#transaction.moveTo({ ...state, client: owner.belongings })
  }

  /** After a unit that was over for its client before: only what it has prepared is there all the same. */
  keepOfAbandoned({ requester }: Unit, state: TransactionState): void {
    keepPrepared(requester, state)
    this.#transaction.moveTo(state)
  }

  /** A cursor's client may have written before its first page, and others run between the pages. */
  endInterrupted(unit: Unit): Promise<void> | undefined {
    const owner = this.#ownership.interrupted(unit)
    if (owner === undefined) return undefined
    const state = { ...this.#transaction.state, client: owner.belongings }
    const { sql, state: ended } = regions.endRegion(state)
    this.#ownership.owner = undefined
    owner.belongings = ended.client
    this.#notifications.send(owner, ended.outbox)
    return this.#transaction.apply({
      sql,
      state: { ...ended, outbox: [] },
      failure: regions.failed(state),
    })
  }

  disown(requester: Requester): undefined {
    this.#notifications.remove(requester)
    if (this.#bearer === requester) this.#bearer = undefined
    if (this.#ownership.owner === requester) {
      this.#ownership.owner = undefined
      const rolledBack = blocks.rollback({ ...this.#transaction.state, client: requester.belongings })
      requester.belongings = rolledBack.client
      this.#transaction.moveTo(rolledBack)
    }
    this.gone.push(requester)
  }
}

/** No rollback undoes what has been prepared. */
function keepPrepared(requester: Requester, { client: { prepared } }: TransactionState): void {
  if (requester.belongings.prepared !== prepared) requester.belongings = { ...requester.belongings, prepared }
}
