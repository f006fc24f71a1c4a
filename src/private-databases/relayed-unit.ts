/** A unit that is relayed as it is: which of the server's messages is the last answer to it. */
import { BACKEND } from '../protocol/backend.ts'
import type { Unit } from '../session/unit.ts'

/** Each of these answers one message of the extended protocol. */
const ANSWERS: ReadonlySet<number> = new Set([
  BACKEND.parseComplete,
  BACKEND.bindComplete,
  BACKEND.closeComplete,
  BACKEND.rowDescription,
  BACKEND.noData,
  BACKEND.commandComplete,
  BACKEND.emptyQuery,
  BACKEND.portalSuspended,
])

export class RelayedUnit {
  readonly unit: Unit
  /** Answers still to come to a unit that ends in Flush; any other ends with ReadyForQuery. */
  #awaited: number | undefined
  /** Has the server met an error in a unit that ends in Flush? Then it passes over all that comes before a Sync. */
  hasFailed = false

  constructor(unit: Unit) {
    this.unit = unit
    this.#awaited = unit.endsInFlush ? unit.frames.length - 1 : undefined
  }

  /** Is it answered with this message? */
  isAnsweredBy(type: number): boolean {
    if (this.#awaited === undefined) return type === BACKEND.readyForQuery
    this.hasFailed = type === BACKEND.error
    if (ANSWERS.has(type)) this.#awaited -= 1
    return this.hasFailed || this.#awaited === 0
  }
}
