/** Which databases a run that is gone has left. The sweep drops these and no others, so a run that lives loses none. */
import { type AdvisoryLock, isHeld, lockOf } from './advisory-lock.ts'
import { nameOf, readName } from './database-names.ts'
import type { Project } from './maker.ts'
import type { Mark } from './mark.ts'

/** A database on the server, with our mark where it has one. */
export interface KnownDatabase {
  readonly name: string
  readonly mark: Mark | undefined
}

/** What tells the runs that are alive from those that are gone. */
export interface SweepFacts {
  readonly project: Project
  /** Locks of sessions that were alive after the databases were read: a run takes its lock first. */
  readonly held: readonly AdvisoryLock[]
  /** Milliseconds since 1970. */
  readonly now: number
}

/** Milliseconds for which a kept database can be looked at: a day. */
export const KEPT_FOR: number = 24 * 60 * 60 * 1000

/** Names of those databases of the project that may be dropped. */
export function leftovers(databases: readonly KnownDatabase[], facts: SweepFacts): string[] {
  return databases.filter((database) => isLeft(database, facts)).map(({ name }) => name)
}

function isLeft({ name, mark }: KnownDatabase, { project, held, now }: SweepFacts): boolean {
  const read = readName(name)
  if (read?.projectId !== project.id) return false
  if (read.purpose === 'building') {
    const template = nameOf({ project, purpose: 'template', key: read.key })
    return !isHeld(lockOf('build', template), held)
  }
  if (read.purpose !== 'clone' && read.purpose !== 'snapshot') return false
  if (mark?.state === 'kept') return now - Date.parse(mark.at) > KEPT_FOR
  return !isHeld(lockOf('run', read.run ?? ''), held)
}

/** Templates that an earlier version of the recipe has made. Whether a template is in use, its lock tells. */
export function outdatedTemplates(
  databases: readonly KnownDatabase[],
  recipe: string,
  present: string,
): string[] {
  const outdated = databases.filter(
    ({ name, mark }) => mark?.purpose === 'template' && mark.recipe === recipe && name !== present,
  )
  return outdated.map(({ name }) => name)
}
