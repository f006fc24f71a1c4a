/** What ends a client that is gone. Pure. */
import { deallocateAll } from './client-objects.ts'
import { endHoldings } from './commit-procedure.ts'
import { materialize } from './materialize.ts'
import { isMaterialized, type Step, type TransactionState, withGuard } from './state.ts'

/** What ends a client that is in no transaction: cursors and temporary tables that are its own. */
export function endClient(state: TransactionState): Step | undefined {
  const deallocates = state.prepared.names.length === 0 ? [] : [deallocateAll(state.prepared)]
  if (!isMaterialized(state)) return deallocates.length === 0 ? undefined : { sql: deallocates, state }
  const sql = [...endHoldings(state.holdings), ...deallocates]
  if (sql.length === 0) return undefined
  const ready = materialize(state, false)
  const ended = { ...ready.state, region: undefined }
  const failure = { ...withGuard(ended, 'undo'), aborted: true }
  return { sql: [...ready.sql, ...sql], state: withGuard(ended, 'dirty'), failure }
}
