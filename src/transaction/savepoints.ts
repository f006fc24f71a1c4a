/** Savepoints of the application's transaction. Pure. */
import { restored } from './belongings.ts'
import { NONE_SET_APART } from './sequences.ts'
import { distrustSchema } from './regions.ts'
import type { Savepoint, TransactionState } from './state.ts'

/** After SAVEPOINT. */
export function marked(state: TransactionState, name: string): TransactionState {
  const { block, client, inForce, segments } = state
  if (block === undefined) return state
  const { modes, isReadOnly } = block
  const savepoint: Savepoint = {
    name,
    client,
    inForce,
    modes,
    isReadOnly,
    segments: segments.length,
  }
  return { ...state, block: { ...block, savepoints: [...block.savepoints, savepoint] } }
}

/** Does a level that is open now lie inside the savepoint? Then its release would end the level's own savepoint. */
export function enclosesLevel({ block, segments }: TransactionState, name: string): boolean {
  const savepoint = block?.savepoints.findLast((candidate) => candidate.name === name)
  return savepoint !== undefined && savepoint.segments < segments.length
}

/** After RELEASE: the savepoint is gone, and those after it, and with it a READ ONLY that was put in force inside. */
export function released(state: TransactionState, name: string): TransactionState {
  const { block } = state
  const index = block?.savepoints.findLastIndex((savepoint) => savepoint.name === name) ?? -1
  if (block === undefined || index === -1) return state
  const { modes, isReadOnly } = block.savepoints[index]!
  return { ...state, block: { ...block, modes, isReadOnly, savepoints: block.savepoints.slice(0, index) } }
}

/** After ROLLBACK TO: a failed block works again, with the settings of the savepoint, and without levels inside it. */
export function recovered(state: TransactionState, name: string): TransactionState {
  const { block } = state
  const index = block?.savepoints.findLastIndex((savepoint) => savepoint.name === name) ?? -1
  if (block === undefined || index === -1) return state
  const { client, inForce, modes, isReadOnly, segments } = block.savepoints[index]!
  return {
    ...distrustSchema(state),
    client: restored(state.client, client),
    inForce,
    aborted: false,
    setApart: NONE_SET_APART,
    segments: state.segments.slice(0, segments),
    block: {
      ...block,
      failed: false,
      modes,
      isReadOnly,
      savepoints: block.savepoints.slice(0, index + 1),
    },
  }
}
