/** Commands about the session: settings, constraints, cursors, channels. Pure. */
import type { Command } from '../sql/command.ts'
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

/** What to do with a command that is not about the transaction itself. */
export function interpretInSession(state: TransactionState, command: Command, inString: boolean): Outcome {
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
      if (command.name === 'all') return answer('RESET', resets.resetAll(state))
      return resetsPath(state, command.name) ? answer('RESET', resets.resetPath(state)) : SEND
    case 'discard':
      return discard(state, command.what, inString)
    case 'closeCursor':
      return command.all ? answer('CLOSE CURSOR ALL', resets.closeAll(state)) : SEND
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
  if (toDefault && !local && resetsPath(state, name)) return answer('SET', resets.resetPath(state))
  const mode = modeOf(name, value)
  if (mode !== undefined)
    return state.block === undefined && !inString
      ? answer('SET', state, ...(local ? [needsBlockWarning('SET LOCAL')] : []))
      : chooseModes(state, 'SET', mode)
  return local && state.block === undefined && !inString ? LOCAL_OUTSIDE_BLOCK : SEND
}

/** Where a schema of the sandbox is part of the path that a client knows as the default. */
function resetsPath({ client }: TransactionState, name: string): boolean {
  return name === SEARCH_PATH && pathOfSchema(client.settings) !== undefined
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
  const { client } = state
  const listens = [...client.objects.listens, { listens: kind === 'listen', channel }]
  const pending = { ...client.objects, listens }
  const isCommitted = state.block === undefined && !inString
  const objects = isCommitted ? afterCommit(pending) : pending
  return answer(kind.toUpperCase(), { ...state, client: withObjects(client, objects) })
}

function discard(
  state: TransactionState,
  what: Extract<Command, { kind: 'discard' }>['what'],
  inString: boolean,
): Outcome {
  if (what === 'temp') return { ...answer('DISCARD TEMP', resets.discardTemp(state)), isInside: true }
  return what === 'all' && state.block === undefined && !inString
    ? answer('DISCARD ALL', resets.discardAll(state))
    : SEND
}
