/**
 * The transaction of a session, as data: levels, the guard, the application's transaction block.
 *
 * The real connection has one transaction. Each level that has written stands in it as a segment: the first as the
 * BEGIN, deeper ones as savepoints. Inside a segment there is one more savepoint, the guard. What the application
 * does between two commits of its own is a region behind the guard: undoing it is ROLLBACK TO the guard, keeping it is
 * to set the guard anew. A statement outside a transaction block, a string of statements and a transaction block are
 * all such regions; only one virtual connection has one open at a time, so one guard is enough.
 *
 * Everything here is a pure function: what a step needs is returned as SQL, and nothing is sent before a statement
 * needs it.
 *
 * The way into the room transaction/, which is pure: (state, command) → (state, SQL, answer). What a command is stands in
 * commands.ts, a client's part of the state in belongings.ts, what must be on the wire first in materialize.ts, how blocks,
 * regions and levels end in the files of their names. The builders in exchange/ and the session call it. Without the room
 * nobody would know what a ROLLBACK of the application has to undo.
 */
import type { TransactionModes } from '../sql/command.ts'
import { type Schema, UNKNOWN_SCHEMA } from './schema.ts'
import { type Belongings, NO_BELONGINGS } from './belongings.ts'
import type { SentNotification } from './client-objects.ts'
import { NONE_SET_APART, type Sequence } from './sequences.ts'
import { NO_SETTINGS, type Settings } from './settings.ts'

/** clean: set, and nothing written since; dirty: what was written since is kept; undo: what came since failed. */
export type Guard = 'none' | 'clean' | 'dirty' | 'undo'

export interface Segment {
  /** The level it stands for: 1 is the outermost. */
  readonly level: number
  readonly guard: Guard
  /** Settings in force when the segment began and when its guard was set: what rolling back to them brings back. */
  readonly atStart: Settings
  readonly atGuard: Settings
  /** The schema when the segment began. */
  readonly schema: Schema
  /** Has it been noted which advisory locks there were when the segment began? It is where an outer level may have taken some. */
  readonly notesLocks: boolean
}

/** The modes of a transaction of the application. */
export interface Modes {
  readonly modes: TransactionModes
  /** Has READ ONLY been put in force on the server? It is when the first statement comes that needs a snapshot. */
  readonly isReadOnly: boolean
}

export interface Savepoint extends Modes {
  readonly name: string
  /** What the client had when the savepoint was set. */
  readonly client: Belongings
  readonly inForce: Settings
  /** How many segments there were: later ones lie inside it. */
  readonly segments: number
}

/** What the application does between two commits of its own. */
export interface Region extends Modes {
  /** What the client had before the region, which a rollback brings back. */
  readonly client: Belongings
  /** Has a statement run that needs a snapshot? Then its modes can no longer be chosen. */
  readonly queried: boolean
  readonly wrote: boolean
}

/** The application's own transaction, from its BEGIN on. */
export interface Block extends Region {
  /** Its modes if none had been chosen: what a failure leaves for AND CHAIN. */
  readonly initialModes: TransactionModes
  /** The level it was opened in. */
  readonly level: number
  /** The segment whose guard undoes it; undefined until its first statement. */
  readonly segment: number | undefined
  readonly failed: boolean
  /** The application's savepoints, with the settings that ROLLBACK TO them brings back. */
  readonly savepoints: readonly Savepoint[]
}

/** What no rollback ends, such as advisory locks of the session. */
export interface Leftovers {
  /** The outermost level in which a client may have left something. */
  readonly level: number
  /** Whose they are, by the prefix of the client's names; undefined where they may be of several clients. */
  readonly holder: string | undefined
  /** May functions have left prepared statements and connections of dblink, which no text shows? */
  readonly byFunctions: boolean
}

export interface TransactionState {
  /** How many levels are open. */
  readonly levels: number
  readonly segments: readonly Segment[]
  readonly block: Block | undefined
  /** Statements that run outside a block, while some are under way behind the guard. */
  readonly region: Region | undefined
  /** Has a statement failed, so that the server refuses everything until a rollback? */
  readonly aborted: boolean
  /** Settings in force on the real connection. */
  readonly inForce: Settings
  /** What belongs to the client that is served. */
  readonly client: Belongings
  /** Notifications that the client has committed and that are still to be delivered. */
  readonly outbox: readonly SentNotification[]
  readonly schema: Schema
  /**
   * Has SET CONSTRAINTS changed when constraints are checked? That lasts to the end of the transaction; a rollback does not
   * undo what a savepoint had set that was released.
   */
  readonly setsConstraints: boolean
  /** How many transactions have ended so far: portals do not outlive theirs. */
  readonly ended: number
  /** What a rollback does not end, as far as a client may have left something. */
  readonly leftovers: Leftovers | undefined
  /** The names of all statements that clients have prepared by PREPARE. */
  readonly sqlStatements: readonly string[]
  /** The schema that the real transaction makes when it begins, and that comes first in every client's search path. */
  readonly sandboxSchema: string | undefined
  /** Sequences that the unit may draw from and that are to go back with its level. */
  readonly drawn: readonly Sequence[]
  /** Those among the sequences that have been set apart since the last rollback, by name. */
  readonly setApart: ReadonlySet<string>
}

/** SQL to run, and the state once it has run. */
export interface Step {
  readonly sql: readonly string[]
  readonly state: TransactionState
  /** The state when the SQL fails, where it may. */
  readonly failure?: TransactionState
}

const NO_STATEMENTS: readonly string[] = []

export function initialState(levels: number): TransactionState {
  return {
    levels,
    segments: [],
    block: undefined,
    region: undefined,
    aborted: false,
    inForce: NO_SETTINGS,
    client: NO_BELONGINGS,
    outbox: [],
    schema: UNKNOWN_SCHEMA,
    setsConstraints: false,
    ended: 0,
    leftovers: undefined,
    sqlStatements: NO_STATEMENTS,
    sandboxSchema: undefined,
    drawn: [],
    setApart: NONE_SET_APART,
  }
}

/** Is the connection inside a real transaction? */
export function isMaterialized(state: TransactionState): boolean {
  return state.segments.length > 0
}

/** The state with another guard in its innermost segment, or in the one given. */
export function withGuard(
  state: TransactionState,
  guardNow: Guard,
  index: number = state.segments.length - 1,
): TransactionState {
  const segment = state.segments[index]
  if (segment === undefined || segment.guard === guardNow) return state
  return { ...state, segments: state.segments.with(index, { ...segment, guard: guardNow }) }
}

/** What the server must report: idle, in a transaction, or in an aborted one. */
export function serverStatus({ aborted, segments }: TransactionState): 'I' | 'T' | 'E' {
  if (segments.length === 0) return 'I'
  return aborted ? 'E' : 'T'
}

/** What the application is told: the status of its own transaction block. */
export function applicationStatus({ block }: TransactionState): 'I' | 'T' | 'E' {
  if (block === undefined) return 'I'
  return block.failed ? 'E' : 'T'
}
