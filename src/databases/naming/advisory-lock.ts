/**
 * Advisory locks: how processes, also on several machines, agree over the server that they share. The sweep reads from them
 * which runs are alive; without them, one process would drop or build what another is using.
 */
import { createHash } from 'node:crypto'

/** What a lock says: that a run is alive, that a template is being built, or that a template is being cloned. */
export type LockKind = 'run' | 'build' | 'use'

/** The two keys of an advisory lock, as `pg_locks` shows them. */
export interface AdvisoryLock {
  readonly classId: number
  readonly objectId: number
}

/** The first letters of the name, so that a person who looks into `pg_locks` finds them side by side. */
const CLASS = 0x70_67_73_00
const KINDS = { run: 1, build: 2, use: 3 } as const satisfies Record<LockKind, number>

/** @param subject the run's id, or the name of the template */
export function lockOf(kind: LockKind, subject: string): AdvisoryLock {
  const objectId = createHash('sha256').update(subject).digest().readUInt32BE(0)
  return { classId: CLASS + KINDS[kind], objectId }
}

/** The arguments of the functions, which are signed. */
export function argumentsOf({ classId, objectId }: AdvisoryLock): string {
  return `${classId}, ${objectId | 0}`
}

export function isHeld(lock: AdvisoryLock, held: readonly AdvisoryLock[]): boolean {
  return held.some(({ classId, objectId }) => classId === lock.classId && objectId === lock.objectId)
}

/** Those of all sessions in the present database: advisory locks are the database's. `oid` comes as a number. */
export const HELD_LOCKS = `SELECT classid AS "classId", objid AS "objectId" FROM pg_catalog.pg_locks
  WHERE locktype = 'advisory' AND granted
    AND database = (SELECT oid FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database())`
