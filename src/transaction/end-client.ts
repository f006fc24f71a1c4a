/** What ends a client that is gone. Pure. */
import { deallocateAll } from './client-objects.ts'
import { endObjects } from './commit-procedure.ts'
import { clearedWithClient } from './leftovers.ts'
import { materialize } from './materialize.ts'
import { isMaterialized, type Step, type TransactionState, withGuard } from './state.ts'

/** What ends a client that is in no transaction: its cursors, temporary tables, prepared statements and advisory locks. */
export function endClient(before: TransactionState): Step | undefined {
  const { objects, prepared } = before.client
  const cleared = clearedWithClient(before)
  const state = cleared.length === 0 ? before : { ...before, leftovers: undefined }
  const deallocates = prepared.names.length === 0 ? cleared : [...cleared, deallocateAll(prepared)]
  if (!isMaterialized(state)) return deallocates.length === 0 ? undefined : { sql: deallocates, state }
  const sql = [...endObjects(objects), ...deallocates]
  if (sql.length === 0) return undefined
  const ready = materialize(state, false)
  const ended = { ...ready.state, region: undefined }
  const failure = { ...withGuard(ended, 'undo'), aborted: true }
  return { sql: [...ready.sql, ...sql], state: withGuard(ended, 'dirty'), failure }
}
