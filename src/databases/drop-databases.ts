/** What is to end before the process does. */

import { settleAll } from '../settle-all.ts'

type End = () => Promise<void>

const endings = new Set<End>()

/** @param end is called by the next {@link dropDatabases} */
export function beforeTheEnd(end: End): void {
  endings.add(end)
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
  const ending = [...endings]
  endings.clear()
  await settleAll(ending.map((end) => end()))
}
