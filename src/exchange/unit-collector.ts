/**
 * Collects a client's messages up to the point where it waits. A virtual connection gives it what it has read of its client;
 * without it a unit would be run piece by piece, with others in between.
 */
import type { Frame } from '../protocol/frames.ts'
import { type ClientFrame, FLUSH, FRONTEND, readParse } from '../protocol/frontend.ts'

type Messages = readonly ClientFrame[]

export class UnitCollector {
  #frames: ClientFrame[] = []

  /**
   * The units that messages from `start` on complete, up to one that belongs to no unit: of the start-up, of a COPY, or the
   * client's goodbye. That is where it stops. Messages that no Sync followed stand as a unit of their own before a Query.
   */
  take(
    frames: readonly Frame[],
    start: number,
  ): { readonly units: readonly Messages[]; readonly stop: number } {
    const units: Messages[] = []
    let stop = start
    for (; stop < frames.length; stop += 1) {
      const { type, bytes } = frames[stop]!
      if (OF_NO_UNIT.has(type)) break
      if (type === FRONTEND.query || type === FRONTEND.functionCall) {
        if (this.#frames.length > 0) units.push(this.#end({ type: FRONTEND.flush, bytes: FLUSH }))
        units.push([{ type, bytes }])
      } else if (type === FRONTEND.sync) units.push(this.#end({ type, bytes }))
      else if (type !== FRONTEND.flush)
        this.#frames.push(
          type === FRONTEND.parse ? { type, bytes, parse: readParse(bytes) } : { type, bytes },
        )
      else if (this.#frames.length > 0) units.push(this.#end({ type, bytes }))
    }
    return { units, stop }
  }

  /** The units that the messages complete, where those that belong to none do not matter. */
  takeAll(frames: readonly Frame[]): readonly Messages[] {
    const all: Messages[] = []
    for (let at = 0; at < frames.length; at += 1) {
      const { units, stop } = this.take(frames, at)
      all.push(...units)
      at = stop
    }
    return all
  }

  /** Has the client begun a unit whose end is still to come? */
  get isCollecting(): boolean {
    return this.#frames.length > 0
  }

  clear(): void {
    this.#frames = []
  }

  #end(end: Frame): Messages {
    const messages = this.#frames
    messages.push(end)
    this.#frames = []
    return messages
  }
}

/** Where no COPY is under way the server ignores the messages of one. */
const OF_NO_UNIT: ReadonlySet<number> = new Set<number>([
  FRONTEND.startUp,
  FRONTEND.copyData,
  FRONTEND.copyDone,
  FRONTEND.copyFail,
  FRONTEND.terminate,
])
