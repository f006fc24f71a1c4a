/**
 * In which level each query of a client was called, as it may wait in the client until the level has ended.
 *
 * The replacements of `pg.Client`'s methods note it at the call and ask for it when the query is submitted. Without it a
 * query that has waited would run in whichever level is open by then.
 */
import type { Level } from '../../sandbox/level.ts'
import type { Sandbox } from '../../sandbox/sandbox.ts'
import type { PgClient, PgQuery } from '../pg-types.ts'

/** That a query was called outside is noted too. */
const levels = new WeakMap<object, Level | 'outside'>()

/** Notes the present level for what a call has put into the queue; one that waited before the sandbox began belongs outside. */
export function noteLevel(sandbox: Sandbox, queue: readonly object[]): void {
  const last = queue.at(-1)
  if (last !== undefined && !levels.has(last)) levels.set(last, sandbox.level ?? 'outside')
}

export function levelOf(query: object): Level | undefined {
  const level = levels.get(query)
  return level === 'outside' ? undefined : level
}

/** The queries that the client has not submitted. */
export function queueOf(client: PgClient): PgQuery[] {
  return client._queryQueue ?? client.queryQueue!
}
