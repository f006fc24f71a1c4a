/**
 * The statements that close a client's cursors and drop or empty its temporary tables: at a commit of the application, which
 * is none on the real connection, and when the client is gone. Pure. What is dropped may be gone by then, or be another
 * role's, so it is a DO block that looks first.
 */
import type { OnCommit } from '../sql/command.ts'
import { quoteIdentifier, quoteLiteral } from '../sql/quote.ts'
import type { ClientObjects } from './client-objects.ts'
import { RESERVED_PREFIX } from './reserved-names.ts'

/**
 * Closes the cursors WITHOUT HOLD, those that functions have opened, too, and the given ones WITH HOLD. Portals of the
 * protocol are the sandbox's to keep.
 */
export function closeCursors(withHold: readonly string[]): string {
  const isGiven =
    withHold.length === 0
      ? ''
      : ` OR c.name = ANY (ARRAY[${withHold.map((name) => quoteLiteral(name)).join(', ')}])`
  // Not a loop over the query, which would be one of the cursors.
  const names =
    "SELECT COALESCE(pg_catalog.array_agg(c.name), '{}') FROM pg_catalog.pg_cursors c " +
    `WHERE (NOT c.is_holdable${isGiven}) ` +
    `AND c.name <> '' AND NOT pg_catalog.starts_with(c.name, '${RESERVED_PREFIX}')`
  const close = "LOOP EXECUTE pg_catalog.format('CLOSE %I', n); END LOOP;"
  return `DO ${quoteLiteral(`DECLARE n text; BEGIN FOREACH n IN ARRAY (${names}) ${close} END`)}`
}

export interface CommitContext {
  /** May functions have opened cursors unseen? */
  readonly opensCursors?: boolean
  /** Has READ ONLY been put in force on the server? */
  readonly isReadOnly?: boolean
}

/**
 * The statements that a commit adds: cursors are closed, temporary tables dropped or emptied.
 */
export function commitActions(
  { cursors, tables }: ClientObjects,
  { opensCursors = false, isReadOnly = false }: CommitContext = {},
): string[] {
  if (!opensCursors && cursors.length === 0 && tables.size === 0) return []
  const closes = opensCursors
    ? [closeCursors([])]
    : cursors.map((cursor) => `CLOSE ${quoteIdentifier(cursor)}`)
  const empty = isReadOnly ? emptyTables : (names: readonly string[]) => endTables('TRUNCATE', names)
  const ends = [
    ...namesOf(tables, 'delete', empty),
    ...namesOf(tables, 'drop', (names) => endTables('DROP TABLE', names)),
  ]
  return ends.length === 0 ? closes : [...closes, procedure(ends)]
}

function namesOf(
  tables: ClientObjects['tables'],
  wanted: OnCommit,
  end: (names: readonly string[]) => string,
): string[] {
  const names = [...tables].filter(([, onCommit]) => onCommit === wanted).map(([name]) => name)
  return names.length === 0 ? [] : [end(names)]
}

/** The statements that end what a client leaves behind. */
export function endObjects({ cursorsWithHold, tables }: ClientObjects): string[] {
  const closes = cursorsWithHold.map((cursor) => {
    const close = quoteLiteral(`CLOSE ${quoteIdentifier(cursor)}`)
    return `IF EXISTS (SELECT FROM pg_catalog.pg_cursors WHERE name = ${quoteLiteral(cursor)}) THEN EXECUTE ${close}; END IF;`
  })
  const drops = tables.size === 0 ? [] : [endTables('DROP TABLE', [...tables.keys()])]
  return closes.length + drops.length === 0 ? [] : [procedure([...closes, ...drops])]
}

/** All at once, as they may refer to each other. One may be gone by now: dropped by the application, or with another test. */
function endTables(action: string, names: readonly string[]): string {
  return (
    `tables := (SELECT pg_catalog.string_agg(t, ', ') FROM ${existing(names)}); ` +
    `IF tables IS NOT NULL THEN ${asOwner(names)} EXECUTE '${action} ' || tables || ' CASCADE'; END IF;`
  )
}

/** What READ ONLY allows, of temporary tables. */
function emptyTables(names: readonly string[]): string {
  const remove = "EXECUTE 'DELETE FROM ' || tables;"
  return `FOR tables IN SELECT t FROM ${existing(names)} LOOP ${asOwner(names)} ${remove} END LOOP;`
}

function existing(names: readonly string[]): string {
  const tables = names.map((name) => quoteLiteral(`pg_temp.${quoteIdentifier(name)}`)).join(', ')
  return `unnest(ARRAY[${tables}]) t WHERE pg_catalog.to_regclass(t) IS NOT NULL`
}

/** The role of the present may have no rights to the tables. */
function asOwner(names: readonly string[]): string {
  const other =
    'SELECT pg_catalog.pg_get_userbyid(c.relowner) FROM pg_catalog.pg_class c ' +
    `WHERE c.oid IN (SELECT pg_catalog.to_regclass(t) FROM ${existing(names)}) ` +
    "AND NOT pg_catalog.pg_has_role(c.relowner, 'USAGE') LIMIT 1"
  const become =
    "SET LOCAL SESSION AUTHORIZATION DEFAULT; PERFORM pg_catalog.set_config('role', owner, true);"
  return `owner := (${other}); IF owner IS NOT NULL THEN ${become} END IF;`
}

/** What the server does at a commit it does not speak of. */
function procedure(actions: readonly string[]): string {
  const declare =
    "DECLARE tables text; owner text; person text := session_user; role text := pg_catalog.current_setting('role'); " +
    "level text := pg_catalog.current_setting('client_min_messages');"
  const quietly = "PERFORM pg_catalog.set_config('client_min_messages', 'error', true);"
  const asBefore =
    "PERFORM pg_catalog.set_config('client_min_messages', level, true); " +
    "IF person <> session_user THEN PERFORM pg_catalog.set_config('session_authorization', person, true); END IF; " +
    "IF role <> pg_catalog.current_setting('role') THEN PERFORM pg_catalog.set_config('role', role, true); END IF;"
  return `DO ${quoteLiteral(`${declare} BEGIN ${quietly} ${actions.join(' ')} ${asBefore} END`)}`
}
