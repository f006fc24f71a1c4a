/**
 * Answers to a mere read that runs with no transaction around it.
 *
 * When such a read turns out to write, the server refuses it and it is sent again behind a guard. So its answers are
 * held back until it has ended, or until there are more of them than is worth keeping; should it be refused after
 * that, as many messages as were already told are left out of the second run's.
 */
const LIMIT = 64 * 1024

export class HeldOutput {
  readonly #sink: { deliver(bytes: Buffer): unknown }
  #held: Buffer[] | undefined
  #heldBytes = 0
  /** Messages to leave out. */
  #skip: number
  /** Whether what is told is counted, since it may have to be left out of a second run. */
  readonly #counts: boolean
  /** Messages told to the application so far. */
  released = 0

  constructor(sink: { deliver(bytes: Buffer): unknown }, hold: boolean, skip: number) {
    this.#sink = sink
    this.#held = hold ? [] : undefined
    this.#counts = hold
    this.#skip = skip
  }

  /** Must it be given whole messages? */
  get needsWholeMessages(): boolean {
    return this.#counts || this.#skip > 0
  }

  push(bytes: Buffer): void {
    if (this.#held === undefined) return this.#release(bytes)
    this.#held.push(bytes)
    this.#heldBytes += bytes.length
    if (this.#heldBytes > LIMIT) this.flush()
  }

  /** From now on holds back: an error is told together with the end of its unit, as it mostly comes. */
  hold(): void {
    this.#held ??= []
  }

  /** Tells what was held, and from now on everything at once. */
  flush(): void {
    const held = this.#held ?? []
    this.#held = undefined
    for (const bytes of held) this.#release(bytes)
  }

  /** Forgets what was held. */
  drop(): void {
    this.#held = []
    this.#heldBytes = 0
  }

  #release(bytes: Buffer): void {
    let rest = bytes
    while (this.#skip > 0 && rest.length > 0) {
      rest = rest.subarray(endOfMessage(rest, 0))
      this.#skip -= 1
    }
    if (rest.length === 0) return
    if (this.#counts) for (let at = 0; at < rest.length; at = endOfMessage(rest, at)) this.released += 1
    this.#sink.deliver(rest)
  }
}

function endOfMessage(bytes: Buffer, start: number): number {
  return start + 1 + bytes.readUInt32BE(start + 1)
}
