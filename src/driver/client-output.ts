/**
 * What a client is told, through the stream that stands for its network socket.
 *
 * A virtual connection delivers its answers here; each room of the driver makes one for each stream. Without it answers
 * would come inside the call that asked for them, which no network does, and what the answers set off would belong to no
 * level.
 *
 * What follows from bytes of a server is told when the present step has ended: the turn in which its client wrote was over
 * before those bytes came. Everything else may be told in the very turn in which the client wrote, and waits until one more
 * turn is over: whoever wrote goes on first, and may listen for what is told only then (`close()` of pg-cursor after a
 * rejected `read()`). The shortest way to a server and back takes longer.
 */
import type { Duplex } from 'node:stream'
import type { Output } from '../client/client-side.ts'
import { nextTick, setImmediate } from '../clock/clock.ts'
import { joined } from '../protocol/frames.ts'
import type { Level } from '../sandbox/level.ts'
import type { Sandbox } from '../sandbox/sandbox.ts'
import { hearing } from '../server/wire.ts'

export class ClientOutput implements Output {
  readonly #stream: Duplex
  readonly #sandbox: Sandbox
  readonly #level: () => Level | undefined
  /** Goes out all at once: what a network brings together is read together. */
  #waiting: Buffer[] = []
  /** Is something to go out, or the stream to end? */
  #isDue = false
  /** The end that stands behind what waits. */
  #end: { readonly reason: Error | undefined } | undefined
  /** The level of what waits, also where the sandbox has been closed since. */
  #levelOfWaiting: Level | undefined

  /** @param level the level of the query that is being answered: what callbacks of the query call belongs to it, too */
  constructor(stream: Duplex, sandbox: Sandbox, level: () => Level | undefined) {
    this.#stream = stream
    this.#sandbox = sandbox
    this.#level = level
  }

  deliver(bytes: Buffer): boolean {
    if (!this.#isDue) this.#makeDue()
    this.#waiting.push(bytes)
    return this.#stream.readableLength < this.#stream.readableHighWaterMark
  }

  end(reason?: Error): void {
    if (!this.#isDue) this.#makeDue()
    this.#end ??= { reason }
  }

  #makeDue(): void {
    this.#isDue = true
    this.#levelOfWaiting = this.#level()
    if (hearing.isServer) nextTick(() => this.#flush())
    else afterNextTurn(() => this.#flush())
  }

  #flush(): void {
    const stream = this.#stream
    const delivered = this.#waiting
    const end = this.#end
    this.#waiting = []
    this.#isDue = false
    this.#sandbox.runIn(this.#levelOfWaiting, () => {
      for (const bytes of joined(delivered))
        // What has been delivered may make the client end its connection.
        if (!stream.destroyed && !stream.readableEnded) stream.push(bytes)
      if (end?.reason !== undefined) stream.destroy(end.reason)
      else if (end !== undefined && !stream.destroyed && !stream.readableEnded) stream.push(null)
    })
  }
}

/** What has been put off to the next turn of the event loop comes before. */
function afterNextTurn(work: () => void): void {
  setImmediate(() => setImmediate(work))
}
