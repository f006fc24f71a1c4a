/**
 * What no rollback ends: advisory locks of the session, and what functions have made in it besides. Statements that may have left
 * such are noted in the state (effects.ts), and cleared with the level in which they ran, or with their client (levels.ts,
 * resets.ts, end-client.ts). Without it a test could wait for ever for a lock that the test before has taken. Pure.
 */
import { quoteLiteral } from '../sql/quote.ts'
import type { Leftovers, TransactionState } from './state.ts'

export function areSameLeftovers(one: Leftovers | undefined, other: Leftovers | undefined): boolean {
  if (one === undefined || other === undefined) return one === other
  return one.level === other.level && one.holder === other.holder && one.byFunctions === other.byFunctions
}

/** After a statement that may have left something; `byFunctions` where a function may have. */
export function leaving(
  state: TransactionState,
  { byFunctions }: { byFunctions: boolean },
): TransactionState {
  const { leftovers: before, levels: level } = state
  const holder = state.client.prepared.prefix
  if (before === undefined) return { ...state, leftovers: { level, holder, byFunctions } }
  const isNoted = before.level <= level && (before.holder ?? holder) === holder
  if (isNoted && (before.byFunctions || !byFunctions)) return state
  const leftovers: Leftovers = {
    level: Math.min(before.level, level),
    holder: before.holder === holder ? holder : undefined,
    byFunctions: before.byFunctions || byFunctions,
  }
  return { ...state, leftovers }
}

/** Has an outer level left something, so that what is left in the innermost one must be told apart from that? */
export function hasOuter({ leftovers, levels }: TransactionState): boolean {
  return leftovers !== undefined && leftovers.level < levels
}

/** Clears what was left in the innermost level and those around it from `level` on. */
export function clearedFrom(level: number, state: TransactionState): readonly string[] {
  return state.leftovers === undefined || state.leftovers.level < level ? [] : clear(state)
}

const HELD =
  "FROM pg_catalog.pg_locks l WHERE l.locktype = 'advisory' AND l.pid = pg_catalog.pg_backend_pid()"
const LOCK = "pg_catalog.concat_ws(' ', l.mode, l.objsubid, l.classid, l.objid)"

function noteOf(level: number): string {
  return `pg_sandbox.locks_of_level_${level}`
}

/** Notes which locks there are before the level writes; the note ends with the real transaction. */
export function noteLocks(level: number): string {
  const locks = `(SELECT pg_catalog.string_agg(${LOCK}, ',') ${HELD})`
  return `SELECT pg_catalog.set_config('${noteOf(level)}', coalesce(${locks}, ''), true)`
}

/** Frees the locks that are not in the note, each as often as it was taken. */
export function freeUnnoted(level: number): string {
  const noted = `pg_catalog.string_to_array(pg_catalog.current_setting('${noteOf(level)}'), ',')`
  const loop = `FOR held IN SELECT l.* ${HELD} AND ${LOCK} <> ALL (${noted}) LOOP`
  const unlock = (shared: string): string =>
    `WHILE CASE held.objsubid WHEN 1 THEN pg_catalog.pg_advisory_unlock${shared}(` +
    `(held.classid::bigint << 32) | held.objid::bigint) ELSE pg_catalog.pg_advisory_unlock${shared}(` +
    `${int('held.classid')}, ${int('held.objid')}) END LOOP END LOOP;`
  const body = `${loop} IF held.mode = 'ShareLock' THEN ${unlock('_shared')} ELSE ${unlock('')} END IF; END LOOP;`
  return `DO ${quoteLiteral(`DECLARE held record; BEGIN ${body} END`)}`
}

/** The number that was given: those below zero are shown as large ones. */
function int(oid: string): string {
  return `(${oid}::bigint::bit(32))::int`
}

/** Clears what the client that is served has left, where nobody else has. */
export function clearedWithClient(state: TransactionState): readonly string[] {
  return state.leftovers?.holder === state.client.prepared.prefix ? clear(state) : []
}

function clear({ leftovers, sqlStatements }: TransactionState): readonly string[] {
  if (leftovers?.byFunctions !== true) return [UNLOCK]
  const known = sqlStatements.map(quoteLiteral).join(', ')
  return [
    UNLOCK,
    `DO ${quoteLiteral(`DECLARE n text; BEGIN ${closeConnections} ${deallocateAllBut(known)} END`)}`,
  ]
}

const UNLOCK = 'SELECT pg_catalog.pg_advisory_unlock_all()'

/** Statements of the protocol have been prepared by clients, and so have those of these names. */
function deallocateAllBut(known: string): string {
  const condition = `s.from_sql AND s.name <> ALL (ARRAY[${known}]::text[])`
  return (
    `FOR n IN SELECT s.name FROM pg_catalog.pg_prepared_statements s WHERE ${condition} ` +
    "LOOP EXECUTE pg_catalog.format('DEALLOCATE %I', n); END LOOP;"
  )
}

const closeConnections =
  'FOR n IN SELECT x.nspname FROM pg_catalog.pg_extension e JOIN pg_catalog.pg_namespace x ' +
  "ON x.oid = e.extnamespace WHERE e.extname = 'dblink' LOOP " +
  "EXECUTE pg_catalog.format('SELECT %1$I.dblink_disconnect(c) FROM pg_catalog.unnest(%1$I.dblink_get_connections()) c', n); " +
  "BEGIN EXECUTE pg_catalog.format('SELECT %I.dblink_disconnect()', n); EXCEPTION WHEN OTHERS THEN NULL; END; " +
  'END LOOP;'
