/** What the sandbox must know of a database's schema: asked for when a connection is opened, and again after changes. */
import { readRows } from '../protocol/rows.ts'

export interface Schema {
  /** Is there a function that a mere read may call unseen (through a view, a policy, an operator) and that may write? */
  readonly readsMayWrite: boolean
  /** Is there a constraint whose check can be put off to COMMIT? */
  readonly hasDeferrable: boolean
  /** Are some put off unless told otherwise? */
  readonly hasDeferred: boolean
  /** Those that could be put off and are not unless told so, as SET CONSTRAINTS takes them. */
  readonly immediate: string | undefined
  /** May statements have changed it since? */
  readonly isStale: boolean
}

/** A database nobody has looked at yet. */
export const UNKNOWN_SCHEMA: Schema = {
  readsMayWrite: false,
  hasDeferrable: false,
  hasDeferred: false,
  immediate: undefined,
  isStale: true,
}

/**
 * Constraint triggers stand in pg_constraint, too. Functions in C are those of extensions, whose reads read. A view may
 * itself call what read-only mode allows: pg_notify, and before PostgreSQL 16 the functions of large objects.
 * Source: https://www.postgresql.org/docs/current/catalog-pg-constraint.html
 */
export const SCHEMA_QUERY = `SELECT
  EXISTS (SELECT FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_language l ON l.oid = p.prolang
    WHERE p.provolatile = 'v' AND l.lanname NOT IN ('internal', 'c') AND p.prokind <> 'p'
      AND p.prorettype NOT IN ('pg_catalog.trigger'::regtype, 'pg_catalog.event_trigger'::regtype)
      AND p.pronamespace NOT IN ('pg_catalog'::regnamespace, 'information_schema'::regnamespace))
    OR EXISTS (SELECT FROM pg_catalog.pg_rewrite r, pg_catalog.pg_proc f
      WHERE r.oid >= 16384 AND r.ev_type = '1' AND f.pronamespace = 'pg_catalog'::regnamespace
        AND f.proname ~ '^(lo_|lowrite|pg_notify)' AND r.ev_action::text LIKE '%:funcid ' || f.oid || ' %'),
  EXISTS (SELECT FROM pg_catalog.pg_constraint WHERE condeferrable),
  EXISTS (SELECT FROM pg_catalog.pg_constraint WHERE condeferred),
  (SELECT pg_catalog.string_agg(DISTINCT pg_catalog.format('%I.%I', n.nspname, c.conname), ', ')
    FROM pg_catalog.pg_constraint c JOIN pg_catalog.pg_namespace n ON n.oid = c.connamespace
    WHERE c.condeferrable AND NOT c.condeferred AND pg_catalog.has_schema_privilege(n.oid, 'USAGE'))`

/** The schema from the answer to {@link SCHEMA_QUERY}. */
export function readSchema(answer: Buffer): Schema {
  const [readsMayWrite, hasDeferrable, hasDeferred, immediate] = readRows(answer).at(-1) ?? ['t']
  return {
    readsMayWrite: readsMayWrite === 't',
    hasDeferrable: hasDeferrable === 't',
    hasDeferred: hasDeferred === 't',
    immediate: immediate ?? undefined,
    isStale: false,
  }
}

/** The checks that COMMIT makes; afterwards the constraints are put off as they were. */
export function commitChecks({ hasDeferrable, hasDeferred, immediate }: Schema): string[] {
  if (!hasDeferrable) return []
  const checks = ['SET CONSTRAINTS ALL IMMEDIATE']
  if (hasDeferred) checks.push('SET CONSTRAINTS ALL DEFERRED')
  if (hasDeferred && immediate !== undefined) checks.push(`SET CONSTRAINTS ${immediate} IMMEDIATE`)
  return checks
}

/** May a statement with this text, which is no mere read, have changed the schema? */
export function maySchemaChange(sql: string): boolean {
  return !/^(?:insert|update|delete|merge|copy|fetch|move|lock|notify|truncate)\b/i.test(sql)
}
