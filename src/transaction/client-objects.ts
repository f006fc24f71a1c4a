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

export interface ClientObjects {
  /** Cursors WITHOUT HOLD, which end with the transaction. */
  readonly cursors: readonly string[]
  /** Cursors WITH HOLD, which end with the client. */
  readonly cursorsWithHold: readonly string[]
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

/** After PREPARE. */
export function withPrepared(prepared: Prepared, name: string): Prepared {
  return prepared.names.includes(name) ? prepared : { ...prepared, names: [...prepared.names, name] }
}

/** The statement that takes a client's prepared statements away, and leaves others theirs. */
export function deallocateAll({ prefix, names }: Prepared): string {
  const named = names.map((name) => ` OR s.name = ${quoteLiteral(name)}`).join('')
  const loop =
    'FOR n IN SELECT s.name FROM pg_catalog.pg_prepared_statements s ' +
    `WHERE pg_catalog.starts_with(s.name, ${quoteLiteral(prefix)})${named} ` +
    "LOOP EXECUTE pg_catalog.format('DEALLOCATE %I', n); END LOOP;"
  return `DO ${quoteLiteral(`DECLARE n text; BEGIN ${loop} END`)}`
}

export const NO_OBJECTS: ClientObjects = {
  cursors: [],
  cursorsWithHold: [],
  tables: new Map(),
  listening: new Set(),
  listens: [],
  notifications: [],
}

export function withCursor(objects: ClientObjects, name: string, withHold: boolean): ClientObjects {
  const { cursors, cursorsWithHold } = objects
  return withHold
    ? { ...objects, cursorsWithHold: [...cursorsWithHold, name] }
    : { ...objects, cursors: [...cursors, name] }
}

/** @param name undefined for all */
export function withoutCursors(objects: ClientObjects, name: string | undefined): ClientObjects {
  const isOpen = (cursor: string): boolean => name !== undefined && cursor !== name
  const { cursors, cursorsWithHold } = objects
  return { ...objects, cursors: cursors.filter(isOpen), cursorsWithHold: cursorsWithHold.filter(isOpen) }
}

export function withTable(objects: ClientObjects, name: string, onCommit: OnCommit): ClientObjects {
  return { ...objects, tables: new Map([...objects.tables, [name, onCommit]]) }
}

export function withoutTables(objects: ClientObjects, dropped: readonly string[]): ClientObjects {
  return { ...objects, tables: new Map([...objects.tables].filter(([name]) => !dropped.includes(name))) }
}

/** With one more notification; Postgres folds equal ones of a transaction. */
export function withNotification(objects: ClientObjects, { channel, payload }: Notification): ClientObjects {
  const { notifications } = objects
  if (notifications.some((known) => known.channel === channel && known.payload === payload)) return objects
  return { ...objects, notifications: [...notifications, { channel, payload }] }
}

/** What there is after a commit. */
export function afterCommit(objects: ClientObjects): ClientObjects {
  const { cursors, listens, notifications, tables } = objects
  if (cursors.length + listens.length + notifications.length + tables.size === 0) return objects
  return {
    ...objects,
    cursors: [],
    tables: new Map([...tables].filter(([, onCommit]) => onCommit !== 'drop')),
    listening: listens.reduce(afterListen, objects.listening),
    listens: [],
    notifications: [],
  }
}

/** What there is after a rollback to a state outside every transaction: what was to come with a commit will not. */
export function withoutPending(objects: ClientObjects): ClientObjects {
  const { listens, notifications } = objects
  return listens.length + notifications.length === 0
    ? objects
    : { ...objects, listens: [], notifications: [] }
}

function afterListen(
  listening: ReadonlySet<string>,
  { listens, channel }: ListenAction,
): ReadonlySet<string> {
  if (channel === undefined) return NO_OBJECTS.listening
  const changed = new Set(listening)
  if (listens) changed.add(channel)
  else changed.delete(channel)
  return changed
}
