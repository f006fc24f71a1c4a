/** What the application's statements do to the transaction. Pure; the state is described in transaction-state.ts. */
import type { TransactionModes } from '../sql/command.ts'
import { accessMode } from './prepare.ts'
import { onlyRights, withSetting, withoutSetting, withUnknown } from './settings.ts'
import {
  type Block,
  isMaterialized,
  type Step,
  type TransactionState,
  withGuard,
} from './transaction-state.ts'

export { reconnected, rollbackAll, rollbackLevel, startLevel } from './levels.ts'
export { accessMode, prepare, prepareRead, settle } from './prepare.ts'
export {
  applicationStatus,
  type Block,
  type Guard,
  initialState,
  isMaterialized,
  RESERVED_PREFIX,
  type Segment,
  serverStatus,
  type Step,
  type TransactionState,
} from './transaction-state.ts'

/** After a statement that took a snapshot. */
export function queried(state: TransactionState): TransactionState {
  const { block } = state
  return block === undefined || block.queried ? state : { ...state, block: { ...block, queried: true } }
}

/** After a statement that may have changed the schema. */
export function schemaChanged(state: TransactionState): TransactionState {
  return state.schema.isStale ? state : { ...state, schema: { ...state.schema, isStale: true } }
}

/** After a rollback that may have undone changes of the schema which are known by now. */
export function distrustSchema(state: TransactionState): TransactionState {
  const top = state.segments.at(-1)
  return top === undefined || top.schema === state.schema ? state : schemaChanged(state)
}

/** After a statement that may have written. */
export function written(state: TransactionState): TransactionState {
  return state.block === undefined ? withGuard(state, 'dirty') : state
}

/** After a statement that failed: the block is aborted, or the region undone. */
export function failed(state: TransactionState): TransactionState {
  const { block, region } = state
  const aborted = isMaterialized(state)
  if (block !== undefined) return { ...state, aborted, block: { ...block, failed: true } }
  if (region === undefined) return state
  return { ...withGuard(distrustSchema(state), 'undo'), aborted, region: undefined, own: region }
}

/** After a string that the server has rejected before it ran any of it, sent as `prepared`. */
export function rejected(before: TransactionState, prepared: TransactionState): TransactionState {
  const { segments, inForce } = prepared
  if (before.block === undefined) return failed({ ...before, segments, inForce, region: before.own })
  const segment = before.block.segment ?? segments.length - 1
  return failed({ ...before, segments, inForce, block: { ...before.block, segment } })
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
  const block: Block = {
    ...newBlock(state, modes),
    segment: state.segments.length - 1,
    settings: region,
    queried: true,
  }
  return { sql: accessMode(modes), state: { ...state, region: undefined, block } }
}

function newBlock(state: TransactionState, modes: TransactionModes): Block {
  return {
    modes,
    level: state.levels,
    segment: undefined,
    failed: false,
    queried: false,
    settings: state.own,
    savepoints: [],
    cursors: [],
  }
}

/** The application's COMMIT of a block or a string's statements so far: what stands behind the guard is kept. */
export function commit(state: TransactionState): TransactionState {
  const { block, region } = state
  if (block?.failed) return rollback(state)
  const ended = { ...state, block: undefined, region: undefined }
  if (block !== undefined)
    return block.segment === undefined ? ended : withGuard(ended, 'dirty', block.segment)
  return region === undefined ? ended : withGuard(ended, 'dirty')
}

/** The application's ROLLBACK: back to the guard the transaction began at, even through levels opened since. */
export function rollback(state: TransactionState): TransactionState {
  const { block, region } = state
  const ended = { ...state, block: undefined, region: undefined, own: block?.settings ?? region ?? state.own }
  if (block === undefined) return region === undefined ? ended : withGuard(ended, 'undo')
  if (block.segment === undefined) return ended
  return withGuard(distrustSchema({ ...ended, segments: ended.segments.slice(0, block.segment + 1) }), 'undo')
}

/** Read-only by default is what finds out reads that write: it is never put in force outside the real transaction. */
const OURS = 'default_transaction_read_only'

/** After SET: the virtual connection's own setting from now on. */
export function change(state: TransactionState, name: string, statement: string): TransactionState {
  if (name === OURS) return state
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
