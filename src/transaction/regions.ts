/**
 * What statements leave behind, in a block or outside one, and how what ran outside a block ends: what has been written, what
 * has failed, what is committed with the unit. Pure. Whoever builds or ends an exchange asks here for the state after it.
 */
import { restored, withObjects } from './belongings.ts'
import { withoutCursors, withoutPending } from './client-objects.ts'
import { commitStatements, sent } from './commit-statements.ts'
import { applySettings, newRegion, putInForce } from './materialize.ts'
import { areSameSettings } from './settings.ts'
import { type Block, isMaterialized, type Step, type TransactionState, withGuard } from './state.ts'

/** After a statement that took a snapshot. */
export function queried(state: TransactionState): TransactionState {
  const { block, region } = state
  if (block !== undefined) return block.queried ? state : { ...state, block: { ...block, queried: true } }
  return region === undefined || region.queried ? state : { ...state, region: { ...region, queried: true } }
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
  const { block, region } = state
  if (block !== undefined) return block.wrote ? state : { ...state, block: { ...block, wrote: true } }
  const dirty = withGuard(state, 'dirty')
  return region === undefined || region.wrote ? dirty : { ...dirty, region: { ...region, wrote: true } }
}

/** After a read whose portal stays open: the guard behind which it was opened must not be gone back to. */
export function keptOpen(state: TransactionState): TransactionState {
  return state.block === undefined ? withGuard(state, 'dirty') : state
}

/** After a statement that failed: the block is aborted, or the region undone. */
export function failed(state: TransactionState): TransactionState {
  const { block, region } = state
  const aborted = isMaterialized(state)
  if (block !== undefined) return { ...state, aborted, block: failedBlock(block) }
  if (region === undefined) return state
  const client = restored(state.client, region.client, withoutPending(region.client.objects))
  return { ...withGuard(distrustSchema(state), 'undo'), aborted, region: undefined, client }
}

/** Modes that were chosen since the last savepoint are lost. */
function failedBlock(block: Block): Block {
  const modes = block.failed ? block.modes : (block.savepoints.at(-1)?.modes ?? block.initialModes)
  return { ...block, failed: true, modes }
}

/** After a string that the server has rejected before it ran any of it, sent as `materialized`. */
export function rejected(before: TransactionState, materialized: TransactionState): TransactionState {
  const { segments, inForce } = materialized
  if (before.block === undefined) return failed({ ...before, segments, inForce, region: newRegion(before) })
  const segment = before.block.segment ?? segments.length - 1
  return failed({ ...before, segments, inForce, block: { ...before.block, segment } })
}

/** At the end of the statements that ran outside a block: they are committed, and the checks of a commit are due. */
export function endRegion(state: TransactionState): Step {
  const { region } = state
  if (region === undefined) return { sql: [], state: state.block === undefined ? sent(state) : state }
  if (!region.wrote && !region.isReadOnly) return { sql: [], state: sent({ ...state, region: undefined }) }
  const applied = applySettings(state)
  const sql = [...commitStatements(state), ...applied.sql]
  const ended = withGuard({ ...applied.state, region: undefined, setsConstraints: false }, 'dirty')
  return { sql, state: sent(ended) }
}

/** What undoes a failed region at once, where the client is to be told of settings that it had changed; else undefined. */
export function undoSettings(state: TransactionState): Step | undefined {
  const top = state.segments.at(-1)
  const isDue =
    top?.guard === 'undo' && state.block === undefined && !areSameSettings(top.atGuard, state.inForce)
  return isDue ? putInForce(state) : undefined
}

/** After CLOSE, which no rollback undoes; without a name, after that of all. */
export function closed(state: TransactionState, name: string | undefined): TransactionState {
  const close = <Part extends Pick<TransactionState, 'client'>>(part: Part): Part => ({
    ...part,
    client: withObjects(part.client, withoutCursors(part.client.objects, name)),
  })
  const { block, region } = state
  return {
    ...close(state),
    block: block && { ...close(block), savepoints: block.savepoints.map(close) },
    region: region && close(region),
  }
}

/** After SET CONSTRAINTS. */
export function constrained(state: TransactionState): TransactionState {
  return { ...written(state), setsConstraints: true }
}

/** After a call that has made the transaction READ ONLY. */
export function madeReadOnly(state: TransactionState): TransactionState {
  const { block, region } = state
  const made = { modes: { ...(block ?? region)?.modes, readOnly: true }, isReadOnly: true }
  if (block !== undefined) return { ...state, block: { ...block, ...made } }
  return region === undefined ? state : { ...state, region: { ...region, ...made } }
}
