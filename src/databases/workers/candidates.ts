/** Which databases of workers can be used again, and which are of no use to anybody. */
import { type AdvisoryLock, isHeld, lockOf } from '../naming/advisory-lock.ts'
import type { KnownDatabase } from '../naming/leftovers.ts'
import { readName } from '../naming/database-names.ts'
import type { Contents } from './fingerprint.ts'

/** What the databases of workers are copied from. */
export interface Origin {
  /** The name of the recipe. */
  readonly recipe: string
  /** The hash of its template. */
  readonly hash: string
}

/** A database that nobody uses, with what it held when it was made. */
export interface Candidate {
  readonly name: string
  readonly made: Contents
}

/** Databases of the origin whose runs are gone. Whether anything has leaked into them is still to be found out. */
export function candidates(
  databases: readonly KnownDatabase[],
  held: readonly AdvisoryLock[],
  { recipe, hash }: Origin,
): Candidate[] {
  return abandoned(databases, held).flatMap(({ name, mark }) => {
    const isOfOrigin = mark?.recipe === recipe && mark.hash === hash
    return isOfOrigin && mark.note !== undefined ? [{ name, made: JSON.parse(mark.note) as Contents }] : []
  })
}

/** Names of those whose runs are gone, and that no later run can use. Those of other recipes are left to their runs. */
export function outdated(
  databases: readonly KnownDatabase[],
  held: readonly AdvisoryLock[],
  { recipe, hash }: Origin,
): string[] {
  return abandoned(databases, held)
    .filter(
      ({ mark }) =>
        mark === undefined || (mark.recipe === recipe && (mark.hash !== hash || mark.note === undefined)),
    )
    .map(({ name }) => name)
}

function abandoned(
  databases: readonly KnownDatabase[],
  held: readonly AdvisoryLock[],
): readonly KnownDatabase[] {
  return databases.filter(({ name }) => {
    const read = readName(name)
    return read?.purpose === 'worker' && !isHeld(lockOf('run', read.run ?? ''), held)
  })
}
