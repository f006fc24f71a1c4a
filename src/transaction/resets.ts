/** What puts a client's session back: RESET, DISCARD ALL, DEALLOCATE ALL, each for that client alone. Pure. */
import { deallocateAll, NO_HOLDINGS } from './client-objects.ts'
import { closeCursors, endHoldings } from './commit-procedure.ts'
import { pathWithSchema, SEARCH_PATH } from './search-path.ts'
import { NO_SETTINGS, READ_ONLY_BY_DEFAULT, READ_WRITE_BY_DEFAULT, switchSettings } from './settings.ts'
import * as regions from './regions.ts'
import { resetSetting } from './setting-changes.ts'
import type { Step, TransactionState } from './state.ts'

/** The pinned connection's own default is another than the one that the application knows. */
export function resetReadOnly(state: TransactionState): Step {
  const after = regions.written(resetSetting(state, READ_ONLY_BY_DEFAULT))
  return { sql: [READ_WRITE_BY_DEFAULT], state: after }
}

/** RESET ALL puts the pinned connection's own default in force again, which the application must not see. */
export function resetAll(state: TransactionState): Step {
  const after = regions.written(resetSetting(state, 'all'))
  return withPath(['RESET ALL', READ_WRITE_BY_DEFAULT], after)
}

/** The default path of the client has the schema of the sandbox first, which the server's default has not. */
export function resetPath(state: TransactionState): Step {
  return withPath([`RESET ${SEARCH_PATH}`], regions.written(resetSetting(state, SEARCH_PATH)))
}

function withPath(sql: readonly string[], state: TransactionState): Step {
  const path = pathWithSchema(state.own)
  return {
    sql: [...sql, ...switchSettings(NO_SETTINGS, path)],
    state: { ...state, inForce: new Map([...state.inForce, ...path]) },
  }
}

/** What DISCARD ALL does, as far as a transaction allows it; temporary tables may be another client's. */
export function discardAll(state: TransactionState): Step {
  const { holdings, startup } = state
  const after = regions.written({ ...state, own: startup, inForce: NO_SETTINGS, holdings: NO_HOLDINGS })
  const sql = [
    'RESET SESSION AUTHORIZATION',
    'RESET ROLE',
    'RESET ALL',
    READ_WRITE_BY_DEFAULT,
    deallocateAll(state.prepared),
    ...endHoldings(holdings),
  ]
  return { sql, state: after }
}

/** Temporary tables of other clients are in the same schema. */
export function discardTemp(state: TransactionState): Step {
  const { holdings } = state
  const sql = endHoldings({ ...holdings, heldCursors: [] })
  if (sql.length === 0) return { sql, state: regions.queried(state) }
  const after = regions.written(regions.queried(state))
  return { sql, state: { ...after, holdings: { ...holdings, tables: NO_HOLDINGS.tables } } }
}

/** Cursors WITH HOLD of other clients are on the same connection. */
export function closeAll(state: TransactionState): Step {
  const after = regions.written(regions.queried(state))
  const sql = [closeCursors(state.holdings.heldCursors)]
  return { sql, state: regions.closed(after, undefined) }
}

/** The statements of other clients are on the same connection. */
export function deallocate(state: TransactionState): Step {
  const after = regions.written(regions.queried(state))
  return { sql: [deallocateAll(state.prepared)], state: after }
}
