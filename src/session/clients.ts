/** What belongs to the single clients of a session, and what they leave behind. */
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
import type { TransactionState } from '../transaction/state.ts'
import { endsInFlush } from '../exchange/unit.ts'
import type { Requester } from './requester.ts'
import type { Unit } from './unit.ts'

export class Clients {
  readonly #transaction: RealTransaction
  readonly #ownership: Ownership
  readonly #notifications: Notifications
  readonly #departures: Departures
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
    this.#departures = new Departures(real)
  }

  /** The end of what a client that is gone has left. */
  nextDeparture(): Turn | undefined {
    return this.#departures.next()
  }

  /** The server as the client is told of it: process ids tell clients apart, and one has the real one. */
  identify(requester: Requester, server: ServerConnection): ServerConnection {
    this.#bearer ??= requester
    return this.#bearer === requester ? server : { ...server, processId: virtualProcessId() }
  }

  /** Delivers what a unit of the client has committed. */
  send(requester: Requester, outbox: TransactionState['outbox']): void {
    this.#notifications.send(requester, outbox)
  }

  /** The transaction, with what is the client's own. What runs inside another's transaction is committed with it. */
  stateFor(unit: Unit): TransactionState {
    const { requester } = unit
    const { belongings } = requester
    const client = this.#ownership.isOutsider(unit)
      ? withObjects(belongings, this.#ownership.owner!.belongings.objects)
      : belongings
    return arrange(this.#transaction.seenBy(client), unit, this.#options)
  }

  /** Gives the client what is its own of the state. What runs inside another's transaction leaves it its settings. */
  keep(unit: Unit, state: TransactionState, failed: boolean): TransactionState {
    const { requester } = unit
    const { client } = state
    if (this.#ownership.isOutsider(unit)) {
      const owner = this.#ownership.owner!
      owner.belongings = withObjects(owner.belongings, client.objects)
      requester.belongings = { ...requester.belongings, prepared: client.prepared }
      return { ...state, client: owner.belongings }
    }
    const open = state.block !== undefined ? 'block' : state.region && 'region'
    const hasEnded = open === undefined && (failed || !endsInFlush(unit))
    if (hasEnded || state.ended !== this.#transaction.state.ended) requester.names.endPortals()
    requester.belongings = client
    this.#ownership.update(unit, open)
    this.#notifications.update(requester, state.schema.notifiers)
    return state
  }

  /** After a unit that was over for its client before: what it has prepared is there all the same. */
  keepPrepared({ requester }: Unit, state: TransactionState): void {
    requester.belongings = { ...requester.belongings, prepared: state.client.prepared }
    this.#transaction.state = state
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
      const rolledBack = blocks.rollback(this.#transaction.state)
      requester.belongings = rolledBack.client
      this.#transaction.state = rolledBack
    }
    this.#departures.add(requester)
  }
}

/** Clients that are gone: what they leave behind ends with them, as it would with connections of their own. */
class Departures {
  readonly #transaction: RealTransaction
  readonly #gone: Requester[] = []

  constructor(real: RealTransaction) {
    this.#transaction = real
  }

  add(requester: Requester): void {
    this.#gone.push(requester)
  }

  /** The turn that ends what one of them has left; not inside the transaction of another. */
  next(): Turn | undefined {
    const { state } = this.#transaction
    if (state.block !== undefined || state.region !== undefined) return undefined
    const gone = this.#gone.shift()
    if (gone === undefined) return undefined
    const settings = withSchemaFirst(gone.belongings.settings, state.ownSchema)
    const step = endClient({ ...state, client: { ...gone.belongings, settings } })
    return { take: () => step && this.#transaction.apply(step) }
  }
}
