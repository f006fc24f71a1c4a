/**
 * What the sandbox must know of a database's schema, and the query that asks: sent by server/look-up-schema.ts when a connection is
 * opened, and again after changes. Without it every commit would check constraints, and every read would count as a write.
 */
import { readRows } from '../protocol/rows.ts'
import { quoteLiteral } from '../sql/quote.ts'
import { type EndingTable, endingTable, isSetting, MADE_TO_END, SET_LOCALLY } from '../sql/traces.ts'
import type { Sequences } from './sequences.ts'

export interface Schema {
  /** Is there a function that a mere read may call unseen (through a view, a policy, an operator) and that may write? */
  readonly readsMayWrite: boolean
  /** Is there a constraint whose check can be put off to COMMIT? */
  readonly hasDeferrable: boolean
  /** Are some constraints put off unless told otherwise? */
  readonly hasDeferred: boolean
  /** Constraints that could be put off and are not unless told so, as SET CONSTRAINTS takes them. */
  readonly immediate: string | undefined
  /** Are there functions of the user that may change the schema? */
  readonly functionsChangeIt: boolean
  /** Settings that functions of the user change for the transaction they are called in. */
  readonly localSettings: readonly string[]
  /** Are there functions of the user that open cursors? */
  readonly opensCursors: boolean
  /** Temporary tables that functions of the user make, to be dropped or emptied at the end of the transaction. */
  readonly temporaryTables: readonly EndingTable[]
  /** Functions of the user that notify: nobody sees that they do. */
  readonly notifiers: readonly string[]
  /** May the user who has logged in make schemas? */
  readonly takesSchemas: boolean
  /** Undefined until somebody has asked for sequences. */
  readonly sequences?: Sequences
  /** May statements have changed the schema since it was asked for? */
  readonly isStale: boolean
}

/** A database nobody has looked at yet. */
export const UNKNOWN_SCHEMA: Schema = {
  readsMayWrite: false,
  hasDeferrable: false,
  hasDeferred: false,
  immediate: undefined,
  functionsChangeIt: true,
  localSettings: [],
  opensCursors: false,
  temporaryTables: [],
  notifiers: [],
  takesSchemas: true,
  isStale: true,
}

const IMMEDIATE = `SELECT pg_catalog.string_agg(DISTINCT pg_catalog.format('%I.%I', n.nspname, c.conname), ', ')
    FROM pg_catalog.pg_constraint c JOIN pg_catalog.pg_namespace n ON n.oid = c.connamespace
    WHERE c.condeferrable AND NOT c.condeferred AND pg_catalog.has_schema_privilege(n.oid, 'USAGE')`

const USER_FUNCTIONS = `SELECT p.proname, p.prosrc FROM pg_catalog.pg_proc p
    JOIN pg_catalog.pg_language l ON l.oid = p.prolang
    WHERE l.lanname NOT IN ('internal', 'c')
      AND p.pronamespace NOT IN ('pg_catalog'::regnamespace, 'information_schema'::regnamespace)`

/** What the functions of the user name as the pattern has it, its groups with colons between them. */
function inFunctions(pattern: string): string {
  return `(SELECT pg_catalog.string_agg(DISTINCT pg_catalog.lower(pg_catalog.array_to_string(m, ':')), ',')
    FROM (${USER_FUNCTIONS}) p, pg_catalog.regexp_matches(p.prosrc, ${quoteLiteral(pattern)}, 'gi') m)`
}

/**
 * Constraint triggers stand in pg_constraint, too. Functions in C are those of extensions, whose reads read. A view may
 * itself call what read-only mode allows: pg_notify, and before PostgreSQL 16 the functions of large objects.
 * Source: https://www.postgresql.org/docs/current/catalog-pg-constraint.html
 */
