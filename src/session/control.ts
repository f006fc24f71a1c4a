/** What a command does to the transaction: answered by us, refused, or left to the server. Pure. */
import type { Fields } from '../protocol/backend.ts'
import type { Command, TransactionModes } from '../sql/command.ts'
import * as errors from '../errors.ts'
import { afterCommit } from './holdings.ts'
import { changeModes, modeOf, shownMode, snapshotRefusal } from './modes.ts'
import * as resets from './resets.ts'
import { READ_ONLY_BY_DEFAULT } from './settings.ts'
import {
  ALREADY_IN_TRANSACTION,
  IN_FAILED_BLOCK,
  needsBlockError,
  needsBlockWarning,
  NO_TRANSACTION,
} from './server-messages.ts'
import { RESERVED_PREFIX } from './reserved.ts'
import * as savepoints from './savepoints.ts'
import * as transaction from './transaction.ts'
import type { Block, Step, TransactionState } from './transaction.ts'

export type Outcome =
  /** The server runs it; its effect on the state is told by afterServer in effects.ts. */
  | { readonly kind: 'send'; readonly warnings: readonly Fields[] }
  /** The sandbox answers, after the step's SQL. */
  | {
      readonly kind: 'answer'
      readonly tag: string
      readonly warnings: readonly Fields[]
      readonly step: Step
      /** Must it stand behind the guard, although nothing is sent for it? */
      readonly isInside?: boolean
      /** The one row that it shows. */
      readonly shown?: { readonly name: string; readonly value: string }
      /** The state when the step's SQL fails, which is then the command's error. */
      readonly failure?: TransactionState
    }
  /** It fails with this error, as it would have on the server. */
  | { readonly kind: 'refuse'; readonly error: Fields; readonly warnings: readonly Fields[] }

const SEND: Outcome = { kind: 'send', warnings: [] }

const LOCAL_OUTSIDE_BLOCK: Outcome = { kind: 'send', warnings: [needsBlockWarning('SET LOCAL')] }

