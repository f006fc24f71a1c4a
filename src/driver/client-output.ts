/**
 * What a client is told, through the stream that stands for its network socket.
 *
 * A virtual connection delivers its answers here; each room of the driver makes one for each stream. Without it answers
 * would come inside the call that asked for them, which no network does, and what the answers set off would belong to no
 * level.
 */
import type { Duplex } from 'node:stream'
import type { Output } from '../client/client-side.ts'
import { nextTick } from '../clock/clock.ts'
import { joined } from '../protocol/frames.ts'
import type { Level } from '../sandbox/level.ts'
import type { Sandbox } from '../sandbox/sandbox.ts'

export class ClientOutput implements Output {
  readonly #stream: Duplex
  readonly #sandbox: Sandbox
  readonly #level: () => Level | undefined
  /** Goes out when the present step has ended, all of it at once: what a network brings together is read together. */
  #waiting: Buffer[] = []

  /** @param level the level of the query that is being answered: what callbacks of the query call belongs to it, too */
  constructor(stream: Duplex, sandbox: Sandbox, level: () => Level | undefined) {
    this.#stream = stream
    this.#sandbox = sandbox
    this.#level = level
  }

  deliver(bytes: Buffer): boolean {
    if (this.#waiting.length === 0) nextTick(() => this.#flush())
    this.#waiting.push(bytes)
    return this.#stream.readableLength < this.#stream.readableHighWaterMark
  }

  end(reason?: Error): void {
    nextTick(() => {
      if (reason !== undefined) this.#stream.destroy(reason)
      else if (!this.#stream.destroyed && !this.#stream.readableEnded) this.#stream.push(null)
    })
  }

  #flush(): void {
    const stream = this.#stream
    const delivered = this.#waiting
    this.#waiting = []
    this.#sandbox.runIn(this.#level(), () => {
      for (const bytes of joined(delivered))
        // What has been delivered may make the client end its connection.
        if (!stream.destroyed && !stream.readableEnded) stream.push(bytes)
    })
  }
}
