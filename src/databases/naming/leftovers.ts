/** Which databases a run that is gone has left. */
import { type AdvisoryLock, isHeld, lockOf } from './advisory-lock.ts'
import type { Mark } from './mark.ts'
import { nameOf, readName } from './database-names.ts'
import type { Project } from './maker.ts'

/** A database on the server, with our mark where it has one. */
export interface KnownDatabase {
  readonly name: string
  readonly mark: Mark | undefined
}

export interface Surroundings {
  readonly project: Project
  /** Locks of sessions that were alive after the databases were read: a run takes its lock first. */
  readonly held: readonly AdvisoryLock[]
  /** Milliseconds since 1970. */
  readonly now: number
}

/** Milliseconds for which a kept database can be looked at: a day. */
export const KEPT_FOR: number = 24 * 60 * 60 * 1000

/** Names of those databases of the project that may be dropped. */
export function leftovers(databases: readonly KnownDatabase[], around: Surroundings): string[] {
  return databases.filter((database) => isLeft(database, around)).map(({ name }) => name)
}

function isLeft({ name, mark }: KnownDatabase, { project, held, now }: Surroundings): boolean {
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

/** Templates of the recipe that an earlier version of it has made. Whether they are in use, their locks tell. */
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
