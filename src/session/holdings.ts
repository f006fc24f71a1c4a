/**
 * What a client has in its session beside settings, and what its next commit will do: cursors, temporary tables,
 * channels and notifications. Pure. It follows the client's transactions: a rollback brings back what was before.
 */
import type { OnCommit } from '../sql/command.ts'
import { quoteIdentifier, quoteLiteral } from '../sql/quote.ts'
import { RESERVED_PREFIX } from './reserved.ts'

export interface Notification {
  readonly channel: string
  readonly payload: string
}

export interface SentNotification extends Notification {
  /** Was its sender listening to any channel when it was committed? Only then does it hear its own. */
  readonly isHeard: boolean
}

/** LISTEN, UNLISTEN, or UNLISTEN * where no channel is named. */
export interface ListenAction {
  readonly listens: boolean
  readonly channel: string | undefined
}

export interface Holdings {
  /** Cursors WITHOUT HOLD, which end with the transaction, and WITH HOLD, which end with the client. */
  readonly cursors: readonly string[]
  readonly heldCursors: readonly string[]
  readonly tables: ReadonlyMap<string, OnCommit>
  readonly listening: ReadonlySet<string>
  /** LISTEN and UNLISTEN of the transaction so far. */
  readonly listens: readonly ListenAction[]
  /** NOTIFY of the transaction so far. */
  readonly notifications: readonly Notification[]
}

/** Prepared statements of a client on the real connection. No rollback undoes them. */
export interface Prepared {
  /** What the wire names of those of the protocol begin with. */
  readonly prefix: string
  /** The names of those of SQL, some of which may not exist. */
  readonly names: readonly string[]
}

export const NOTHING_PREPARED: Prepared = { prefix: '', names: [] }

/** The statement that takes a client's prepared statements away, and leaves others theirs. */
export function deallocateAll({ prefix, names }: Prepared): string {
  const own = names.map((name) => ` OR s.name = ${quoteLiteral(name)}`).join('')
  const loop =
    'FOR n IN SELECT s.name FROM pg_catalog.pg_prepared_statements s ' +
    `WHERE pg_catalog.starts_with(s.name, ${quoteLiteral(prefix)})${own} ` +
    "LOOP EXECUTE pg_catalog.format('DEALLOCATE %I', n); END LOOP;"
  return `DO ${quoteLiteral(`DECLARE n text; BEGIN ${loop} END`)}`
}

export const NO_HOLDINGS: Holdings = {
  cursors: [],
  heldCursors: [],
  tables: new Map(),
  listening: new Set(),
  listens: [],
  notifications: [],
}

export function withCursor(holdings: Holdings, name: string, isHeld: boolean): Holdings {
  const { cursors, heldCursors } = holdings
  return isHeld
    ? { ...holdings, heldCursors: [...heldCursors, name] }
    : { ...holdings, cursors: [...cursors, name] }
}

/** @param name undefined for all */
export function withoutCursors(holdings: Holdings, name: string | undefined): Holdings {
  const isOpen = (cursor: string): boolean => name !== undefined && cursor !== name
  const { cursors, heldCursors } = holdings
  return { ...holdings, cursors: cursors.filter(isOpen), heldCursors: heldCursors.filter(isOpen) }
}

export function withTable(holdings: Holdings, name: string, onCommit: OnCommit): Holdings {
  return { ...holdings, tables: new Map([...holdings.tables, [name, onCommit]]) }
}

/** With one more notification; Postgres folds equal ones of a transaction. */
export function withNotification(holdings: Holdings, { channel, payload }: Notification): Holdings {
  const { notifications } = holdings
  if (notifications.some((known) => known.channel === channel && known.payload === payload)) return holdings
  return { ...holdings, notifications: [...notifications, { channel, payload }] }
}

/** Cursors that functions have opened, too. Portals of the protocol are the sandbox's to keep. */
const CLOSE_ALL = `DO ${quoteLiteral(
  // Not a loop over the query, which would be one of the cursors.
  "DECLARE n text; BEGIN FOREACH n IN ARRAY (SELECT COALESCE(pg_catalog.array_agg(c.name), '{}') " +
    'FROM pg_catalog.pg_cursors c WHERE NOT c.is_holdable ' +
    `AND c.name <> '' AND NOT pg_catalog.starts_with(c.name, '${RESERVED_PREFIX}')) ` +
    "LOOP EXECUTE pg_catalog.format('CLOSE %I', n); END LOOP; END",
)}`

