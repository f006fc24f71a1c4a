/** Collects a client's messages up to the point where it waits. */
import type { Frame } from '../protocol/frames.ts'
import { FRONTEND } from '../protocol/frontend.ts'

const ENDS_UNIT: ReadonlySet<number> = new Set([
  FRONTEND.query,
  FRONTEND.functionCall,
  FRONTEND.sync,
  FRONTEND.flush,
])
/** Rows for a COPY that is not under way: the server ignores them. */
const STRAY: ReadonlySet<number> = new Set([FRONTEND.copyData, FRONTEND.copyDone, FRONTEND.copyFail])

export class UnitCollector {
  #frames: Frame[] = []

  /** The unit that `frame` completes. */
  add(frame: Frame): readonly Frame[] | undefined {
    if (STRAY.has(frame.type)) return undefined
    this.#frames.push(frame)
    if (!ENDS_UNIT.has(frame.type)) return undefined
    const frames = this.#frames
    this.#frames = []
    return frame.type === FRONTEND.flush && frames.length === 1 ? undefined : frames
  }

  clear(): void {
    this.#frames = []
  }
}
