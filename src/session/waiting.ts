/** A unit of a client that has not been run yet. */
import type { ClientFrame } from '../protocol/frontend.ts'
import type { Level } from './level.ts'

export interface Waiting {
  readonly frames: readonly ClientFrame[]
  readonly level: Level
  /** Rows of a COPY that have come with it, ahead of the server's asking for them. */
  readonly rows: Buffer[]
}
