/** What a command does to the transaction: answered by us, refused, or left to the server. Pure. */
import type { Fields } from '../protocol/backend.ts'
import type { Command, TransactionModes } from '../sql/command.ts'
import { quoteIdentifier } from '../sql/quote.ts'
import { READ_WRITE_BY_DEFAULT } from './prepare.ts'
import { commitChecks } from './schema.ts'
import * as errors from '../errors.ts'
import { NO_SETTINGS } from './settings.ts'
import {
  ALREADY_IN_TRANSACTION,
  needsBlockError,
  needsBlockWarning,
  NO_TRANSACTION,
  READ_WRITE_TOO_LATE,
  tooLate,
} from './server-messages.ts'
import * as savepoints from './savepoints.ts'
import * as transaction from './transaction.ts'
import type { Step, TransactionState } from './transaction.ts'

export type Outcome =
  /** The server runs it; its effect on the state is told by afterServer in effects.ts. */
  | { readonly kind: 'send'; readonly warnings: readonly Fields[] }
  /** The sandbox answers, after the step's SQL. */
  | {
      readonly kind: 'answer'
      readonly tag: string
      readonly warnings: readonly Fields[]
      readonly step: Step
      /** The state when the step's SQL fails, which is then the command's error. */
      readonly failure?: TransactionState
    }
  /** It fails with this error, as it would have on the server. */
  | { readonly kind: 'refuse'; readonly error: Fields; readonly warnings: readonly Fields[] }

const SEND: Outcome = { kind: 'send', warnings: [] }

const LOCAL_OUTSIDE_BLOCK: Outcome = { kind: 'send', warnings: [needsBlockWarning('SET LOCAL')] }

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
])

export function isControl(command: Command): boolean {
  return CONTROL.has(command.kind)
}

/** Does it take away all prepared statements? */
export function deallocatesAll(command: Command): boolean {
  return command.kind === 'discard'
    ? command.what === 'all'
    : command.kind === 'deallocate' && command.all === true
}

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
    case 'declareCursor':
      return command.hold || inString ? SEND : inBlock(state, 'DECLARE CURSOR')
    case 'lock':
      return inString ? SEND : inBlock(state, 'LOCK TABLE')
    case 'set':
      if (LIMITS_OF_IDLENESS.has(command.name)) return answer('SET', state)
      if (command.name === 'transaction_isolation') return setIsolation(state, command.value, inString)
      return command.local && state.block === undefined && !inString ? LOCAL_OUTSIDE_BLOCK : SEND
    case 'reset':
      return command.name === 'all' && !state.aborted ? resetAll(state) : SEND
    case 'discard':
      return command.what === 'all' && state.block === undefined && !inString ? discardAll(state) : SEND
    case 'prepareTransaction':
    case 'commitPrepared':
    case 'rollbackPrepared':
      return refuse(errors.twoPhaseCommit())
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

/** RESET ALL puts the pinned connection's own default in force again, which the application must not see. */
function resetAll(state: TransactionState): Outcome {
  const after = transaction.written(transaction.reset(state, 'all'))
  return answer('RESET', { sql: ['RESET ALL', READ_WRITE_BY_DEFAULT], state: after })
}

/** What DISCARD ALL does, as far as a transaction allows it; temporary tables may be another client's. */
function discardAll(state: TransactionState): Outcome {
  const { startup } = state
  const after = transaction.written({ ...state, own: startup, inForce: NO_SETTINGS })
  const sql = [
    'RESET SESSION AUTHORIZATION',
    'RESET ROLE',
    'RESET ALL',
    READ_WRITE_BY_DEFAULT,
    'UNLISTEN *',
    'DEALLOCATE ALL',
  ]
  return answer('DISCARD ALL', { sql, state: after })
}

function refuse(error: Fields, ...warnings: Fields[]): Outcome {
  return { kind: 'refuse', error, warnings }
}

function begin(state: TransactionState, command: Extract<Command, { kind: 'begin' }>): Outcome {
  if (state.block === undefined) return answer(command.tag, transaction.begin(state, command.modes))
  return changeModes(state, command.tag, command.modes, ALREADY_IN_TRANSACTION)
}

