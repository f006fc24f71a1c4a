/** The comment on a database that is ours. */
import type { Purpose } from './names.ts'

/** How the files of a template are copied; `CLONE` is `FILE_COPY` with `file_copy_method = clone`. */
export type CopyStrategy = 'WAL_LOG' | 'FILE_COPY' | 'CLONE'

export interface Mark {
  /** Of the format. */
  readonly version: 1
  /** The project's id. */
  readonly project: string
  readonly purpose: Purpose
  /** `building` until it is finished; what is `kept` is for a person to look at. */
  readonly state: 'building' | 'ready' | 'in use' | 'kept'
  /** Of what it was made from. */
  readonly hash?: string | undefined
  /** The name of the recipe it was made by. */
  readonly recipe?: string | undefined
  readonly run: string
  readonly shard?: string | undefined
  readonly worker?: string | undefined
  /** The process, for a person who wonders whose it is. */
  readonly host: string
  readonly pid: number
  /** ISO 8601, by the clock of the process. */
  readonly made: string
  /** The fastest way to copy it on this server. */
  readonly strategy?: CopyStrategy | undefined
  /** What the owner of another purpose wants to remember of it. */
  readonly note?: string | undefined
}
