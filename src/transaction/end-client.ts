/** What ends a client that is gone. Pure. */
import { deallocateAll } from './client-objects.ts'
import { endObjects } from './commit-procedure.ts'
import { materialize } from './materialize.ts'
import { isMaterialized, type Step, type TransactionState, withGuard } from './state.ts'

/** What ends a client that is in no transaction: its cursors, temporary tables and prepared statements. */
export function endClient(state: TransactionState): Step | undefined {
  const { objects, prepared } = state.client
  const deallocates = prepared.names.length === 0 ? [] : [deallocateAll(prepared)]
  if (!isMaterialized(state)) return deallocates.length === 0 ? undefined : { sql: deallocates, state }
  const sql = [...endObjects(objects), ...deallocates]
  if (sql.length === 0) return undefined
  const ready = materialize(state, false)
  const ended = { ...ready.state, region: undefined }
  const failure = { ...withGuard(ended, 'undo'), aborted: true }
  return { sql: [...ready.sql, ...sql], state: withGuard(ended, 'dirty'), failure }
}
