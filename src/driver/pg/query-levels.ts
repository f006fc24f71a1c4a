/**
 * In which level each query of a client was called, as it may wait in the client until the level has ended.
 *
 * The replacements of `pg.Client`'s methods note it at the call and ask for it when the query is submitted. Without it a
 * query that has waited would run in whichever level is open by then.
 */
import type { Level } from '../../sandbox/level.ts'
import type { Sandbox } from '../../sandbox/sandbox.ts'
import type { PgClient, PgQuery } from '../pg-types.ts'

/** The level of each query that was called; undefined for one that was called outside, which is noted too. */
export const queryLevels: WeakMap<object, Level | undefined> = new WeakMap()

/** Notes the present level for what a call has put into the queue; one that waited before the sandbox began belongs outside. */
export function noteLevel(sandbox: Sandbox, queue: readonly object[]): void {
  const last = queue.at(-1)
  if (last !== undefined && !queryLevels.has(last)) queryLevels.set(last, sandbox.level)
}

/** The queries that the client has not submitted. */
export function queueOf(client: PgClient): PgQuery[] {
  return client._queryQueue ?? client.queryQueue!
}
