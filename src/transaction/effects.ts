/** What a command that the server has run leaves behind. Pure. */
import type { Command, ConfigArgument, NotifyCall, TransactionModes } from '../sql/command.ts'
import { withCursor, withNotification, withoutTables, withTable } from './client-objects.ts'
import { tracesOf } from '../sql/traces.ts'
import * as savepoints from './savepoints.ts'
import { isOn, setStatement, settingStatement } from './settings.ts'
import * as regions from './regions.ts'
import { changeSetting, changeLocally, resetSetting } from './setting-changes.ts'
import type { TransactionState } from './state.ts'

/** The state after the server ran `command`, whose text is `sql`, without an error. */
export function afterServer(
  state: TransactionState,
  command: Command,
  sql: string,
  values: readonly (string | null)[] = [],
): TransactionState {
  switch (command.kind) {
    case 'empty':
    case 'show':
      return state
    case 'read':
      return command.shows ? state : afterRead(state)
    case 'savepoint':
      return savepoints.marked(state, command.name)
    case 'release':
      return savepoints.released(state, command.name)
    case 'rollbackTo':
      return savepoints.recovered(state, command.name)
    case 'set':
      return regions.written(afterSet(state, command, sql))
    case 'setSessionCharacteristics':
      return regions.written(afterCharacteristics(state, command.modes))
    case 'setConstraints':
      return regions.constrained(state)
    case 'setTransaction':
    case 'lock':
      return regions.written(state)
    case 'reset':
      return regions.written(resetSetting(state, command.name))
    case 'setConfig':
      return regions.written(regions.queried(afterSetConfig(state, command.calls, values)))
    case 'notify':
      return withHeld(regions.written(state), command, values)
    case 'other':
      return afterOther(state, sql)
    default:
      return withHeld(regions.written(regions.queried(state)), command, values)
  }
}

function afterRead(state: TransactionState): TransactionState {
  const after = regions.queried(state)
  return state.schema.readsMayWrite || state.schema.isStale ? regions.written(after) : after
}

/** What the client holds after it: cursors, temporary tables, notifications to be sent. */
function withHeld(
  state: TransactionState,
  command: Command,
  values: readonly (string | null)[],
): TransactionState {
  switch (command.kind) {
    case 'declareCursor':
      return withHoldings(state, (held) => withCursor(held, command.name, command.hold))
    case 'closeCursor':
      return regions.closed(state, command.name)
    case 'createTemporary':
      return withHoldings(regions.schemaChanged(state), (held) =>
        command.ifNotExists && held.tables.has(command.name)
          ? held
          : withTable(held, command.name, command.onCommit),
      )
    case 'notify':
      return withHoldings(state, (held) =>
        withNotification(held, { channel: command.channel, payload: command.payload ?? '' }),
      )
    case 'prepareStatement': {
      const { prepared } = state
      return { ...state, prepared: { ...prepared, names: [...prepared.names, command.name] } }
    }
    case 'selectNotify':
      return withHoldings(state, (held) => afterNotifyCalls(held, command.calls, values))
    default:
      return state
  }
}

function withHoldings(
  state: TransactionState,
  change: (held: TransactionState['holdings']) => TransactionState['holdings'],
): TransactionState {
  return { ...state, holdings: change(state.holdings) }
}

function afterSet(
  state: TransactionState,
  { name, local, toDefault, value }: Extract<Command, { kind: 'set' }>,
  sql: string,
): TransactionState {
  if (local) return changeLocally(state, name, value)
  if (toDefault) return resetSetting(state, name)
  const statement = value !== undefined && name.startsWith(DEFAULT_MODES) ? setStatement(name, value) : sql
  return changeSetting(state, name, statement)
}

const DEFAULT_MODES = 'default_transaction_'

function afterCharacteristics(
  state: TransactionState,
  { isolation, readOnly, deferrable }: TransactionModes,
): TransactionState {
  const values = { isolation, read_only: readOnly, deferrable }
  let after = state
  for (const [mode, value] of Object.entries(values)) {
    if (value === undefined) continue
    const name = DEFAULT_MODES + mode
    const text = typeof value === 'string' ? value : value ? 'on' : 'off'
    after = changeSetting(after, name, setStatement(name, text))
  }
  return after
}

function afterNotifyCalls(
  held: TransactionState['holdings'],
  calls: readonly NotifyCall[],
  values: readonly (string | null)[],
): TransactionState['holdings'] {
  return calls.reduce(
    (after, { channel, payload }) =>
      withNotification(after, {
        channel: argument(channel, values) ?? '',
        payload: argument(payload, values) ?? '',
      }),
    held,
  )
}

function afterOther(before: TransactionState, sql: string): TransactionState {
  const traces = tracesOf(sql)
  if (!traces.takesSnapshot) return regions.written(before)
  const state = regions.written(regions.queried(before))
  const { schema } = state
  const isChanged = schema.functionsChangeIt ? traces.callsWhatChangesSchema : traces.changesSchema
  let after = isChanged ? regions.schemaChanged(state) : state
  if (traces.setsConstraints) after = regions.constrained(after)
  for (const names of [traces.localSettings, schema.localSettings])
    for (const name of names) after = changeLocally(after, name)
  for (const [name, onCommit] of [...traces.made, ...schema.temporaryTables]) {
    if (!state.holdings.tables.has(name))
      after = withHoldings(after, (held) => withTable(held, name, onCommit))
  }
  const { dropped, into } = traces
  if (dropped.length > 0) after = withHoldings(after, (held) => withoutTables(held, dropped))
  if (into !== undefined) after = withHoldings(after, (held) => withTable(held, into, 'preserve'))
  return after.hasLocks || !traces.takesLocks ? after : { ...after, hasLocks: true }
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
    if (name === 'transaction_read_only') {
      after = regions.madeReadOnly(after)
      continue
    }
    const local = argument(call.local, values)
    const value = argument(call.value, values)
    if (local === true || (typeof local === 'string' && isOn(local))) {
      after = changeLocally(after, name)
    } else if (value === undefined) after = resetSetting(after, name)
    else after = changeSetting(after, name, settingStatement(name, value))
  }
  return after
}

function argument<Value>(
  given: ConfigArgument<Value>,
  values: readonly (string | null)[],
): NonNullable<Value> | string | undefined {
  return (given.kind === 'literal' ? given.value : values[given.number - 1]) ?? undefined
}
