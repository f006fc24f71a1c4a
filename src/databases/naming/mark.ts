/**
 * The comment on a database that the package has made: what a name has no room for, above all whether the database is
 * finished.
 */
import type { Purpose } from './database-names.ts'

export interface Mark {
  /** The project's id. */
  readonly project: string
  readonly purpose: Purpose
  /** `building` until the database is finished; one that is `kept` is for a person to look at. */
  readonly state: 'building' | 'ready' | 'in use' | 'kept'
  /** The hash of what the database was made from. */
  readonly hash?: string | undefined
  /** The name of the recipe it was made by. */
  readonly recipe?: string | undefined
  readonly run: string
  readonly shard?: string | undefined
  readonly worker?: string | undefined
  /** The process that has made the database, for a person who wonders. */
  readonly host: string
  readonly pid: number
  /** When the mark was set: ISO 8601, by the clock of the process. */
  readonly at: string
  /** The fastest way to copy the database on its server. */
  readonly copy?: MeasuredCopy | undefined
  /** What the room that has made the database wants to remember, such as the fingerprint of a worker's database. */
  readonly note?: string | undefined
}

/** A way to copy a database, as the manual of CREATE DATABASE has it; `CLONE` is `FILE_COPY` with `file_copy_method = clone`. */
export type CopyStrategy = 'WAL_LOG' | 'FILE_COPY' | 'CLONE'

export interface MeasuredCopy {
  readonly strategy: CopyStrategy
  /** Of the database that was copied; see `sizeClass`. */
  readonly sizeClass: number
}

/** The first words of a mark: the format and its version. */
const FORMAT = 'pg-sandbox 1 '

export function writeMark(mark: Mark): string {
  return FORMAT + JSON.stringify(mark)
}

/** The mark in the comment on a database; undefined for a comment of somebody else's, or of another version. */
export function readMark(comment: string | null): Mark | undefined {
  if (!comment?.startsWith(FORMAT)) return undefined
  try {
    return JSON.parse(comment.slice(FORMAT.length)) as Mark
  } catch {
    return undefined // Somebody has edited the comment.
  }
}
