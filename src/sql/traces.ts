/**
 * Traces: what a text may do to its session that is no command of its own, such as the settings that a call inside a larger
 * query changes. Read by patterns, as a text that only looks as if it did so costs a little time and nothing else.
 *
 * transaction/effects.ts asks after each statement that is `other`, transaction/schema.ts reads the user's functions by the
 * same patterns, transaction/sequences.ts and exchange/unit.ts ask before a statement. Without traces, what a function or a
 * DO block has changed would outlive its transaction.
 */
import type { OnCommit } from './command.ts'
import { remembering } from './remembering.ts'
import { droppedTables } from './temporary-tables.ts'

/** A temporary table, and what a commit does to it. */
export type EndingTable = readonly [name: string, onCommit: OnCommit]

export interface Traces {
  readonly takesSnapshot: boolean
  /** May it change the schema by itself? */
  readonly changesSchema: boolean
  /** May it change the schema, where functions of the user do so when they are called? */
  readonly callsWhatChangesSchema: boolean
  readonly setsConstraints: boolean
  /** Settings that it may change for its transaction, by calls inside a larger query. */
  readonly localSettings: readonly string[]
  /** Temporary tables that a DO block may make, to be dropped or emptied at its transaction's end. */
  readonly made: readonly EndingTable[]
  /** Temporary tables that it may drop. */
  readonly dropped: readonly string[]
  /** The temporary table that SELECT INTO makes. */
  readonly into: string | undefined
  /** May it take or free an advisory lock? */
  readonly takesLocks: boolean
  /** May it leave more in the session than it says: does it run or make code that puts statements together, or open connections? */
  readonly mayLeaveAnything: boolean
}

/** The traces of one statement's text. */
export const tracesOf: (sql: string) => Traces = remembering((sql) => ({
  takesSnapshot: !/^(?:fetch|move|checkpoint)\b/i.test(sql),
  changesSchema: maySchemaChange(sql, { byCalls: false }),
  callsWhatChangesSchema: maySchemaChange(sql, { byCalls: true }),
  setsConstraints: /^do\b.*\bset\s+constraints\b/is.test(sql),
  localSettings: localSettings(sql),
  made: /^do\b/i.test(sql) ? temporaryTables(sql) : [],
  dropped: /^drop\b/i.test(sql) ? droppedTables(sql) : [],
  into: SELECT_INTO.exec(sql)?.[1]?.toLowerCase(),
  takesLocks: /advisory_lock/i.test(sql),
  mayLeaveAnything: /^do\b|^create\b.*\b(?:function|procedure)\b.*\bexecute\b|dblink_connect/is.test(sql),
}))

const SELECT_INTO =
  /^(?:select|with)\b.*?\binto\s+(?:(?:local|global)\s+)?temp(?:orary)?\s+(?:table\s+)?([a-z_]\w*)/is

/**
 * Local settings and temporary tables as texts name them, as sources of patterns that JavaScript and Postgres read alike.
 * Names that are put together at run time stay unseen.
 */
export const SET_LOCALLY: string =
  String.raw`set_config\s*\(\s*'([a-z_][\w.]*)'(?:[^();]|\((?:[^()]|\([^()]*\))*\))*?,\s*true\s*\)|` +
  String.raw`set\s+local\s+([a-z_][\w.]*)`
export const MADE_TO_END: string =
  String.raw`create\s+(?:(?:local|global)\s+)?temp(?:orary)?\s+table\s+(?:if\s+not\s+exists\s+)?([a-z_]\w*)` +
  String.raw`[^;]*?on\s+commit\s+(drop|delete)`

const SET_LOCALLY_HERE = new RegExp(SET_LOCALLY, 'gis')
const MADE_TO_END_HERE = new RegExp(MADE_TO_END, 'gis')

function localSettings(sql: string): string[] {
  return [...sql.matchAll(SET_LOCALLY_HERE)]
    .map(([, called, set]) => (called ?? set)!.toLowerCase())
    .filter(isSetting)
}

function temporaryTables(sql: string): EndingTable[] {
  return Array.from(sql.matchAll(MADE_TO_END_HERE), ([, name = '', end = '']) => endingTable(name, end))
}

/** From what {@link MADE_TO_END} has found. */
export function endingTable(name: string, end: string | undefined): EndingTable {
  return [name.toLowerCase(), end?.toLowerCase() === 'drop' ? 'drop' : 'delete']
}

/** A name that RESET takes for certain: a setting of the user's own, or one that is often changed for a transaction. */
export function isSetting(name: string): boolean {
  return name.includes('.') ? /^[a-z_]\w*(?:\.[a-z_]\w*)+$/.test(name) : COMMON_SETTINGS.has(name)
}

const COMMON_SETTINGS: ReadonlySet<string> = new Set([
  'client_min_messages',
  'datestyle',
  'lock_timeout',
  'role',
  'row_security',
  'search_path',
  'statement_timeout',
  'timezone',
  'work_mem',
])

/** @param byCalls do functions of the user change the schema when they are called? */
function maySchemaChange(sql: string, { byCalls }: { readonly byCalls: boolean }): boolean {
  if (/^(?:insert|update|delete|merge|copy|fetch|move|lock|notify|truncate)\b/i.test(sql)) return false
  return byCalls || !/^(?:select|with|values|table|\()\b/i.test(sql)
}

/** Does it surely define a part of the schema anew, as its first word says? */
export function definesSchema(sql: string): boolean {
  return /^(?:create|alter|drop|comment|grant)\b/i.test(sql)
}

/** Does the statement that sets client_min_messages keep warnings from the client? */
export function hidesWarnings(setting: string): boolean {
  return /\b(?:error|fatal|panic)\b/i.test(setting)
}

/** The words of a text, those in strings and comments too, in lower case whatever the server would make of them. */
export function wordsOf(sql: string): readonly string[] {
  return sql.toLowerCase().match(/[\p{L}\p{N}_$]+/gu) ?? []
}
