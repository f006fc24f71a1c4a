/**
 * Where private databases come from. The wing of databases makes and drops them (make-clone-pool.ts hands its pool over): this
 * room only takes clones and gives them back.
 */
import type { Login } from '../login.ts'

export interface Clone {
  readonly name: string
}

export interface Release {
  readonly keep: boolean
  /** The name of the test that used it. */
  readonly test: string | undefined
}

/** Clones of one database, some of them made ahead. */
export interface ClonePool {
  take(): Promise<Clone>
  /** It is dropped in the background, or kept for a person to look at. */
  release(clone: Clone, options: Release): void
  /** Settles when nothing is left of those that were made ahead or given back; those that are in use are dropped, too. */
  end(): Promise<void>
}

/**
 * @param login of a client of the server
 * @param from the database to clone
 * @param ahead how many clones are made ahead; undefined: as many as is good
 */
export type MakePool = (login: Login, from: string, ahead: number | undefined) => ClonePool

/** A pool that ends when its last clone has been given back. */
export class CloneSupply {
  readonly #pool: ClonePool
  #taken = 0
  #isRetired: (() => void) | undefined

  constructor(pool: ClonePool) {
    this.#pool = pool
  }

  async take(): Promise<Clone> {
    this.#taken += 1
    return this.#pool.take().catch((error: Error) => {
      this.#returned()
      throw error
    })
  }

  release(clone: Clone, options: Release): void {
    this.#pool.release(clone, options)
    this.#returned()
  }

  async retire(): Promise<void> {
    if (this.#taken > 0) await new Promise<void>((resolve) => (this.#isRetired = resolve))
    await this.#pool.end()
  }

  #returned(): void {
    this.#taken -= 1
    if (this.#taken === 0) this.#isRetired?.()
  }
}
