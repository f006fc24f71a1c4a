/** What a snapshot is called on the server, and what it leaves of a mark. */
import { createHash } from 'node:crypto'
import type { Maker } from '../naming/maker.ts'
import { readMark, writeMark } from '../naming/mark.ts'
import { nameOf } from '../naming/database-names.ts'

/**
 * The name of a snapshot. A database of other tables, another worker, and another run have others of the same scenario.
 *
 * @param tables the hash of the template that the database was cloned from; without one, the database's name
 */
export function snapshotName(
  { project, run, shard, worker }: Maker,
  tables: string,
  scenario: string,
): string {
  const key = createHash('sha256').update(`${tables}\0${scenario}`).digest('hex').slice(0, 10)
  return nameOf({ project, purpose: 'snapshot', run, shard, worker, key })
}

/**
 * The comment of a database that another is put in the place of. A note on what it held when it was made no longer holds.
 *
 * @param comment ours, or anybody's
 */
export function commentAfterwards(comment: string | null): string | null {
  const mark = readMark(comment)
  return mark === undefined ? comment : writeMark({ ...mark, note: undefined })
}
