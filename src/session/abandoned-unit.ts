/**
 * The client of a unit that is over before the server has answered it, in a session and in a clone alike: it takes the
 * client's place for what the server still says. A row of which the client has got a part it gets whole, so that what comes
 * next is a message again; then the error. Without this, a test that has ended would go on with the result of its query.
 */
import type { Fields } from '../protocol/backend.ts'
import type { FrameReader } from '../protocol/frames.ts'
import { answerError, disconnect, type Unit } from './unit.ts'

/** The connection that still runs the unit. */
interface Connection {
  readonly reader: Pick<FrameReader, 'missing'>
  /** Lets the unit come to its end without its client. */
  abandon(): void
  resume(): void
}

export class AbandonedUnit {
  readonly #unit: Unit
  readonly #error: Fields
  readonly #connection: Connection | undefined
  /** Bytes of the row that are still to come. */
  #left: number

  constructor(unit: Unit, error: Fields, connection: Connection | undefined) {
    this.#unit = unit
    this.#error = error
    this.#connection = connection
    this.#left = connection?.reader.missing ?? 0
  }

  /** Answers the client now, or as soon as its row is whole. */
  answer(): void {
    if (this.#left === 0) answerError(this.#unit, this.#error)
    this.#connection?.abandon()
  }

  /** What the server still says. */
  deliver(bytes: Buffer): void {
    if (this.#left === 0) return
    const rest = bytes.subarray(0, this.#left)
    this.#left -= rest.length
    this.#unit.requester.deliver(rest)
    if (this.#left === 0) answerError(this.#unit, this.#error)
    // However slowly the client reads, nobody waits for it any more.
    this.#connection?.resume()
  }

  /** The rest of the row will never come. */
  lose(reason: Error | undefined): void {
    if (this.#left === 0) return
    this.#left = 0
    disconnect(this.#unit, undefined, reason)
  }
}
