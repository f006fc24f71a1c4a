/**
 * The application's transaction block: BEGIN, COMMIT, ROLLBACK, and the one that AND CHAIN begins. Pure.
 *
 * interpret.ts calls it where it answers these commands itself. BEGIN sends nothing: the savepoint that stands for the
 * block is set with its first statement (materialize.ts).
 */
import type { TransactionModes } from '../sql/command.ts'
import { restored } from './belongings.ts'
import { withoutPending } from './client-objects.ts'
import { commitStatements, sent } from './commit-statements.ts'
import { newRegion } from './materialize.ts'
import { distrustSchema } from './regions.ts'
import { defaultModes } from './settings.ts'
import { type Block, type Step, type TransactionState, withGuard } from './state.ts'

/** BEGIN outside a block. Statements of the same string before it belong to the transaction, as in Postgres. */
export function begin(state: TransactionState, modes: TransactionModes): Step {
  const { region } = state
  const initialModes = defaultModes((region ?? state).client.settings)
  const block: Block = {
    ...(region ?? newRegion(state)),
    initialModes,
    modes: { ...initialModes, ...region?.modes, ...modes },
    level: state.levels,
    segment: region && state.segments.length - 1,
    failed: false,
    savepoints: [],
  }
  return { sql: [], state: { ...state, region: undefined, block } }
}

/** The transaction that AND CHAIN begins, with the modes of the one before. */
export function chain(state: TransactionState, modes: TransactionModes): TransactionState {
  const { state: next } = begin(state, modes)
  return { ...next, block: { ...next.block!, modes, initialModes: modes } }
}

/** The application's COMMIT of a block or a string's statements so far: what stands behind the guard is kept. */
export function commit(state: TransactionState): Step {
  const { block, region } = state
  if (block?.failed) return { sql: [], state: rollback(state) }
  const ended = sent({ ...state, block: undefined, region: undefined, ended: state.ended + 1 })
  const index = block === undefined ? state.segments.length - 1 : block.segment
  if ((block === undefined && region === undefined) || index === undefined) return { sql: [], state: ended }
  return {
    sql: commitStatements(state),
    state: withGuard({ ...ended, setsConstraints: false }, 'dirty', index),
  }
}

/** The application's ROLLBACK: back to the guard the transaction began at, even through levels opened since. */
export function rollback(state: TransactionState): TransactionState {
  const { block, region } = state
  const before = (block ?? region ?? state).client
  const ended = {
    ...state,
    block: undefined,
    region: undefined,
    ended: state.ended + 1,
    client: restored(state.client, before, withoutPending(before.objects)),
  }
  if (block === undefined) return region === undefined ? ended : withGuard(distrustSchema(ended), 'undo')
  if (block.segment === undefined) return ended
  return withGuard(distrustSchema({ ...ended, segments: ended.segments.slice(0, block.segment + 1) }), 'undo')
}
