/** What the sandbox must know of a database's schema: asked for when a connection is opened, and again after changes. */
import { readRows } from '../protocol/rows.ts'

export interface Schema {
  /** Is there a function that a mere read may call unseen (through a view, a policy, an operator) and that may write? */
  readonly readsMayWrite: boolean
  /** Is there a constraint whose check can be put off to COMMIT? */
  readonly hasDeferrable: boolean
  /** The constraints that are put off unless told otherwise, as SET CONSTRAINTS takes them. */
  readonly deferred: string | undefined
  /** May statements have changed it since? */
  readonly isStale: boolean
}

/** What is safe to suppose of a database nobody has looked at. */
export const UNKNOWN_SCHEMA: Schema = {
  readsMayWrite: true,
  hasDeferrable: false,
  deferred: undefined,
  isStale: true,
}

/**
 * Constraint triggers stand in pg_constraint, too. Functions in C are those of extensions, whose reads read.
 * Source: https://www.postgresql.org/docs/current/catalog-pg-constraint.html
 */
export const SCHEMA_QUERY = `SELECT
  EXISTS (SELECT FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_language l ON l.oid = p.prolang
    WHERE p.provolatile = 'v' AND l.lanname NOT IN ('internal', 'c') AND p.prokind <> 'p'
      AND p.prorettype NOT IN ('pg_catalog.trigger'::regtype, 'pg_catalog.event_trigger'::regtype)
      AND p.pronamespace NOT IN ('pg_catalog'::regnamespace, 'information_schema'::regnamespace)),
  EXISTS (SELECT FROM pg_catalog.pg_constraint WHERE condeferrable),
  (SELECT pg_catalog.string_agg(DISTINCT pg_catalog.format('%I.%I', n.nspname, c.conname), ', ')
    FROM pg_catalog.pg_constraint c JOIN pg_catalog.pg_namespace n ON n.oid = c.connamespace WHERE c.condeferred)`

/** The schema from the answer to {@link SCHEMA_QUERY}. */
export function readSchema(answer: Buffer): Schema {
  const [readsMayWrite, hasDeferrable, deferred] = readRows(answer).at(-1) ?? ['t', 'f', null]
  return {
    readsMayWrite: readsMayWrite === 't',
    hasDeferrable: hasDeferrable === 't',
    deferred: deferred ?? undefined,
    isStale: false,
  }
}

/** The checks that COMMIT makes; afterwards the constraints are put off as they were. */
export function commitChecks({ hasDeferrable, deferred }: Schema): string[] {
  if (!hasDeferrable) return []
  return [
    'SET CONSTRAINTS ALL IMMEDIATE',
    ...(deferred === undefined ? [] : [`SET CONSTRAINTS ${deferred} DEFERRED`]),
  ]
}

/** May a statement with this text, which is no mere read, have changed the schema? */
export function maySchemaChange(sql: string): boolean {
  return !/^(?:insert|update|delete|merge|copy|fetch|move|lock|notify|truncate)\b/i.test(sql)
}
