/**
 * A COPY FROM STDIN under way: rows of the client go to the server as they come, up to the message that ends them.
 *
 * The client's inside phase makes one when the server asks for rows, and hands over what the client sends from then on, or has
 * sent ahead. Without it what stands behind the rows would be taken for rows, too, and reach the server as it is.
 */
import type { Frame } from '../protocol/frames.ts'
import { FRONTEND, SYNC } from '../protocol/frontend.ts'
import type { Serving } from '../session/scope-session.ts'

/** The unit that copies. */
interface CopyingUnit {
  readonly frames: readonly Frame[]
  /** Did its rows come before its Sync? */
  readonly hasRowsInside: boolean
}

export class CopyIn {
  readonly #serving: Serving
  /** What the server needs behind the rows: nothing more after a Query message; a Sync, which it waits for; a Sync at once. */
  readonly #end: 'query' | 'sync' | 'at once'
  #phase: 'rows' | 'sync' | 'over' = 'rows'

  constructor(serving: Serving, { frames, hasRowsInside }: CopyingUnit) {
    this.#serving = serving
    const isFlushed = frames.at(-1)!.type === FRONTEND.flush
    if (frames[0]!.type === FRONTEND.query || (isFlushed && !serving.syncsAtFlush)) this.#end = 'query'
    else this.#end = isFlushed || hasRowsInside ? 'at once' : 'sync'
  }

  /** Do the client's rows end with Sync, which is still to come? */
  get isSyncDue(): boolean {
    return this.#phase === 'sync'
  }

  /**
   * Takes a message, where it belongs to the COPY.
   *
   * @returns undefined where it does not; false when `written` is called later
   */
  take({ type, bytes }: Frame, written: () => void): boolean | undefined {
    if (this.#phase === 'sync') return this.#sync(type)
    if (this.#phase === 'over') return undefined
    // A server in the middle of a COPY ignores them.
    if (type === FRONTEND.sync || type === FRONTEND.flush) return true
    if (type === FRONTEND.copyData) return this.#serving.write(bytes, written)
    if (type === FRONTEND.copyDone || type === FRONTEND.copyFail) return this.#finish(bytes, written)
    // No server takes anything else for a row; what has not been ended by its client fails.
    this.#phase = 'over'
    this.#serving.failCopy(this.#end !== 'query')
    return undefined
  }

  #finish(bytes: Buffer, written: () => void): boolean {
    this.#phase = this.#end === 'sync' ? 'sync' : 'over'
    return this.#serving.write(this.#end === 'at once' ? Buffer.concat([bytes, SYNC]) : bytes, written)
  }

  /** Behind the rows the unit goes on, for the server, up to Sync: for the sandbox it is over. */
  #sync(type: number): true | undefined {
    this.#phase = 'over'
    this.#serving.write(SYNC, () => {})
    return type === FRONTEND.sync ? true : undefined
  }
}