export const SCHEMA_QUERY: string = `SELECT
  EXISTS (SELECT FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_language l ON l.oid = p.prolang
    WHERE p.provolatile = 'v' AND l.lanname NOT IN ('internal', 'c') AND p.prokind <> 'p'
      AND p.prorettype NOT IN ('pg_catalog.trigger'::regtype, 'pg_catalog.event_trigger'::regtype)
      AND p.pronamespace NOT IN ('pg_catalog'::regnamespace, 'information_schema'::regnamespace))
    OR EXISTS (SELECT FROM pg_catalog.pg_rewrite r, pg_catalog.pg_proc f
      WHERE r.oid >= 16384 AND r.ev_type = '1' AND f.pronamespace = 'pg_catalog'::regnamespace
        AND f.proname ~ '^(lo_|lowrite|pg_notify)' AND r.ev_action::text LIKE '%:funcid ' || f.oid || ' %'),
  EXISTS (SELECT FROM pg_catalog.pg_constraint WHERE condeferrable),
  EXISTS (SELECT FROM pg_catalog.pg_constraint WHERE condeferred),
  (${IMMEDIATE}),
  ${inFunctions(SET_LOCALLY)},
  ${inFunctions(MADE_TO_END)},
  EXISTS (SELECT FROM (${USER_FUNCTIONS}) p
    WHERE p.prosrc ~* ${quoteLiteral(String.raw`\m(?:create|alter|drop|execute)\M`)}),
  EXISTS (SELECT FROM (${USER_FUNCTIONS}) p WHERE p.prosrc ~* ${quoteLiteral(String.raw`\mopen\M`)}),
  (SELECT pg_catalog.string_agg(DISTINCT p.proname, ',') FROM (${USER_FUNCTIONS}) p
    WHERE p.prosrc ~* ${quoteLiteral(String.raw`pg_notify\s*\(|notify\s+\w`)}),
  pg_catalog.has_database_privilege(session_user, pg_catalog.current_database(), 'CREATE')`

/** The schema from the answer to {@link SCHEMA_QUERY}. */
export function readSchema(answer: Buffer): Schema {
  const [row = ['t']] = readRows(answer)
  const [
    readsMayWrite,
    hasDeferrable,
    hasDeferred,
    immediate,
    settings,
    tables,
    changes,
    cursors,
    notifiers,
    takesSchemas,
  ] = row
  return {
    readsMayWrite: readsMayWrite === 't',
    hasDeferrable: hasDeferrable === 't',
    hasDeferred: hasDeferred === 't',
    immediate: immediate ?? undefined,
    localSettings: list(settings).filter(isSetting),
    functionsChangeIt: changes === 't',
    opensCursors: cursors === 't',
    temporaryTables: list(tables).map((table) => {
      const [name = '', end] = table.split(':')
      return endingTable(name, end)
    }),
    notifiers: list(notifiers),
    takesSchemas: takesSchemas !== 'f',
    isStale: false,
  }
}

/** The checks that a commit makes; afterwards the constraints are put off as they were. */
export function commitChecks({ hasDeferrable, hasDeferred, immediate, isStale }: Schema): string[] {
  if (isStale) return [CHECK, RESTORE]
  if (!hasDeferrable) return []
  const checks = [CHECK]
  if (hasDeferred) checks.push('SET CONSTRAINTS ALL DEFERRED')
  if (hasDeferred && immediate !== undefined) checks.push(`SET CONSTRAINTS ${immediate} IMMEDIATE`)
  return checks
}

const CHECK = 'SET CONSTRAINTS ALL IMMEDIATE'

/** Puts the constraints off as they were made, whatever the statements before have made. */
const RESTORE = `DO ${quoteLiteral(
  `DECLARE names text; BEGIN SET CONSTRAINTS ALL DEFERRED; names := (${IMMEDIATE}); ` +
    "IF names IS NOT NULL THEN EXECUTE 'SET CONSTRAINTS ' || names || ' IMMEDIATE'; END IF; END",
)}`

function list(text: string | null | undefined): string[] {
  return text ? text.split(',') : []
}
