/**
 * What is done with the commands that begin, end or mark a transaction: answered by the sandbox, refused, or left to the
 * server. Called by the rows of commands.ts. Pure.
 */
import type { CommandOf, TransactionModes } from '../sql/command.ts'
import * as errors from '../errors.ts'
import { changeModes, snapshotRefusal } from './modes.ts'
import { answer, chooseModes, inBlock, type Outcome, refuse, SEND } from './outcome.ts'
import {
  ALREADY_IN_TRANSACTION,
  needsBlockError,
  needsBlockWarning,
  NO_TRANSACTION,
} from './server-errors.ts'
import * as savepoints from './savepoints.ts'
import * as blocks from './block.ts'
import { putInForce } from './materialize.ts'
import type { Block, TransactionState } from './state.ts'

/** Statements of the same string before it belong to the transaction: then it may be too late for its modes. */
export function begin(state: TransactionState, command: CommandOf<'begin'>): Outcome {
  if (state.block === undefined) {
    const changed = state.region && changeModes(state, command.modes)
    if (changed !== undefined && 'error' in changed) return refuse(changed.error)
    return answer(command.tag, blocks.begin(state, command.modes))
  }
  return chooseModes(state, command.tag, command.modes, ALREADY_IN_TRANSACTION)
}

export function end(state: TransactionState, command: CommandOf<'commit' | 'rollback'>): Outcome {
  const { block } = state
  const name = command.kind === 'commit' ? 'COMMIT' : 'ROLLBACK'
  if (block === undefined && command.chain) return refuse(needsBlockError(`${name} AND CHAIN`))
  const rolledBack = blocks.rollback(state)
  const commits = command.kind === 'commit' && block?.failed !== true
  const ended = commits ? blocks.commit(state) : { sql: [], state: rolledBack }
  const putBack = hasChangedSettings(state) ? putInForce(ended.state) : { sql: [], state: ended.state }
  const next =
    command.chain && block ? blocks.chain(putBack.state, chainModes(block, commits)) : putBack.state
  return {
    kind: 'answer',
    tag: commits ? name : 'ROLLBACK',
    warnings: block === undefined ? [NO_TRANSACTION] : [],
    step: { sql: [...ended.sql, ...putBack.sql], state: next },
    failure: { ...rolledBack, aborted: true },
  }
}

/** A rollback goes back through the savepoints: what was chosen behind the first of them is lost. */
function chainModes({ modes, savepoints: [first] }: Block, commits: boolean): TransactionModes {
  return commits ? modes : (first?.modes ?? modes)
}

function hasChangedSettings({ block, region, segments, inForce }: TransactionState): boolean {
  const index = block === undefined ? region && segments.length - 1 : block.segment
  return index !== undefined && segments[index]!.atGuard !== inForce
}

export function savepoint(state: TransactionState, { name }: CommandOf<'savepoint'>): Outcome {
  return inBlock(state, 'SAVEPOINT', name)
}

export function release(state: TransactionState, { name }: CommandOf<'release'>): Outcome {
  return savepoints.enclosesLevel(state, name)
    ? answer('RELEASE', savepoints.released(state, name))
    : inBlock(state, 'RELEASE SAVEPOINT', name)
}

export function rollbackTo(state: TransactionState, { name }: CommandOf<'rollbackTo'>): Outcome {
  return inBlock(state, 'ROLLBACK TO SAVEPOINT', name)
}

/** Of a block that has failed nothing is prepared: PREPARE TRANSACTION rolls it back, as on a server. */
export function prepareTransaction(state: TransactionState): Outcome {
  return state.block?.failed ? end(state, { kind: 'rollback', chain: false }) : refuseTwoPhase()
}

/** A transaction that is prepared would outlive the test. */
export function refuseTwoPhase(): Outcome {
  return refuse(errors.twoPhaseCommit())
}

export function setTransaction(
  state: TransactionState,
  command: CommandOf<'setTransaction'>,
  inString: boolean,
): Outcome {
  if ('snapshot' in command) {
    const outside = state.block === undefined && !inString ? [needsBlockWarning('SET TRANSACTION')] : []
    const error = snapshotRefusal(state)
    return error === undefined ? SEND : refuse(error, ...outside)
  }
  if (state.block === undefined && !inString)
    return answer('SET', state, needsBlockWarning('SET TRANSACTION'))
  return chooseModes(state, 'SET', command.modes)
}
