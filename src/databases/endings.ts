/** What is to end before the process does. */

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
  const ended = await Promise.allSettled(ending.map((end) => end()))
  const failed = ended.find(({ status }) => status === 'rejected')
  if (failed?.status === 'rejected') throw failed.reason
}
