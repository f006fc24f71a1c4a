/** Who has a transaction block open on the session. */
import { rememberCall } from '../call-site.ts'
import type { SandboxOptions } from '../options.ts'
import { controlsTransaction } from '../exchange/unit.ts'
import type { Requester } from './requester.ts'
import type { Unit } from './unit.ts'

const NOWHERE = (): string => ''

export class Ownership {
  readonly #options: SandboxOptions
  readonly #calledAt = new WeakMap<Unit, () => string>()
  /** The virtual connection with the open block, or with an implicit transaction that goes on after Flush. */
  owner: Requester | undefined
  #isBlock = false
  /** Where in the application it was opened. */
  openedAt: () => string = NOWHERE

  constructor(options: SandboxOptions) {
    this.#options = options
  }

  /** A unit has come that may open a block: remembers its call while that is on the stack. */
  note(unit: Unit): void {
    this.#calledAt.set(unit, rememberCall())
  }

  mayRun(unit: Unit): boolean {
    if (this.owner === undefined || this.owner === unit.requester || !this.#isBlock) return true
    return this.#options.outsideQueries === 'share' && !controlsTransaction(unit)
  }

  /** Does the unit run inside a block that is not its client's? */
  isOutsider({ requester }: Unit): boolean {
    return this.owner !== undefined && this.owner !== requester && this.#isBlock
  }

  /**
   * The client that wrote before Flush and has not said Sync, when another one's unit comes between. The server would
   * let both go on; here the first one's implicit transaction ends.
   */
  interrupted({ requester }: Unit): Requester | undefined {
    return this.owner !== requester && !this.#isBlock ? this.owner : undefined
  }

  /** The unit's client has a block open now, an implicit transaction that Sync will end, or none. */
  update(unit: Unit, open: 'block' | 'region' | undefined): void {
    this.#isBlock = open === 'block'
    if (open === undefined) this.owner = undefined
    else if (this.owner === undefined) {
      this.owner = unit.requester
      this.openedAt = this.#calledAt.get(unit) ?? NOWHERE
    }
  }
}
