/** What must be on the wire in front of a statement. Pure. */
import type { TransactionModes } from '../sql/command.ts'
import { switchSettings } from './settings.ts'
import { levelSavepoint } from './levels.ts'
import {
  isMaterialized,
  type Segment,
  type Step,
  type TransactionState,
  withGuard,
} from './transaction-state.ts'

const GUARD = '"pg-sandbox guard"'

/** The session is read-only by default, so that a read which writes is found out; what the application sees is not. */
export const READ_WRITE_BY_DEFAULT = 'SET LOCAL default_transaction_read_only = off'

const BEGIN: readonly string[] = ['BEGIN READ WRITE', READ_WRITE_BY_DEFAULT]

/**
 * Makes the connection ready for a mere read: as it is while nothing has been written, else as for any statement. Where
 * a read may call a function of the user unseen, it may notify, which read-only mode does not forbid.
 */
export function prepareRead(state: TransactionState): Step {
  const { block, schema } = state
  if (isMaterialized(state) || block !== undefined || schema.readsMayWrite) return prepare(state)
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
  return {
    sql: [...undone.sql, ...begun.sql, ...guarded.sql, ...accessMode(block?.modes ?? {})],
    state: enter(guarded.state),
  }
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
    state: { ...withGuard(state, 'clean'), inForce: top.atGuard, aborted: false },
  }
}

function materialize(state: TransactionState): Step {
  if (state.segments.at(-1)?.level === state.levels) return { sql: [], state }
  const segment: Segment = {
    level: state.levels,
    guard: 'none',
    atStart: state.inForce,
    atGuard: state.inForce,
    schema: state.schema,
  }
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

/** After a block that has changed settings: what it undid or had only for itself is put back at once, as clients are told. */
export function settle(state: TransactionState): Step {
  return state.segments.at(-1)?.guard === 'undo' ? undo(state) : applySettings(state)
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
