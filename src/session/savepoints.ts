/** Savepoints and cursors of the application's transaction. Pure. */
import { distrustSchema } from './transaction.ts'
import type { Savepoint, TransactionState } from './transaction-state.ts'

/** After SAVEPOINT. */
export function marked(state: TransactionState, name: string): TransactionState {
  const { block, own, inForce, segments } = state
  if (block === undefined) return state
  const savepoint: Savepoint = {
    name,
    own,
    inForce,
    cursors: block.cursors,
    modes: block.modes,
    segments: segments.length,
  }
  return { ...state, block: { ...block, savepoints: [...block.savepoints, savepoint] } }
}

/** Does a level that is open now lie inside the savepoint? Then its release would end the level's own savepoint. */
export function holdsLevel({ block, segments }: TransactionState, name: string): boolean {
  const savepoint = block?.savepoints.findLast((candidate) => candidate.name === name)
  return savepoint !== undefined && savepoint.segments < segments.length
}

/** After RELEASE: the savepoint is gone, and those after it. */
export function released(state: TransactionState, name: string): TransactionState {
  const { block } = state
  const index = block?.savepoints.findLastIndex((savepoint) => savepoint.name === name) ?? -1
  if (block === undefined || index === -1) return state
  return { ...state, block: { ...block, savepoints: block.savepoints.slice(0, index) } }
}

/** After ROLLBACK TO: a failed block works again, with the settings of the savepoint, and without levels inside it. */
export function recovered(state: TransactionState, name: string): TransactionState {
  const { block } = state
  const index = block?.savepoints.findLastIndex((savepoint) => savepoint.name === name) ?? -1
  if (block === undefined || index === -1) return state
  const { own, inForce, cursors, modes, segments } = block.savepoints[index]!
  return {
    ...distrustSchema(state),
    own,
    inForce,
    aborted: false,
    segments: state.segments.slice(0, segments),
    block: {
      ...block,
      failed: false,
      modes,
      savepoints: block.savepoints.slice(0, index + 1),
      cursors: block.cursors.filter((cursor) => cursors.includes(cursor)),
    },
  }
}

/** After DECLARE without HOLD, or CLOSE: the cursors that are open now. */
export function withCursors(
  state: TransactionState,
  change: (open: readonly string[]) => readonly string[],
): TransactionState {
  const { block } = state
  return block === undefined ? state : { ...state, block: { ...block, cursors: change(block.cursors) } }
}
