/**
 * Answers to a mere read that runs with no transaction around it.
 *
 * When such a read turns out to write, the server refuses it and it is sent again behind a guard. So its answers are
 * held back until it has ended, or until there are more of them than is worth keeping; should it be refused after
 * that, the bytes which were already told are left out of the second run's.
 */
const LIMIT = 64 * 1024

export class HeldOutput {
  readonly #sink: { deliver(bytes: Buffer): void }
  #held: Buffer[] | undefined
  #heldBytes = 0
  #skip: number
  /** Bytes told to the application so far. */
  released = 0

  constructor(sink: { deliver(bytes: Buffer): void }, hold: boolean, skip: number) {
    this.#sink = sink
    this.#held = hold ? [] : undefined
    this.#skip = skip
  }

  push(bytes: Buffer): void {
    if (this.#held === undefined) return this.#release(bytes)
    this.#held.push(bytes)
    this.#heldBytes += bytes.length
    if (this.#heldBytes > LIMIT) this.flush()
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
    const skipped = Math.min(this.#skip, bytes.length)
    this.#skip -= skipped
    if (skipped === bytes.length) return
    this.released += bytes.length - skipped
    this.#sink.deliver(bytes.subarray(skipped))
  }
}
