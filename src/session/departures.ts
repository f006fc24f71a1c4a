/** Clients that are gone: what they leave behind ends with them, as it would with connections of their own. */
import type { Turn } from './line.ts'
import type { RealTransaction } from './real-transaction.ts'
import { withSchemaFirst } from './search-path.ts'
import * as transaction from './transaction.ts'
import type { Requester } from './unit.ts'

export class Departures {
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
    const { settings, holdings, names } = gone
    const own = withSchemaFirst(settings, state.ownSchema)
    const step = transaction.endClient({ ...state, own, holdings, prepared: names.prepared })
    return { take: () => step && this.#transaction.apply(step) }
  }
}
