/** What a command that the server has run leaves behind. Pure. */
import type { Command, ConfigArgument } from '../sql/command.ts'
import * as savepoints from './savepoints.ts'
import { maySchemaChange } from './schema.ts'
import { settingStatement } from './settings.ts'
import * as transaction from './transaction.ts'
import type { TransactionState } from './transaction.ts'

/** The state after the server ran `command`, whose text is `sql`, without an error. */
export function afterServer(
  state: TransactionState,
  command: Command,
  sql: string,
  values: readonly (string | null)[] = [],
): TransactionState {
  switch (command.kind) {
    case 'read':
      return state.schema.readsMayWrite || state.schema.isStale
        ? transaction.written(transaction.queried(state))
        : transaction.queried(state)
    case 'savepoint':
      return savepoints.marked(state, command.name)
    case 'release':
      return savepoints.released(state, command.name)
    case 'rollbackTo':
      return savepoints.recovered(state, command.name)
    case 'declareCursor':
      return savepoints.withCursors(transaction.written(transaction.queried(state)), (open) =>
        command.hold ? [...open] : [...open, command.name],
      )
    case 'closeCursor':
      return savepoints.withCursors(transaction.written(state), (open) =>
        open.filter((name) => command.all !== true && name !== command.name),
      )
    case 'set':
      if (command.local) return transaction.written(transaction.changeLocally(state, command.name))
      if (command.toDefault) return transaction.written(transaction.reset(state, command.name))
      return transaction.written(transaction.change(state, command.name, sql))
    case 'reset':
      return transaction.written(transaction.reset(state, command.name))
    case 'setConfig':
      return transaction.written(afterSetConfig(state, command.calls, values))
    case 'other':
      return afterOther(transaction.written(transaction.queried(state)), sql)
    default:
      return transaction.written(transaction.queried(state))
  }
}

function afterOther(state: TransactionState, sql: string): TransactionState {
  const after = maySchemaChange(sql) ? transaction.schemaChanged(state) : state
  return after.hasLocks || !/advisory_lock/i.test(sql) ? after : { ...after, hasLocks: true }
}

function afterSetConfig(
  state: TransactionState,
  calls: Extract<Command, { kind: 'setConfig' }>['calls'],
  values: readonly (string | null)[],
): TransactionState {
  let after = state
  for (const call of calls) {
    const name = argument(call.name, values)?.toLowerCase()
    if (name === undefined) continue
    const local = argument(call.local, values)
    const value = argument(call.value, values)
    if (local === true || (typeof local === 'string' && /^(?:t|true|y|yes|on|1)$/i.test(local))) {
      after = transaction.changeLocally(after, name)
    } else if (value === undefined) after = transaction.reset(after, name)
    else after = transaction.change(after, name, settingStatement(name, value))
  }
  return after
}

function argument<Value>(
  given: ConfigArgument<Value>,
  values: readonly (string | null)[],
): NonNullable<Value> | string | undefined {
  return (given.kind === 'literal' ? given.value : values[given.number - 1]) ?? undefined
}
