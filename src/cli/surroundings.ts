/** What all commands of the program are given. */
import type { Surroundings as InitSurroundings } from './command.ts'

export interface Surroundings extends InitSurroundings {
  /** Writes a file, also over one that is there. */
  readonly write: (path: string, text: string) => void
  readonly env: Readonly<Record<string, string | undefined>>
}
