/** What a command does to the transaction: answered by us, refused, or left to the server. Pure. */
import type { Fields } from '../protocol/backend.ts'
import type { Command, TransactionModes } from '../sql/command.ts'
import * as errors from '../errors.ts'
import { changeModes, snapshotRefusal } from './modes.ts'
import { answer, chooseModes, inBlock, type Outcome, refuse, SEND } from './outcome.ts'
import {
  ALREADY_IN_TRANSACTION,
  IN_FAILED_BLOCK,
  needsBlockError,
  needsBlockWarning,
  NO_TRANSACTION,
} from './server-errors.ts'
import * as savepoints from './savepoints.ts'
import { interpretInSession } from './interpret-session.ts'
import * as blocks from './block.ts'
import { putInForce } from './materialize.ts'
import type { Block, TransactionState } from './state.ts'

/** Commands that this module may answer: the others need not be looked at one by one. */
const CONTROL: ReadonlySet<Command['kind']> = new Set<Command['kind']>([
  'begin',
  'commit',
  'rollback',
  'savepoint',
  'release',
  'rollbackTo',
  'setTransaction',
  'prepareTransaction',
  'commitPrepared',
  'rollbackPrepared',
  'declareCursor',
  'closeCursor',
  'lock',
  'reset',
  'discard',
  'set',
  'setConstraints',
  'show',
  'listen',
  'unlisten',
  'deallocate',
])

export function isControl(command: Command): boolean {
  return CONTROL.has(command.kind)
}

/** Is it the sandbox's alone, so that the server never hears of it? Other control commands it may have to run. */
export function isOurs(command: Command): boolean {
  return OURS.has(command.kind) && !('snapshot' in command)
}

const OURS: ReadonlySet<Command['kind']> = new Set<Command['kind']>([
  ...(['begin', 'commit', 'rollback', 'setTransaction', 'listen', 'unlisten'] as const),
  ...(['prepareTransaction', 'commitPrepared', 'rollbackPrepared'] as const),
])

/** The refusal of everything but the end of a failed block. */
export function refusalInFailedBlock({ block }: TransactionState, command: Command): Fields | undefined {
  return block?.failed && !endsBlock(command) ? IN_FAILED_BLOCK : undefined
}

/** Does it take away all prepared statements? */
export function deallocatesAll(command: Command): boolean {
  return command.kind === 'discard'
    ? command.what === 'all'
    : command.kind === 'deallocate' && command.all === true
}

/** Can the transaction's modes be chosen no more after it? Source: PlannedStmtRequiresSnapshot in pquery.c. */
export function takesSnapshot(command: Command): boolean {
  return !WITHOUT_SNAPSHOT.has(command.kind) && !('shows' in command)
}

const WITHOUT_SNAPSHOT: ReadonlySet<Command['kind']> = new Set<Command['kind']>([
  ...(['begin', 'commit', 'rollback', 'savepoint', 'release', 'rollbackTo', 'setTransaction'] as const),
  ...(['set', 'reset', 'setSessionCharacteristics', 'setConstraints', 'show', 'lock'] as const),
  ...(['listen', 'unlisten', 'notify', 'empty'] as const),
])

/** Does it end a block, or a failure in it? */
function endsBlock({ kind }: Command): boolean {
  return kind === 'commit' || kind === 'rollback' || kind === 'rollbackTo'
}

/**
 * What to do with `command` in `state`.
 *
 * @param inString is it one of several statements of one string, which the server runs as one implicit transaction?
 */
export function interpret(state: TransactionState, command: Command, inString: boolean): Outcome {
  if (state.block?.failed && !endsBlock(command)) return SEND
  switch (command.kind) {
    case 'begin':
      return begin(state, command)
    case 'commit':
    case 'rollback':
      return end(state, command)
    case 'savepoint':
      return inBlock(state, 'SAVEPOINT', command.name)
    case 'release':
      return savepoints.enclosesLevel(state, command.name)
        ? answer('RELEASE', savepoints.released(state, command.name))
        : inBlock(state, 'RELEASE SAVEPOINT', command.name)
    case 'rollbackTo':
      return inBlock(state, 'ROLLBACK TO SAVEPOINT', command.name)
    case 'setTransaction':
      return setTransaction(state, command, inString)
    case 'prepareTransaction':
    case 'commitPrepared':
    case 'rollbackPrepared':
      return refuse(errors.twoPhaseCommit())
    default:
      return interpretInSession(state, command, inString)
  }
}

/** Statements of the same string before it belong to the transaction: then it may be too late for its modes. */
function begin(state: TransactionState, command: Extract<Command, { kind: 'begin' }>): Outcome {
  if (state.block === undefined) {
    const changed = state.region && changeModes(state, command.modes)
    if (changed !== undefined && 'error' in changed) return refuse(changed.error)
    return answer(command.tag, blocks.begin(state, command.modes))
  }
  return chooseModes(state, command.tag, command.modes, ALREADY_IN_TRANSACTION)
}

function end(state: TransactionState, command: Extract<Command, { kind: 'commit' | 'rollback' }>): Outcome {
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

type SetTransaction = Extract<Command, { kind: 'setTransaction' }>

function setTransaction(state: TransactionState, command: SetTransaction, inString: boolean): Outcome {
  if ('snapshot' in command) {
    const outside = state.block === undefined && !inString ? [needsBlockWarning('SET TRANSACTION')] : []
    const error = snapshotRefusal(state)
    return error === undefined ? SEND : refuse(error, ...outside)
  }
  if (state.block === undefined && !inString)
    return answer('SET', state, needsBlockWarning('SET TRANSACTION'))
  return chooseModes(state, 'SET', command.modes)
}
