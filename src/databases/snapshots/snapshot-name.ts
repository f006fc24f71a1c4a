/** What a snapshot is called on the server. Without it, workers and runs would overwrite each other's snapshots. */
import { createHash } from 'node:crypto'
import { nameOf } from '../naming/database-names.ts'
import type { Maker } from '../naming/maker.ts'

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
