/** Collects a client's messages up to the point where it waits. */
import type { Frame } from '../protocol/frames.ts'
import { type ClientFrame, FLUSH, FRONTEND, readParse } from '../protocol/frontend.ts'

type Messages = readonly ClientFrame[]

/** The types of messages that belong to a COPY. Where none is under way the server ignores them. */
export const ROWS: ReadonlySet<number> = new Set([FRONTEND.copyData, FRONTEND.copyDone, FRONTEND.copyFail])

const NONE: readonly Messages[] = []

export class UnitCollector {
  #frames: ClientFrame[] = []

  /** The units that `frame` completes: messages that no Sync followed stand as one of their own before a Query. */
  add(frame: Frame): readonly Messages[] {
    const { type, bytes } = frame
    switch (type) {
      case FRONTEND.query:
      case FRONTEND.functionCall:
        return [...this.#take({ type: FRONTEND.flush, bytes: FLUSH }), [frame]]
      case FRONTEND.sync:
      case FRONTEND.flush:
        return this.#take(frame)
      case FRONTEND.parse:
        this.#frames.push({ type, bytes, parse: readParse(bytes) })
        return NONE
      default:
        if (!ROWS.has(type)) this.#frames.push(frame)
        return NONE
    }
  }

  clear(): void {
    this.#frames = []
  }

  #take(end: Frame): readonly Messages[] {
    if (end.type === FRONTEND.flush && this.#frames.length === 0) return NONE
    const messages = this.#frames
    messages.push(end)
    this.#frames = []
    return [messages]
  }
}
