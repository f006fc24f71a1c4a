/** What tells of a query that waits for a lock of somebody else: another test process, or whoever is connected besides. */
import { excerpt } from '../excerpt.ts'
import { warn } from '../warning.ts'

/** What pg_stat_activity tells of it: nothing but the process id, unless it is of the same user. */
export interface Blocker {
  readonly processId: number
  readonly application: string | null
  readonly state: string | null
  /** The last statement that it has sent. */
  readonly query: string | null
}

/** Nothing is cancelled: the lock may be freed at any moment, and without the sandbox the query would wait as well. */
export function warnOfForeignLocks(sql: string, waited: number, blockers: readonly Blocker[]): void {
  warn('PG_SANDBOX_FOREIGN_LOCK', foreignLocks(sql, waited, blockers))
}

function foreignLocks(sql: string, waited: number, blockers: readonly Blocker[]): string {
  return (
    `A query has waited ${waited} ms for a lock that another connection holds: ${excerpt(sql)}\n\n` +
    'Usually it is that of another test process, which has written the same unique key or the same row. What a test ' +
    "has written is locked until the test ends, and what a file's beforeAll has written until the file ends.\n\n" +
    'Give each worker of the runner a database of its own (pg-sandbox/workers), or keys of its own.\n\n' +
    `The lock is held by:\n${blockers.map(described).join('\n')}`
  )
}

function described({ processId, application, state, query }: Blocker): string {
  const name = !application ? [] : [`application ${application}`]
  const told = state === null ? [] : [state]
  const last = query === null ? [] : [`last statement: ${excerpt(query)}`]
  return [`process ${processId} of the server`, ...name, ...told, ...last].join(', ')
}
