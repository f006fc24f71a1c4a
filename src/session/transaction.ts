/**
 * The transaction of a session, as data: levels, the guard, the application's transaction block.
 *
 * The real connection holds one transaction. Each level that has written stands in it as a segment: the first as the
 * BEGIN, deeper ones as savepoints. Inside a segment there is one more savepoint, the guard. What the application
 * does between two commits of its own is a region behind the guard: undoing it is ROLLBACK TO the guard, keeping it is
 * to set the guard anew. A statement outside a transaction block, a string of statements and a transaction block are
 * all such regions; only one virtual connection has one open at a time, so one guard is enough.
 *
 * Everything here is a pure function: what a step needs is returned as SQL, and nothing is sent before a statement
 * needs it.
 */
import type { TransactionModes } from '../sql/command.ts'
import {
  NO_SETTINGS,
  onlyRights,
  type Settings,
  switchSettings,
  withSetting,
  withoutSetting,
  withUnknown,
} from './settings.ts'

/** clean: set, and nothing written since; dirty: what was written since is kept; undo: what came since failed. */
export type Guard = 'none' | 'clean' | 'dirty' | 'undo'

export interface Segment {
  /** The level it stands for: 1 is the outermost. */
  readonly level: number
  readonly guard: Guard
  /** Settings in force when the segment began and when its guard was set: what rolling back to them brings back. */
  readonly atStart: Settings
  readonly atGuard: Settings
}

/** The application's own transaction, from its BEGIN on. */
export interface Block {
  readonly modes: TransactionModes
  /** The level it was opened in. */
  readonly level: number
  /** The segment whose guard undoes it; undefined until its first statement. */
  readonly segment: number | undefined
  readonly failed: boolean
  /** The virtual connection's settings before it, which ROLLBACK brings back. */
  readonly settings: Settings
}

export interface TransactionState {
  /** How many levels are open. */
  readonly levels: number
  readonly segments: readonly Segment[]
  readonly block: Block | undefined
  /** Settings before the statements that run outside a block, while some are under way behind the guard. */
  readonly region: Settings | undefined
  /** Settings in force on the real connection. */
  readonly inForce: Settings
  /** Settings that the virtual connection being served believes in force. */
  readonly own: Settings
  /** Its settings at start-up, which RESET brings back. */
  readonly startup: Settings
}

/** SQL to run, and the state once it has run. */
export interface Step {
  readonly sql: readonly string[]
  readonly state: TransactionState
}

/** Savepoint names that begin with this are ours. */
export const RESERVED_PREFIX = 'pg-sandbox '
const GUARD = '"pg-sandbox guard"'

/** The session is read-only by default, so that a read which writes is found out; what the application sees is not. */
const BEGIN: readonly string[] = ['BEGIN READ WRITE', 'SET LOCAL default_transaction_read_only = off']

export function initialState(levels: number): TransactionState {
  return { levels, segments: [], block: undefined, region: undefined, inForce: NO_SETTINGS, own: NO_SETTINGS, startup: NO_SETTINGS }
}

function levelSavepoint(level: number): string {
  return `"${RESERVED_PREFIX}level ${level}"`
}

/** Is the connection inside a real transaction? */
export function isMaterialized(state: TransactionState): boolean {
  return state.segments.length > 0
}

/** Makes the connection ready for a mere read: as it is while nothing has been written, else as for any statement. */
export function prepareRead(state: TransactionState): Step {
  if (isMaterialized(state) || state.block !== undefined) return prepare(state)
  return applySettings(state)
}

/** Makes the connection ready for a statement: the real transaction begun, its level's savepoint and a clean guard set. */
export function prepare(state: TransactionState): Step {
  const { block, region } = state
  if (region !== undefined || block?.failed) return { sql: [], state }
  // A block from an outer level goes on: it has its guard there, but what it writes now belongs to this level.
  if (block?.segment !== undefined) return materialize(state)
  const undone = undo(state)
  const begun = materialize(undone.state)
  const guarded = guard(begun.state)
  return { sql: [...undone.sql, ...begun.sql, ...guarded.sql, ...accessMode(block?.modes ?? {})], state: enter(guarded.state) }
}

