/** What is dropped and closed when the tests have run. Kinds and snapshots register their databases here. */
import { settleAll } from '../settle-all.ts'

type DropWork = () => Promise<void>

const works = new Set<DropWork>()

/** @param work is done once, by the next {@link dropDatabases} */
export function onDropDatabases(work: DropWork): void {
  works.add(work)
}

/**
 * Drops all databases that were made through `pg-sandbox/databases`, also those that are ahead of their tests, and closes
 * its connections. Call it when the tests have run. What a process that was killed has left, the next run drops.
 *
 * @throws what has kept a database from being dropped
 *
 * @example
 * afterAll(dropDatabases)
 */
export async function dropDatabases(): Promise<void> {
  const present = [...works]
  works.clear()
  await settleAll(present.map((work) => work()))
}
