/**
 * The fingerprint of a database: as much of it as is needed to tell whether anybody has committed a change to it since.
 *
 * Each row tells the transaction that has made it. So a database is as it was when no visible row, of the tables and of
 * the catalog, comes from a later transaction, and none is missing. What was rolled back leaves no visible row.
 * https://www.postgresql.org/docs/current/ddl-system-columns.html
 */
import { quoteLiteral } from '../../sql/quote.ts'

export interface SequenceState {
  /** Quoted, with its schema. */
  readonly name: string
  readonly last: string
  readonly called: boolean
}

/** As it was when the database was made. */
export interface Fingerprint {
  /** The id of the next transaction, of 64 bits. */
  readonly xid: string
  /** How many rows are visible, those of the catalog among them. */
  readonly rows: string
  /** A hash of what the server keeps about the database elsewhere: owner, rights, settings. */
  readonly about: string
  readonly sequences: readonly SequenceState[]
}

/** As it was found later, by another run. */
export interface LaterFingerprint extends Fingerprint {
  /** How many visible rows are from later transactions. */
  readonly newer: string
  /** How many objects there are into which nobody, or not this user, may look. */
  readonly hidden: string
}

/** Ids of transactions that are further apart cannot be compared. */
const COMPARABLE = 2n ** 30n

/** Whether nobody has committed anything in between. Values of sequences do not count: they can be put back. */
export function isAsMade(made: Fingerprint, found: LaterFingerprint): boolean {
  const isComparable = BigInt(found.xid) - BigInt(made.xid) < COMPARABLE
  const isWhole = found.hidden === '0' && found.newer === '0' && found.rows === made.rows
  return isComparable && isWhole && found.about === made.about
}

/** The sequences that have moved, with their values from before. */
export function movedSequences(made: Fingerprint, found: Fingerprint): readonly SequenceState[] {
  const now = new Map(found.sequences.map((sequence) => [sequence.name, sequence]))
  return made.sequences.filter(({ name, last, called }) => {
    const other = now.get(name)
    return other?.last !== last || other.called !== called
  })
}

export interface Relation {
  /** Quoted, with its schema. */
  readonly name: string
  readonly kind: 'r' | 'm' | 'S'
}

/**
 * All that has rows of its own in the database. Statistics are left out, which the server gathers by itself, and what is
 * temporary. Of the catalog, what the user may not read is left out; see `hidden`.
 */
export const RELATIONS = `SELECT pg_catalog.format('%I.%I', nspname, relname) AS name, relkind AS kind
  FROM pg_catalog.pg_class AS relation JOIN pg_catalog.pg_namespace AS namespace ON namespace.oid = relnamespace
  WHERE (relkind IN ('r', 'S') OR relkind = 'm' AND relispopulated) AND NOT relisshared AND relpersistence <> 't'
    AND relation.oid NOT IN ('pg_catalog.pg_statistic'::regclass, 'pg_catalog.pg_statistic_ext_data'::regclass)
    AND (nspname <> 'pg_catalog' OR pg_catalog.has_table_privilege(relation.oid, 'SELECT'))
  ORDER BY 1`

const ABOUT = `SELECT pg_catalog.md5(pg_catalog.concat_ws('|', datdba, datacl, datconnlimit, (
    SELECT pg_catalog.string_agg(pg_catalog.concat_ws(':', setrole, setconfig), ';' ORDER BY setrole)
    FROM pg_catalog.pg_db_role_setting WHERE setdatabase = pg_database.oid)))
  FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database()`

/**
 * A prepared transaction is still to commit. Large objects and user mappings are for superusers to read; that there are
 * some, anybody may know.
 */
const HIDDEN = `
  (SELECT pg_catalog.count(*) FROM pg_catalog.pg_prepared_xacts WHERE database = pg_catalog.current_database()) +
  (SELECT pg_catalog.count(*) FROM pg_catalog.pg_largeobject_metadata
   WHERE NOT pg_catalog.has_table_privilege('pg_catalog.pg_largeobject', 'SELECT')) +
  (SELECT pg_catalog.count(*) FROM pg_catalog.pg_foreign_server
   WHERE NOT pg_catalog.has_table_privilege('pg_catalog.pg_user_mapping', 'SELECT'))`

/** @param since the id of a transaction; rows that it and later ones have made are `newer` */
export function fingerprintSql(relations: readonly Relation[], since: string | undefined): string {
  const newer =
    since === undefined ? 'false' : `pg_catalog.age(xmin) <= pg_catalog.age('${shortXid(since)}'::xid)`
  const counts = relations
    .filter(({ kind }) => kind !== 'S')
    .map(
      ({ name }) =>
        `SELECT pg_catalog.count(*) AS n, pg_catalog.count(*) FILTER (WHERE ${newer}) AS newer FROM ONLY ${name}`,
    )
  return `SELECT pg_catalog.sum(n)::text AS rows, pg_catalog.sum(newer)::text AS newer,
    pg_catalog.pg_snapshot_xmax(pg_catalog.pg_current_snapshot())::text AS xid,
    (${ABOUT}) AS about, (${HIDDEN})::text AS hidden
    FROM (${counts.join(' UNION ALL ')}) AS counts`
}

/** Undefined where there are none. */
export function sequencesSql(relations: readonly Relation[]): string | undefined {
  const states = relations
    .filter(({ kind }) => kind === 'S')
    .map(
      ({ name }) =>
        `SELECT ${quoteLiteral(name)} AS name, last_value::text AS last, is_called AS called FROM ${name}`,
    )
  return states.length === 0 ? undefined : states.join(' UNION ALL ')
}

export function restoreSql(sequences: readonly SequenceState[]): string {
  const calls = sequences.map(
    ({ name, last, called }) => `pg_catalog.setval(${quoteLiteral(name)}::regclass, ${last}, ${called})`,
  )
  return `SELECT ${calls.join(', ')}`
}

/** The id as rows have it: the lower 32 bits. */
function shortXid(xid: string): string {
  return String(BigInt.asUintN(32, BigInt(xid)))
}