function end(state: TransactionState, command: Extract<Command, { kind: 'commit' | 'rollback' }>): Outcome {
  const { block } = state
  const name = command.kind === 'commit' ? 'COMMIT' : 'ROLLBACK'
  if (block === undefined && command.chain) return refuse(needsBlockError(`${name} AND CHAIN`))
  const rolledBack = transaction.rollback(state)
  const commits = command.kind === 'commit' && block?.failed !== true
  const ended = commits ? transaction.commit(state) : rolledBack
  if (block === undefined) return answer(name, ended, NO_TRANSACTION)
  const settled = hasChangedSettings(state) ? transaction.settle(ended) : { sql: [], state: ended }
  const next = command.chain ? transaction.begin(settled.state, block.modes).state : settled.state
  const checks = commits && block.segment !== undefined ? commitChecks(state.schema) : []
  const closes = commits ? block.cursors.map((cursor) => `CLOSE ${quoteIdentifier(cursor)}`) : []
  return {
    kind: 'answer',
    tag: commits ? name : 'ROLLBACK',
    warnings: [],
    step: { sql: [...checks, ...closes, ...settled.sql], state: next },
    failure: { ...rolledBack, aborted: true },
  }
}

function hasChangedSettings({ block, segments, inForce }: TransactionState): boolean {
  return block?.segment !== undefined && segments[block.segment]!.atGuard !== inForce
}

function inBlock(state: TransactionState, command: string, savepoint?: string): Outcome {
  if (state.block === undefined) return refuse(needsBlockError(command))
  if (savepoint?.startsWith(transaction.RESERVED_PREFIX)) {
    return refuse(errors.reservedSavepoint(savepoint))
  }
  return SEND
}

type SetTransaction = Extract<Command, { kind: 'setTransaction' }>

function setTransaction(state: TransactionState, command: SetTransaction, inString: boolean): Outcome {
  if ('snapshot' in command) return SEND
  if (state.block === undefined && !inString)
    return answer('SET', state, needsBlockWarning('SET TRANSACTION'))
  return changeModes(state, 'SET', command.modes)
}

/** SET transaction_isolation: the server refuses it in a savepoint. Outside a transaction it has no effect. */
function setIsolation(state: TransactionState, value: string | undefined, inString: boolean): Outcome {
  const isolation = ISOLATION_LEVELS.find((level) => level === value?.toLowerCase())
  if (isolation === undefined) return SEND
  return state.block === undefined && !inString
    ? answer('SET', state)
    : changeModes(state, 'SET', { isolation })
}

const ISOLATION_LEVELS = ['serializable', 'repeatable read', 'read committed', 'read uncommitted'] as const

function changeModes(
  state: TransactionState,
  tag: string,
  modes: TransactionModes,
  ...warnings: Fields[]
): Outcome {
  const { block } = state
  const { isolation, deferrable } = modes
  if (
    block?.queried &&
    isolation !== undefined &&
    isolation !== (block.modes.isolation ?? 'read committed')
  ) {
    return refuse(tooLate('ISOLATION LEVEL'), ...warnings)
  }
  if (block?.queried && modes.readOnly === false && block.modes.readOnly)
    return refuse(READ_WRITE_TOO_LATE, ...warnings)
  if (block?.queried && deferrable !== undefined) return refuse(tooLate('[NOT] DEFERRABLE'), ...warnings)
  return answer(tag, mergeModes(state, modes), ...warnings)
}

/** Modes for a transaction that may be under way; those of a single connection's isolation are for its report alone. */
function mergeModes(state: TransactionState, modes: TransactionModes): Step {
  const { block } = state
  if (block === undefined) return { sql: transaction.accessMode(modes), state: transaction.written(state) }
  const merged = { ...state, block: { ...block, modes: { ...block.modes, ...modes } } }
  return { sql: block.segment === undefined ? [] : transaction.accessMode(modes), state: merged }
}
