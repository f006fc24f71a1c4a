/**
 * Answers that are not for the client yet; what runs without any has no HeldOutput at all.
 *
 * A mere read that runs with no transaction around it may turn out to write: then the server refuses it and it is sent
 * again behind a guard. So its answers are held back until it has ended, or until there are more of them than is worth
 * keeping; should it be refused after that, as many messages as were already delivered are left out of the second run's.
 * An error is held back as well, up to the end of its unit. Made by RunningExchange, for these three.
 */
import type { Sink } from './server-connection.ts'

const LIMIT = 64 * 1024

export class HeldOutput {
  readonly #sink: Pick<Sink, 'deliver'>
  #held: Buffer[] | undefined
  #heldBytes = 0
  /** Messages to leave out. */
  #skip: number
  /** Whether what is delivered is counted, since it may have to be left out of a second run. */
  readonly #counts: boolean
  /** Messages delivered so far. */
  delivered = 0

  /**
   * @param isRead is it for a mere read that may be sent again?
   * @param skip messages of the second run that the client has from the first
   */
  constructor(sink: Pick<Sink, 'deliver'>, isRead: boolean, skip: number) {
    this.#sink = sink
    this.#held = isRead ? [] : undefined
    this.#counts = isRead
    this.#skip = skip
  }

  deliver(bytes: Buffer): void {
    if (this.#held === undefined) return this.#pass(bytes)
    this.#held.push(bytes)
    this.#heldBytes += bytes.length
    if (this.#heldBytes > LIMIT) this.flush()
  }

  /** From now on holds back: an error is delivered together with the end of its unit, as it mostly comes. */
  hold(): void {
    this.#held ??= []
  }

  /** Delivers what was held, and from now on everything at once. */
  flush(): void {
    const held = this.#held ?? []
    this.#held = undefined
    for (const bytes of held) this.#pass(bytes)
  }

  /** Forgets what was held. */
  drop(): void {
    this.#held = []
    this.#heldBytes = 0
  }

  #pass(bytes: Buffer): void {
    let rest = bytes
    while (this.#skip > 0 && rest.length > 0) {
      rest = rest.subarray(endOfMessage(rest, 0))
      this.#skip -= 1
    }
    if (rest.length === 0) return
    if (this.#counts) for (let at = 0; at < rest.length; at = endOfMessage(rest, at)) this.delivered += 1
    this.#sink.deliver(rest)
  }
}

function endOfMessage(bytes: Buffer, start: number): number {
  return start + 1 + bytes.readUInt32BE(start + 1)
}
