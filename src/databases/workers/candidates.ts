/**
 * Which databases of workers can be used again, and which are of no use to anybody: data to data, for whoever claims one
 * or sweeps.
 */
import { type AdvisoryLock, isHeld, lockOf } from '../naming/advisory-lock.ts'
import { readName } from '../naming/database-names.ts'
import type { KnownDatabase } from '../naming/leftovers.ts'
import type { Fingerprint } from './fingerprint.ts'

/** What the databases of workers are copied from. */
export interface WorkerOrigin {
  /** The name of the recipe. */
  readonly recipe: string
  /** The hash of its template. */
  readonly hash: string
}

/** A database that nobody uses, with the fingerprint that it had when it was made. */
export interface Candidate {
  readonly name: string
  readonly made: Fingerprint
}

/** Databases of the origin whose runs are gone. Whether anything has leaked into them is still to be found out. */
export function candidates(
  databases: readonly KnownDatabase[],
  held: readonly AdvisoryLock[],
  { recipe, hash }: WorkerOrigin,
): Candidate[] {
  return abandoned(databases, held).flatMap(({ name, mark }) => {
    const isOfOrigin = mark?.recipe === recipe && mark.hash === hash
    return isOfOrigin && mark.note !== undefined ? [{ name, made: JSON.parse(mark.note) as Fingerprint }] : []
  })
}

/** Names of databases whose runs are gone, and that no later run can use. Databases of other recipes are left to their runs. */
export function outdated(
  databases: readonly KnownDatabase[],
  held: readonly AdvisoryLock[],
  { recipe, hash }: WorkerOrigin,
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
