/**
 * What a client has in its session beside settings, and what its next commit will do: cursors, temporary tables,
 * channels and notifications. Pure. It follows the client's transactions: a rollback brings back what was before.
 */
import type { OnCommit } from '../sql/command.ts'
import { quoteLiteral } from '../sql/quote.ts'

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

export function withoutTables(holdings: Holdings, dropped: readonly string[]): Holdings {
  return { ...holdings, tables: new Map([...holdings.tables].filter(([name]) => !dropped.includes(name))) }
}

/** With one more notification; Postgres folds equal ones of a transaction. */
export function withNotification(holdings: Holdings, { channel, payload }: Notification): Holdings {
  const { notifications } = holdings
  if (notifications.some((known) => known.channel === channel && known.payload === payload)) return holdings
  return { ...holdings, notifications: [...notifications, { channel, payload }] }
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