function enter(state: TransactionState): TransactionState {
  const { block } = state
  if (block === undefined) return { ...state, region: state.own }
  return { ...state, block: { ...block, segment: state.segments.length - 1 } }
}

function undo(state: TransactionState): Step {
  const top = state.segments.at(-1)
  if (top?.guard !== 'undo') return { sql: [], state }
  return {
    sql: [`ROLLBACK TO SAVEPOINT ${GUARD}`],
    state: { ...withGuard(state, 'clean'), inForce: top.atGuard },
  }
}

function materialize(state: TransactionState): Step {
  if (state.segments.at(-1)?.level === state.levels) return { sql: [], state }
  const segment: Segment = { level: state.levels, guard: 'none', atStart: state.inForce, atGuard: state.inForce }
  return {
    sql: isMaterialized(state) ? [`SAVEPOINT ${levelSavepoint(state.levels)}`] : BEGIN,
    state: { ...state, segments: [...state.segments, segment] },
  }
}

/** Settings are switched before the guard is set, so that undoing a statement does not undo them. */
function guard(state: TransactionState): Step {
  const top = state.segments.at(-1)!
  const release = top.guard === 'dirty' ? [`RELEASE SAVEPOINT ${GUARD}`] : []
  const applied = applySettings(state)
  if (top.guard === 'clean') return applied
  const segment: Segment = { ...top, guard: 'clean', atGuard: applied.state.inForce }
  return {
    sql: [...release, ...applied.sql, `SAVEPOINT ${GUARD}`],
    state: { ...applied.state, segments: [...state.segments.slice(0, -1), segment] },
  }
}

function applySettings(state: TransactionState): Step {
  return { sql: switchSettings(state.inForce, state.own), state: { ...state, inForce: state.own } }
}

/**
 * READ ONLY in a savepoint ends by itself when the savepoint does; READ WRITE is what it is unless READ ONLY was said.
 * Isolation levels mean nothing on a single connection, and the server refuses them in a savepoint.
 */
export function accessMode({ readOnly }: TransactionModes): string[] {
  return readOnly === undefined ? [] : [`SET TRANSACTION ${readOnly ? 'READ ONLY' : 'READ WRITE'}`]
}

function withGuard(state: TransactionState, guardNow: Guard, index = state.segments.length - 1): TransactionState {
  const segment = state.segments[index]
  if (segment === undefined || segment.guard === guardNow) return state
  return { ...state, segments: state.segments.with(index, { ...segment, guard: guardNow }) }
}

/** After a statement that may have written. */
export function written(state: TransactionState): TransactionState {
  return state.block === undefined ? withGuard(state, 'dirty') : state
}

/** After SET: the virtual connection's own setting from now on. */
export function change(state: TransactionState, name: string, statement: string): TransactionState {
  return {
    ...state,
    own: withSetting(state.own, name, statement),
    inForce: withSetting(state.inForce, name, statement),
  }
}

/** After SET LOCAL: in force until the block ends, when it is put back. */
export function changeLocally(state: TransactionState, name: string): TransactionState {
  return { ...state, inForce: withUnknown(state.inForce, name) }
}

/** After RESET of one setting, or of all: those of the start-up packet are put in force with the next statement. */
export function reset(state: TransactionState, name: string): TransactionState {
  const { own, inForce, startup } = state
  if (name === 'all') {
    return { ...state, own: new Map([...startup, ...onlyRights(own)]), inForce: onlyRights(inForce) }
  }
  const initial = startup.get(name)
  const without = withoutSetting(own, name)
  return {
    ...state,
    own: initial === undefined ? without : withSetting(without, name, initial),
    inForce: withoutSetting(inForce, name),
  }
}

/** After a statement that failed: the block is aborted, or the region undone. */
export function failed(state: TransactionState): TransactionState {
  const { block, region } = state
  if (block !== undefined) return { ...state, block: { ...block, failed: true } }
  if (region === undefined) return state
  return { ...withGuard(state, 'undo'), region: undefined, own: region }
}

/** After ROLLBACK TO a savepoint of the application: a failed block works again. */
export function recovered(state: TransactionState): TransactionState {
  return state.block === undefined ? state : { ...state, block: { ...state.block, failed: false } }
}

