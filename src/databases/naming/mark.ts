/** The comment on a database that is ours. */
import type { CopyStrategy } from '../server/copy-strategy.ts'
import type { Purpose } from './database-names.ts'

export interface Mark {
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
  /** When the mark was set: ISO 8601, by the clock of the process. */
  readonly at: string
  /** The fastest way to copy it on its server. */
  readonly copy?: MeasuredCopy | undefined
  /** What the owner of another purpose wants to remember of it. */
  readonly note?: string | undefined
}

export interface MeasuredCopy {
  readonly strategy: CopyStrategy
  /** Of the database that was copied; see `sizeClass`. */
  readonly sizeClass: number
}

/** What a mark begins with: the format and its version. */
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
    return undefined // Somebody has edited it.
  }
}
