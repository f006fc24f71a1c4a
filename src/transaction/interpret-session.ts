/**
 * What is done with the commands about the session: settings, constraints, cursors, channels. Called by the rows of
 * commands.ts. Pure.
 */
import type { Command, CommandOf } from '../sql/command.ts'
import { needsBlockWarning } from './server-errors.ts'
import { withObjects } from './belongings.ts'
import { afterCommit } from './client-objects.ts'
import { modeOf, shownMode } from './modes.ts'
import { answer, chooseModes, inBlock, type Outcome, SEND } from './outcome.ts'
import * as resets from './resets.ts'
import { pathOfSchema, SEARCH_PATH } from './search-path.ts'
import { READ_ONLY_BY_DEFAULT } from './settings.ts'
import type { TransactionState } from './state.ts'

const LOCAL_OUTSIDE_BLOCK: Outcome = { kind: 'send', warnings: [needsBlockWarning('SET LOCAL')] }

const CONSTRAINTS_OUTSIDE_BLOCK: Outcome = { kind: 'send', warnings: [needsBlockWarning('SET CONSTRAINTS')] }

export function declareCursor(
  state: TransactionState,
  { hold }: CommandOf<'declareCursor'>,
  inString: boolean,
): Outcome {
  return hold || inString ? SEND : inBlock(state, 'DECLARE CURSOR')
}

export function closeCursor(state: TransactionState, { all }: CommandOf<'closeCursor'>): Outcome {
  return all ? answer('CLOSE CURSOR ALL', resets.closeAll(state)) : SEND
}

export function lock(state: TransactionState, _command: Command, inString: boolean): Outcome {
  return inString ? SEND : inBlock(state, 'LOCK TABLE')
}

export function deallocate(state: TransactionState, { all }: CommandOf<'deallocate'>): Outcome {
  return all ? answer('DEALLOCATE ALL', resets.deallocate(state)) : SEND
}

export function setConstraints(state: TransactionState, _command: Command, inString: boolean): Outcome {
  return state.block === undefined && !inString ? CONSTRAINTS_OUTSIDE_BLOCK : SEND
}

/** Limits that would end the connection of the whole test, which may think as long as it likes. */
const LIMITS_OF_IDLENESS: ReadonlySet<string> = new Set([
  'idle_in_transaction_session_timeout',
  'idle_session_timeout',
  'transaction_timeout',
])

export function set(state: TransactionState, command: CommandOf<'set'>, inString: boolean): Outcome {
  const { name, local, toDefault, value } = command
  if (LIMITS_OF_IDLENESS.has(name)) return answer('SET', state)
  if (name === READ_ONLY_BY_DEFAULT && toDefault) return answer('SET', resets.resetReadOnly(state))
  if (toDefault && !local && resetsPath(state, name)) return answer('SET', resets.resetPath(state))
  const mode = modeOf(name, value)
  if (mode !== undefined)
    return state.block === undefined && !inString
      ? answer('SET', state, ...(local ? [needsBlockWarning('SET LOCAL')] : []))
      : chooseModes(state, 'SET', mode)
  return local && state.block === undefined && !inString ? LOCAL_OUTSIDE_BLOCK : SEND
}

export function reset(state: TransactionState, { name }: CommandOf<'reset'>): Outcome {
  if (name === READ_ONLY_BY_DEFAULT) return answer('RESET', resets.resetReadOnly(state))
  if (name === 'all') return answer('RESET', resets.resetAll(state))
  return resetsPath(state, name) ? answer('RESET', resets.resetPath(state)) : SEND
}

/** Where a schema of the sandbox is part of the path that a client knows as the default. */
function resetsPath({ client }: TransactionState, name: string): boolean {
  return name === SEARCH_PATH && pathOfSchema(client.settings) !== undefined
}

export function show(state: TransactionState, { name }: CommandOf<'show'>): Outcome {
  const value = shownMode(state, name)
  if (value === undefined) return SEND
  return { kind: 'answer', tag: 'SHOW', warnings: [], step: { sql: [], state }, shown: { name, value } }
}

/** Channels are the sandbox's to keep: the server would begin to listen at the real commit only. */
export function listen(
  state: TransactionState,
  { kind, channel }: CommandOf<'listen' | 'unlisten'>,
  inString: boolean,
): Outcome {
  const { client } = state
  const listens = [...client.objects.listens, { listens: kind === 'listen', channel }]
  const pending = { ...client.objects, listens }
  const isCommitted = state.block === undefined && !inString
  const objects = isCommitted ? afterCommit(pending) : pending
  return answer(kind.toUpperCase(), { ...state, client: withObjects(client, objects) })
}

export function discard(state: TransactionState, { what }: CommandOf<'discard'>, inString: boolean): Outcome {
  if (what === 'temp') return { ...answer('DISCARD TEMP', resets.discardTemp(state)), isInside: true }
  return what === 'all' && state.block === undefined && !inString
    ? answer('DISCARD ALL', resets.discardAll(state))
    : SEND
}
