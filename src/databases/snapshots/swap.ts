/** Puts a clone in the place of a database, under its name, so that whoever connects next finds the clone: a restore. */
import { quoteIdentifier, quoteLiteral } from '../../sql/quote.ts'
import type { Clone } from '../clones/clone.ts'
import { readMark, writeMark } from '../naming/mark.ts'
import { endSessions, terminateSql } from '../server/open-sessions.ts'
import type { CommentedDatabase, Server } from '../server/server.ts'
import { pause } from '../../clock/clock.ts'

/** The two change names. Sessions in the database are ended before; at no moment is there no database of the name. */
export async function swap(
  server: Server,
  { oid, name, comment }: CommentedDatabase,
  clone: Clone,
): Promise<void> {
  // Before the server itself looks for sessions, which it does ten times in a second.
  await endSessions(server, oid)
  const [present, next] = [quoteIdentifier(name), quoteIdentifier(clone.name)]
  const aside = quoteIdentifier(`${clone.name.slice(0, ROOM)}-`)
  const after = commentAfterwards(comment)
  // One transaction. A client that comes in between waits for the lock on the database, and finds the clone.
  const swapping = server.query(
    `ALTER DATABASE ${present} RENAME TO ${aside};
     ALTER DATABASE ${next} RENAME TO ${present};
     ALTER DATABASE ${aside} RENAME TO ${next};
     COMMENT ON DATABASE ${present} IS ${after === null ? 'NULL' : quoteLiteral(after)}`,
  )
  await sendAwayDuring(swapping, server, oid)
}

/** Leaves a byte for the sign that tells the name from the clone's. */
const ROOM = 62

/** Milliseconds. */
const USUAL = 50

/** Clients that came before the lock was taken are seen a little later; the server waits five seconds for them to leave. */
async function sendAwayDuring(swapping: Promise<unknown>, server: Server, oid: number): Promise<void> {
  const isSettled = swapping.then(
    () => true,
    () => true,
  )
  const isDue = (): Promise<boolean> => pause(USUAL).then(() => false)
  while (!(await Promise.race([isSettled, isDue()]))) await server.apart().query(terminateSql(oid))
  await swapping
}

/**
 * The comment for a database that is put in the place of another: the other's, without the note in it, which tells what the
 * other contained when it was made.
 *
 * @param comment of the database that is replaced: a mark, or what somebody has written
 */
export function commentAfterwards(comment: string | null): string | null {
  const mark = readMark(comment)
  return mark === undefined ? comment : writeMark({ ...mark, note: undefined })
}
