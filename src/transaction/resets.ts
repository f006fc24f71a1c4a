/** What puts a client's session back: RESET, DISCARD ALL, DEALLOCATE ALL, each for that client alone. Pure. */
import { withObjects } from './belongings.ts'
import { deallocateAll, NO_OBJECTS } from './client-objects.ts'
import { closeCursors, endObjects } from './commit-procedure.ts'
import { pathOfSchema, SEARCH_PATH } from './search-path.ts'
import { clearedWithClient } from './leftovers.ts'
import { NO_SETTINGS, READ_ONLY_BY_DEFAULT, READ_WRITE_BY_DEFAULT } from './settings.ts'
import * as regions from './regions.ts'
import { resetSetting } from './setting-changes.ts'
import { switchSettings } from './switch-settings.ts'
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

/** With a path that a schema of the sandbox belongs to in force again. */
function withPath(sql: readonly string[], state: TransactionState): Step {
  const path = pathOfSchema(state.client.settings)
  if (path === undefined) return { sql, state }
  return {
    sql: [...sql, ...switchSettings(NO_SETTINGS, new Map([[SEARCH_PATH, path]]))],
    state: { ...state, inForce: new Map(state.inForce).set(SEARCH_PATH, path) },
  }
}

/** What DISCARD ALL does, as far as a transaction allows it; temporary tables may be another client's. */
export function discardAll(state: TransactionState): Step {
  const { client } = state
  const initially = { ...client, settings: client.startup, objects: NO_OBJECTS }
  const cleared = clearedWithClient(state)
  const leftovers = cleared.length > 0 ? undefined : state.leftovers
  const after = regions.written({ ...state, client: initially, inForce: NO_SETTINGS, leftovers })
  const sql = [
    'RESET SESSION AUTHORIZATION',
    'RESET ROLE',
    'RESET ALL',
    READ_WRITE_BY_DEFAULT,
    deallocateAll(client.prepared),
    ...endObjects(client.objects),
    ...cleared,
  ]
  return { sql, state: after }
}

/** Temporary tables of other clients are in the same schema. */
export function discardTemp(state: TransactionState): Step {
  const { client } = state
  const sql = endObjects({ ...client.objects, cursorsWithHold: [] })
  if (sql.length === 0) return { sql, state: regions.queried(state) }
  const after = regions.written(regions.queried(state))
  const objects = { ...client.objects, tables: NO_OBJECTS.tables }
  return { sql, state: { ...after, client: withObjects(client, objects) } }
}

/** Cursors WITH HOLD of other clients are on the same connection. */
export function closeAll(state: TransactionState): Step {
  const after = regions.written(regions.queried(state))
  const sql = [closeCursors(state.client.objects.cursorsWithHold)]
  return { sql, state: regions.closed(after, undefined) }
}

/** The statements of other clients are on the same connection. */
export function deallocate(state: TransactionState): Step {
  const after = regions.written(regions.queried(state))
  return { sql: [deallocateAll(state.client.prepared)], state: after }
}
