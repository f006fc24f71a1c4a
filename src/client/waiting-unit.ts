/** A unit of a client that has not been run yet: it stands behind the one that runs. */
import type { ClientFrame } from '../protocol/frontend.ts'
import type { Level } from '../sandbox/level.ts'

export interface WaitingUnit {
  readonly frames: readonly ClientFrame[]
  readonly level: Level
  /** Rows of a COPY that have come with the unit, ahead of the server's asking for them. */
  readonly rows: Buffer[]
}
