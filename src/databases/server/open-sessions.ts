/** Sessions that are open in a database: they keep it from being copied, so copies wait for them, and snapshots end them. */
import type { OpenSession } from '../errors.ts'
import { pause } from '../../clock/clock.ts'
import type { Queryable } from './queryable.ts'

const SESSIONS = `SELECT pid, usename AS "user", application_name AS application, state
  FROM pg_catalog.pg_stat_activity
  WHERE datname = $1 AND backend_type = 'client backend' ORDER BY pid`

export function sessionsIn(admin: Pick<Queryable, 'query'>, database: string): Promise<OpenSession[]> {
  return admin.query<OpenSession>(SESSIONS, [database])
}

/**
 * Pauses in milliseconds, in which clients have to leave: one that has just ended is seen for some more. The server itself would wait
 * for five seconds, as long as a runner waits for a test by default.
 */
const LEAVING = [5, 20, 75, 200, 300, 400]

/** The sessions that are still open when all pauses are over. */
export async function sessionsThatStay(
  admin: Pick<Queryable, 'query'>,
  database: string,
): Promise<OpenSession[]> {
  let sessions = await sessionsIn(admin, database)
  for (const milliseconds of LEAVING) {
    if (sessions.length === 0) break
    await pause(milliseconds)
    sessions = await sessionsIn(admin, database)
  }
  return sessions
}

/**
 * Tells the sessions of clients in a database to end.
 *
 * @note Not in WHERE, of which the server may ask the parts in any order, and so end all there are.
 *
 * @param database its oid, which it keeps when its name changes
 */
export function terminateSql(database: number): string {
  return `SELECT pid, pg_catalog.pg_terminate_backend(pid) FROM pg_catalog.pg_stat_activity
    WHERE datid = ${database} AND backend_type = 'client backend' AND pid <> pg_catalog.pg_backend_pid()`
}

/** Ends the sessions of clients in a database, and waits for them to be gone, not for those that have come since. */
export async function endSessions(admin: Pick<Queryable, 'query'>, database: number): Promise<void> {
  const ended = await admin.query<{ pid: number }>(terminateSql(database))
  const pids = ended.map(({ pid }) => pid)
  for (const milliseconds of pids.length === 0 ? [] : LEAVING) {
    const left = await admin.query('SELECT FROM pg_catalog.pg_stat_activity WHERE pid = ANY ($1)', [pids])
    if (left.length === 0) return
    await pause(milliseconds)
  }
}
