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
  /** May a mere read be led to an advisory lock unseen? */
  readonly readsMayLeave: boolean
  /** Are there functions of the user, those of triggers too, that may leave in the session what no rollback ends? */
  readonly functionsLeave: boolean
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
  readsMayLeave: false,
  functionsLeave: false,
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
 * Where an expression stands that a mere read may be led to unseen: views, policies, domains, functions of the standard's form,
 * and what stands for parameters that are left out. As text, in which each call has the number of its function.
 */
const EXPRESSIONS = `SELECT r.ev_action::text FROM pg_catalog.pg_rewrite r WHERE r.oid >= 16384 AND r.ev_type = '1'
    UNION ALL SELECT pg_catalog.concat(p.polqual::text, p.polwithcheck::text) FROM pg_catalog.pg_policy p
    UNION ALL SELECT c.conbin::text FROM pg_catalog.pg_constraint c WHERE c.contypid >= 16384
    UNION ALL SELECT pg_catalog.concat(p.proargdefaults::text, p.prosqlbody::text) FROM pg_catalog.pg_proc p
      WHERE p.oid >= 16384 AND (p.pronargdefaults > 0 OR p.prosqlbody IS NOT NULL)`

/** What a function that is not volatile may do all the same. */
const NOT_READING = String.raw`set_config|pg_notify|\mlo_`

/**
 * The functions that take advisory locks of the session have had the numbers from 2880 to 2889 ever since. Operators, casts
 * and aggregates may stand for one, too.
 */
const LOCKS_BY_NAME = `EXISTS (SELECT FROM pg_catalog.pg_operator WHERE oprcode::oid BETWEEN 2880 AND 2889)
    OR EXISTS (SELECT FROM pg_catalog.pg_cast WHERE castfunc BETWEEN 2880 AND 2889)
    OR EXISTS (SELECT FROM pg_catalog.pg_aggregate WHERE aggtransfn::oid BETWEEN 2880 AND 2889
      OR aggfinalfn::oid BETWEEN 2880 AND 2889)`

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
    OR EXISTS (SELECT FROM (${USER_FUNCTIONS}) p WHERE p.prosrc ~* ${quoteLiteral(NOT_READING)})
    OR EXISTS (SELECT FROM (${EXPRESSIONS}) e(tree) WHERE e.tree ~ (
      SELECT 'funcid (' || pg_catalog.string_agg(f.oid::text, '|') || ') ' FROM pg_catalog.pg_proc f
      WHERE f.pronamespace = 'pg_catalog'::regnamespace AND f.proname ~ '^(lo_|lowrite|pg_notify|set_config)')),
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
  pg_catalog.has_database_privilege(session_user, pg_catalog.current_database(), 'CREATE'),
  locks OR ${LOCKS_BY_NAME}
    OR EXISTS (SELECT FROM (${USER_FUNCTIONS}) p WHERE p.prosrc ~* 'advisory_lock'),
  locks OR EXISTS (SELECT FROM (${USER_FUNCTIONS}) p
    WHERE p.prosrc ~* ${quoteLiteral(String.raw`advisory_lock|\mexecute\M|dblink_connect`)})
  FROM (SELECT EXISTS (SELECT FROM (${EXPRESSIONS}) e(tree) WHERE pg_catalog.strpos(e.tree, 'funcid 288') > 0) AS locks) found`

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
    readsMayLeave,
    functionsLeave,
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
    readsMayLeave: readsMayLeave === 't',
    functionsLeave: functionsLeave === 't',
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