const CONSTRAINTS_OUTSIDE_BLOCK: Outcome = { kind: 'send', warnings: [needsBlockWarning('SET CONSTRAINTS')] }

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
export function takesSnapshot({ kind }: Command): boolean {
  return !WITHOUT_SNAPSHOT.has(kind)
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
      return savepoints.holdsLevel(state, command.name)
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

/** Commands about the session: settings, constraints, cursors, channels. */
function interpretInSession(state: TransactionState, command: Command, inString: boolean): Outcome {
  switch (command.kind) {
    case 'declareCursor':
      return command.hold || inString ? SEND : inBlock(state, 'DECLARE CURSOR')
    case 'lock':
      return inString ? SEND : inBlock(state, 'LOCK TABLE')
    case 'set':
      return set(state, command, inString)
    case 'setConstraints':
      return state.block === undefined && !inString ? CONSTRAINTS_OUTSIDE_BLOCK : SEND
    case 'reset':
      if (command.name === READ_ONLY_BY_DEFAULT) return answer('RESET', resets.resetReadOnly(state))
      return command.name === 'all' ? answer('RESET', resets.resetAll(state)) : SEND
    case 'discard':
      return command.what === 'all' && state.block === undefined && !inString
        ? answer('DISCARD ALL', resets.discardAll(state))
        : SEND
    case 'deallocate':
      return command.all ? answer('DEALLOCATE ALL', resets.deallocate(state)) : SEND
    case 'show':
      return show(state, command.name)
    case 'listen':
    case 'unlisten':
      return listen(state, command, inString)
    default:
      return SEND
  }
}

function answer(tag: string, step: Step | TransactionState, ...warnings: Fields[]): Outcome {
  return { kind: 'answer', tag, warnings, step: 'sql' in step ? step : { sql: [], state: step } }
}

/** They would end the connection of the whole test, which may think as long as it likes. */
const LIMITS_OF_IDLENESS: ReadonlySet<string> = new Set([
  'idle_in_transaction_session_timeout',
  'idle_session_timeout',
  'transaction_timeout',
])

function set(
  state: TransactionState,
  command: Extract<Command, { kind: 'set' }>,
  inString: boolean,
): Outcome {
  const { name, local, toDefault, value } = command
  if (LIMITS_OF_IDLENESS.has(name)) return answer('SET', state)
  if (name === READ_ONLY_BY_DEFAULT && toDefault) return answer('SET', resets.resetReadOnly(state))
  const mode = modeOf(name, value)
  if (mode !== undefined)
    return state.block === undefined && !inString
      ? answer('SET', state, ...(local ? [needsBlockWarning('SET LOCAL')] : []))
      : chooseModes(state, 'SET', mode)
  return local && state.block === undefined && !inString ? LOCAL_OUTSIDE_BLOCK : SEND
}

function show(state: TransactionState, name: Extract<Command, { kind: 'show' }>['name']): Outcome {
  const value = shownMode(state, name)
  if (value === undefined) return SEND
  return { kind: 'answer', tag: 'SHOW', warnings: [], step: { sql: [], state }, shown: { name, value } }
}

/** Channels are the sandbox's to keep: the server would begin to listen at the real commit only. */
function listen(
  state: TransactionState,
  { kind, channel }: Extract<Command, { kind: 'listen' | 'unlisten' }>,
  inString: boolean,
): Outcome {
  const { holdings } = state
  const listens = [...holdings.listens, { listens: kind === 'listen', channel }]
  const held = { ...holdings, listens }
  const isCommitted = state.block === undefined && !inString
  return answer(kind.toUpperCase(), { ...state, holdings: isCommitted ? afterCommit(held) : held })
}

function refuse(error: Fields, ...warnings: Fields[]): Outcome {
  return { kind: 'refuse', error, warnings }
}

/** Statements of the same string before it belong to the transaction: then it may be too late for its modes. */
function begin(state: TransactionState, command: Extract<Command, { kind: 'begin' }>): Outcome {
  if (state.block === undefined) {
    const changed = state.region && changeModes(state, command.modes)
    if (changed !== undefined && 'error' in changed) return refuse(changed.error)
    return answer(command.tag, transaction.begin(state, command.modes))
  }
  return chooseModes(state, command.tag, command.modes, ALREADY_IN_TRANSACTION)
}

function end(state: TransactionState, command: Extract<Command, { kind: 'commit' | 'rollback' }>): Outcome {
  const { block } = state
  const name = command.kind === 'commit' ? 'COMMIT' : 'ROLLBACK'
  if (block === undefined && command.chain) return refuse(needsBlockError(`${name} AND CHAIN`))
  const rolledBack = transaction.rollback(state)
  const commits = command.kind === 'commit' && block?.failed !== true
  const ended = commits ? transaction.commit(state) : { sql: [], state: rolledBack }
  const settled = hasChangedSettings(state)
    ? transaction.settle(ended.state)
    : { sql: [], state: ended.state }
  const next =
    command.chain && block ? transaction.chain(settled.state, chainModes(block, commits)) : settled.state
  return {
    kind: 'answer',
    tag: commits ? name : 'ROLLBACK',
    warnings: block === undefined ? [NO_TRANSACTION] : [],
    step: { sql: [...ended.sql, ...settled.sql], state: next },
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

function inBlock(state: TransactionState, command: string, savepoint?: string): Outcome {
  if (state.block === undefined) return refuse(needsBlockError(command))
  if (savepoint?.startsWith(RESERVED_PREFIX)) {
    return refuse(errors.reservedSavepoint(savepoint))
  }
  return SEND
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

function chooseModes(
  state: TransactionState,
  tag: string,
  modes: TransactionModes,
  ...warnings: Fields[]
): Outcome {
  const changed = changeModes(state, modes)
  if ('error' in changed) return refuse(changed.error, ...warnings)
  return {
    kind: 'answer',
    tag,
    warnings,
    step: { sql: [], state: changed.state },
    isInside: changed.isInside,
  }
}
