/** What is told to a client through its stream. */
import type { Duplex } from 'node:stream'
import { joined } from '../protocol/frames.ts'
import type { Sandbox } from '../sandbox/sandbox.ts'
import type { Level } from '../sandbox/level.ts'
import { nextTick } from '../clock/clock.ts'

export class Outlet {
  readonly #stream: Duplex
  readonly #sandbox: Sandbox
  readonly #level: () => Level | undefined
  /**
   * What is to be told: all at once when the present step has ended. A network never answers inside a call either, and
   * what it brings together is read together.
   */
  #waiting: Buffer[] = []

  /** @param level the level of the query that is being answered, to which what its callbacks call belongs, too */
  constructor(stream: Duplex, sandbox: Sandbox, level: () => Level | undefined) {
    this.#stream = stream
    this.#sandbox = sandbox
    this.#level = level
  }

  /** Hands bytes to the client; false when it reads more slowly. */
  tell(bytes: Buffer): boolean {
    if (this.#waiting.length === 0) nextTick(() => this.#flush())
    this.#waiting.push(bytes)
    return this.#stream.readableLength < this.#stream.readableHighWaterMark
  }

  /** Ends the client's connection, after what it has been told. */
  hangUp(reason?: Error): void {
    nextTick(() => {
      if (reason !== undefined) this.#stream.destroy(reason)
      else if (this.#isOpen) this.#stream.push(null)
    })
  }

  get #isOpen(): boolean {
    return !this.#stream.destroyed && !this.#stream.readableEnded
  }

  #flush(): void {
    const told = this.#waiting
    this.#waiting = []
    this.#sandbox.runIn(this.#level(), () => {
      for (const bytes of joined(told)) if (this.#isOpen) this.#stream.push(bytes)
    })
  }
}