/**
 * The statements that a commit adds: cursors are closed, temporary tables dropped or emptied.
 *
 * @param opensCursors whether functions may have opened cursors unseen
 */
export function commitActions({ cursors, tables }: Holdings, opensCursors: boolean): string[] {
  const closes = opensCursors ? [CLOSE_ALL] : cursors.map((cursor) => `CLOSE ${quoteIdentifier(cursor)}`)
  const ends = [
    ...namesOf(tables, 'delete', (names) => endTables('TRUNCATE', names)),
    ...namesOf(tables, 'drop', (names) => endTables('DROP TABLE', names)),
  ]
  return ends.length === 0 ? closes : [...closes, procedure(ends)]
}

function namesOf(
  tables: Holdings['tables'],
  wanted: OnCommit,
  end: (names: readonly string[]) => string,
): string[] {
  const names = [...tables].filter(([, onCommit]) => onCommit === wanted).map(([name]) => name)
  return names.length === 0 ? [] : [end(names)]
}

/** The statements that end what a client leaves behind. */
export function endHoldings({ heldCursors, tables }: Holdings): string[] {
  const closes = heldCursors.map((cursor) => {
    const close = quoteLiteral(`CLOSE ${quoteIdentifier(cursor)}`)
    return `IF EXISTS (SELECT FROM pg_catalog.pg_cursors WHERE name = ${quoteLiteral(cursor)}) THEN EXECUTE ${close}; END IF;`
  })
  const drops = tables.size === 0 ? [] : [endTables('DROP TABLE', [...tables.keys()])]
  return closes.length + drops.length === 0 ? [] : [procedure([...closes, ...drops])]
}

/** What is held after a commit. */
export function afterCommit(holdings: Holdings): Holdings {
  const { cursors, listens, notifications, tables } = holdings
  if (cursors.length + listens.length + notifications.length + tables.size === 0) return holdings
  return {
    ...holdings,
    cursors: [],
    tables: new Map([...tables].filter(([, onCommit]) => onCommit !== 'drop')),
    listening: listens.reduce(afterListen, holdings.listening),
    listens: [],
    notifications: [],
  }
}

/** What is held after a rollback to a state outside every transaction: what was to come with a commit will not. */
export function withoutPending(holdings: Holdings): Holdings {
  const { listens, notifications } = holdings
  return listens.length + notifications.length === 0
    ? holdings
    : { ...holdings, listens: [], notifications: [] }
}

function afterListen(
  listening: ReadonlySet<string>,
  { listens, channel }: ListenAction,
): ReadonlySet<string> {
  if (channel === undefined) return NO_HOLDINGS.listening
  const changed = new Set(listening)
  if (listens) changed.add(channel)
  else changed.delete(channel)
  return changed
}

/** All at once, as they may refer to each other. One may be gone by now: dropped by the application, or with another test. */
function endTables(action: string, names: readonly string[]): string {
  const tables = names.map((name) => quoteLiteral(`pg_temp.${quoteIdentifier(name)}`)).join(', ')
  return (
    `tables := (SELECT pg_catalog.string_agg(t, ', ') FROM unnest(ARRAY[${tables}]) t ` +
    'WHERE pg_catalog.to_regclass(t) IS NOT NULL); ' +
    `IF tables IS NOT NULL THEN EXECUTE '${action} ' || tables || ' CASCADE'; END IF;`
  )
}

/** What the server does at a commit it does not speak of. */
function procedure(actions: readonly string[]): string {
  const quietly = "PERFORM pg_catalog.set_config('client_min_messages', 'error', true);"
  const asBefore = "PERFORM pg_catalog.set_config('client_min_messages', level, true);"
  const body = `${quietly} ${actions.join(' ')} ${asBefore}`
  return `DO ${quoteLiteral(`DECLARE tables text; level text := pg_catalog.current_setting('client_min_messages'); BEGIN ${body} END`)}`
}
