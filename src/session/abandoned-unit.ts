/**
 * The client of a unit that is over before the server has answered it. A row of which it has got a part it gets whole, so
 * that what comes next is a message again; then the error.
 */
import type { Fields } from '../protocol/backend.ts'
import type { PinnedConnection } from '../server/pinned-connection.ts'
import { answerError, disconnect, type Unit } from './unit.ts'

export class GivenUp {
  readonly #unit: Unit
  readonly #error: Fields
  readonly #pinned: PinnedConnection | undefined
  /** Bytes of the row that are still to come. */
  #left: number

  constructor(unit: Unit, error: Fields, pinned: PinnedConnection | undefined) {
    this.#unit = unit
    this.#error = error
    this.#pinned = pinned
    this.#left = pinned?.reader.missing ?? 0
    if (this.#left === 0) answerError(unit, error)
    pinned?.abandon()
  }

  /** What the server still says. */
  deliver(bytes: Buffer): void {
    if (this.#left === 0) return
    const rest = bytes.subarray(0, this.#left)
    this.#left -= rest.length
    this.#unit.requester.deliver(rest)
    if (this.#left === 0) answerError(this.#unit, this.#error)
    // However slowly the client reads, nobody waits for it any more.
    this.#pinned?.resume()
  }

  /** The rest of the row will never come. */
  lose(reason: Error | undefined): void {
    if (this.#left === 0) return
    this.#left = 0
    disconnect(this.#unit, undefined, reason)
  }
}
