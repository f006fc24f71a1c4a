/** All supplies of clones of a sandbox, and what goes on in the background for them. */
import type { Login } from '../login.ts'
import { CloneSupply, type MakePool } from './clone-supply.ts'

/** A client, as far as its database is concerned. */
interface Client {
  /** The server and database that it names. */
  readonly database: string
  /** Tells its login from others to the same server. */
  readonly login: string
  readonly address: Login
}

export class CloneSupplies {
  /** Set by those who may make databases. */
  makePool: MakePool | undefined
  readonly #named = new Map<string, CloneSupply>()
  #working: Promise<void>[] = []

  /**
   * Clones of the database that the client names, until {@link CloneSupplies.end}.
   *
   * @param isOne will the others be cloned from this one?
   */
  named(client: Client, isOne: boolean): CloneSupply {
    const { address, database, login } = client
    const key = JSON.stringify([database, address.user, login, isOne])
    const known = this.#named.get(key)
    if (known !== undefined) return known
    const supply = new CloneSupply(this.makePool!(address, address.database, isOne ? 0 : undefined))
    this.#named.set(key, supply)
    return supply
  }

  /** Clones of another database on the client's server, until they are retired. */
  from({ address }: Client, database: string): CloneSupply {
    return new CloneSupply(this.makePool!(address, database, undefined))
  }

  /** Something goes on in the background: {@link CloneSupplies.end} waits for it, and rejects with its error. */
  inBackground(work: Promise<void>): void {
    const done: Promise<void> = work.then(() => this.#forget(done))
    done.catch(() => {})
    this.#working.push(done)
  }

  async end(): Promise<void> {
    for (const supply of this.#named.values()) this.inBackground(supply.retire())
    this.#named.clear()
    const failures: unknown[] = []
    while (this.#working.length > 0) {
      const results = await Promise.allSettled(this.#working.splice(0))
      failures.push(...results.flatMap((result) => (result.status === 'rejected' ? [result.reason] : [])))
    }
    if (failures.length > 0) throw failures[0]
  }

  #forget(done: Promise<void>): void {
    this.#working = this.#working.filter((other) => other !== done)
  }
}
