/** Collects a client's messages up to the point where it waits. */
import type { Frame } from '../protocol/frames.ts'
import { FLUSH, FRONTEND } from '../protocol/frontend.ts'

type Messages = readonly Frame[]

const ENDS_EXTENDED: ReadonlySet<number> = new Set([FRONTEND.sync, FRONTEND.flush])
const ALONE: ReadonlySet<number> = new Set([FRONTEND.query, FRONTEND.functionCall])
const ROWS: ReadonlySet<number> = new Set([FRONTEND.copyData, FRONTEND.copyDone, FRONTEND.copyFail])

/** Does it belong to a COPY? Where none is under way the server ignores it. */
export function isRow({ type }: Frame): boolean {
  return ROWS.has(type)
}

export class UnitCollector {
  #frames: Frame[] = []

  /** The units that `frame` completes: messages that no Sync followed stand as one of their own before a Query. */
  add(frame: Frame): readonly Messages[] {
    if (isRow(frame)) return []
    if (ALONE.has(frame.type)) return [...this.#take({ type: FRONTEND.flush, bytes: FLUSH }), [frame]]
    if (ENDS_EXTENDED.has(frame.type)) return this.#take(frame)
    this.#frames.push(frame)
    return []
  }

  clear(): void {
    this.#frames = []
  }

  #take(end: Frame): readonly Messages[] {
    if (end.type === FRONTEND.flush && this.#frames.length === 0) return []
    const messages = [...this.#frames, end]
    this.#frames = []
    return [messages]
  }
}