/** At the end of the statements that ran outside a block: they are kept. */
export function endRegion(state: TransactionState): TransactionState {
  return state.region === undefined ? state : { ...state, region: undefined }
}

/** BEGIN outside a block. Statements of the same string before it belong to the transaction, as in Postgres. */
export function begin(state: TransactionState, modes: TransactionModes): Step {
  const { region } = state
  if (region === undefined) {
    return { sql: [], state: { ...state, block: newBlock(state, modes) } }
  }
  const block: Block = { ...newBlock(state, modes), segment: state.segments.length - 1, settings: region }
  return { sql: accessMode(modes), state: { ...state, region: undefined, block } }
}

function newBlock(state: TransactionState, modes: TransactionModes): Block {
  return { modes, level: state.levels, segment: undefined, failed: false, settings: state.own }
}

/** The application's COMMIT of a block or a string's statements so far: what stands behind the guard is kept. */
export function commit(state: TransactionState): TransactionState {
  const { block, region } = state
  if (block?.failed) return rollback(state)
  const ended = { ...state, block: undefined, region: undefined }
  if (block !== undefined) return block.segment === undefined ? ended : withGuard(ended, 'dirty', block.segment)
  return region === undefined ? ended : withGuard(ended, 'dirty')
}

/** The application's ROLLBACK: back to the guard the transaction began at, even through levels opened since. */
export function rollback(state: TransactionState): TransactionState {
  const { block, region } = state
  const ended = { ...state, block: undefined, region: undefined, own: block?.settings ?? region ?? state.own }
  if (block === undefined) return region === undefined ? ended : withGuard(ended, 'undo')
  if (block.segment === undefined) return ended
  return withGuard({ ...ended, segments: ended.segments.slice(0, block.segment + 1) }, 'undo')
}

/** Opens a level: nothing is sent until it writes. */
export function startLevel(state: TransactionState): TransactionState {
  return { ...state, levels: state.levels + 1 }
}

/**
 * Undoes the innermost level and every transaction block opened in it. When no outer level has written, the real
 * transaction ends, so that locks are freed and now() moves on.
 */
export function rollbackLevel(state: TransactionState): Step {
  const levels = Math.max(0, state.levels - 1)
  const top = state.segments.at(-1)
  if (top === undefined || top.level < state.levels) {
    return { sql: [], state: { ...state, levels, block: outerBlock(state, levels) } }
  }
  const segments = state.segments.slice(0, -1)
  const savepoint = levelSavepoint(top.level)
  const sql =
    segments.length === 0 ? ['ROLLBACK'] : [`ROLLBACK TO SAVEPOINT ${savepoint}`, `RELEASE SAVEPOINT ${savepoint}`]
  const rest = { ...state, levels, segments, region: undefined, inForce: top.atStart }
  return { sql, state: { ...rest, block: restarted(outerBlock(state, levels), segments.length) } }
}

/** Undoes everything. */
export function rollbackAll(state: TransactionState): Step {
  return { sql: isMaterialized(state) ? ['ROLLBACK'] : [], state: initialState(0) }
}

/** After the real connection was replaced by a new one: nothing is in force on it. */
export function reconnected(state: TransactionState): TransactionState {
  return { ...state, inForce: NO_SETTINGS }
}

/** The block, where it was opened in a level that stays. */
function outerBlock({ block }: TransactionState, levels: number): Block | undefined {
  return block !== undefined && block.level <= levels ? block : undefined
}

/** A block after its level's savepoint was rolled back to: whole again, and without the segments that are gone. */
function restarted(block: Block | undefined, segments: number): Block | undefined {
  if (block?.segment === undefined) return block
  return { ...block, failed: false, segment: block.segment < segments ? block.segment : undefined }
}

/** What the server must report: idle, in a transaction, or in an aborted one. */
export function serverStatus(state: TransactionState): 'I' | 'T' | 'E' {
  if (!isMaterialized(state)) return 'I'
  return state.block?.failed || state.segments.at(-1)!.guard === 'undo' ? 'E' : 'T'
}

/** What the application is told: the status of its own transaction block. */
export function applicationStatus({ block }: TransactionState): 'I' | 'T' | 'E' {
  if (block === undefined) return 'I'
  return block.failed ? 'E' : 'T'
}
