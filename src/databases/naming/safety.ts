/**
 * Which databases may be dropped or overwritten: a test's, and none that could be anybody else's. A `Server` asks before it
 * drops a database, and `restore` before it overwrites one. Without the question, a mistake in a connection string could cost
 * somebody data.
 */
import { readName } from './database-names.ts'
import type { Mark } from './mark.ts'

/** A database that somebody is about to drop or overwrite. */
export interface JudgedDatabase {
  readonly name: string
  /** The id of the project that wants to drop it. */
  readonly project: string
  /** The mark on it, where the package has made it. */
  readonly mark: Mark | undefined
  /** The host that the connection string names. */
  readonly host: string
  /** The database that the connection string names. */
  readonly named: string
}

export type Verdict = { readonly kind: 'disposable' } | { readonly kind: 'refused'; readonly reason: string }

const DISPOSABLE: Verdict = { kind: 'disposable' }

/** May the database be dropped or overwritten? */
export function judge({ name, project, mark, host, named }: JudgedDatabase): Verdict {
  const owner = mark?.project ?? readName(name)?.projectId
  if (owner === project) return DISPOSABLE
  if (owner !== undefined) return refused('another project has made it')
  if (isProductionLike(name)) return refused('its name is that of a production database')
  if (!isNamedForTests(name)) return refused(`it is not marked as a test's: its name does not contain "test"`)
  if (name === named && isProductionLike(host))
    return refused(`it is what the connection string of the production server ${host} names`)
  return DISPOSABLE
}

function refused(reason: string): Verdict {
  return { kind: 'refused', reason }
}

/** A name with `test` in it, other than in words like `latest` and `contest`. */
export function isNamedForTests(name: string): boolean {
  return /(?<!la|con|pro|at|de|fas|grea|shor|smar)test/i.test(name)
}

/** `prod` or `production` as a word of a name or host. */
export function isProductionLike(text: string): boolean {
  return /(?<![a-z])(?:prod|production|prd)(?![a-z])/i.test(text)
}
