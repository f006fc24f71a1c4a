/** What a command that the server has run leaves behind. Pure. */
import type { Command, ConfigArgument, NotifyCall, TransactionModes } from '../sql/command.ts'
import {
  type ClientObjects,
  withCursor,
  withNotification,
  withoutTables,
  withPrepared,
  withTable,
} from './client-objects.ts'
import { withObjects } from './belongings.ts'
import { remembering } from '../sql/remembering.ts'
import { droppedTables } from '../sql/temporary-tables.ts'
import * as savepoints from './savepoints.ts'
import { localSettings, maySchemaChange, temporaryTables } from './schema.ts'
import { assignedSetting, configuredSetting, isOn, setBy } from './settings.ts'
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
      return withMade(regions.written(state), command, values)
    case 'other':
      return afterOther(state, sql)
    default:
      return withMade(regions.written(regions.queried(state)), command, values)
  }
}

function afterRead(state: TransactionState): TransactionState {
  const after = regions.queried(state)
  return state.schema.readsMayWrite || state.schema.isStale ? regions.written(after) : after
}

/** With what the command has made for its client: cursors, temporary tables, notifications to be sent. */
function withMade(
  state: TransactionState,
  command: Command,
  values: readonly (string | null)[],
): TransactionState {
  switch (command.kind) {
    case 'declareCursor':
      return changeObjects(state, (objects) => withCursor(objects, command.name, command.hold))
    case 'closeCursor':
      return regions.closed(state, command.name)
    case 'createTemporary':
      return changeObjects(regions.schemaChanged(state), (objects) =>
        command.ifNotExists && objects.tables.has(command.name)
          ? objects
          : withTable(objects, command.name, command.onCommit),
      )
    case 'notify':
      return changeObjects(state, (objects) =>
        withNotification(objects, { channel: command.channel, payload: command.payload ?? '' }),
      )
    case 'prepareStatement': {
      const prepared = withPrepared(state.client.prepared, command.name)
      return { ...state, client: { ...state.client, prepared } }
    }
    case 'selectNotify':
      return changeObjects(state, (objects) => afterNotifyCalls(objects, command.calls, values))
    default:
      return state
  }
}

function changeObjects(
  state: TransactionState,
  change: (objects: ClientObjects) => ClientObjects,
): TransactionState {
  return { ...state, client: withObjects(state.client, change(state.client.objects)) }
}

function afterSet(
  state: TransactionState,
  { name, local, toDefault, value }: Extract<Command, { kind: 'set' }>,
  sql: string,
): TransactionState {
  if (local) return changeLocally(state, name, value)
  if (toDefault) return resetSetting(state, name)
  const isMode = value !== undefined && name.startsWith(DEFAULT_MODES)
  return changeSetting(state, name, isMode ? assignedSetting(name, value) : setBy(sql, value))
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
    after = changeSetting(after, name, assignedSetting(name, text))
  }
  return after
}

function afterNotifyCalls(
  objects: ClientObjects,
  calls: readonly NotifyCall[],
  values: readonly (string | null)[],
): ClientObjects {
  return calls.reduce(
    (after, { channel, payload }) =>
      withNotification(after, {
        channel: argument(channel, values) ?? '',
        payload: argument(payload, values) ?? '',
      }),
    objects,
  )
}

const SELECT_INTO =
  /^(?:select|with)\b.*?\binto\s+(?:(?:local|global)\s+)?temp(?:orary)?\s+(?:table\s+)?([a-z_]\w*)/is

/** What a text may do that is no command of its own. */
const tracesOf = remembering((sql) => ({
  takesSnapshot: !/^(?:fetch|move|checkpoint)\b/i.test(sql),
  changesSchema: maySchemaChange(sql, { functionsChangeIt: false }),
  callsWhatChangesSchema: maySchemaChange(sql, { functionsChangeIt: true }),
  setsConstraints: /^do\b.*\bset\s+constraints\b/is.test(sql),
  localSettings: localSettings(sql),
  made: /^do\b/i.test(sql) ? temporaryTables(sql) : [],
  dropped: /^drop\b/i.test(sql) ? droppedTables(sql) : [],
  into: SELECT_INTO.exec(sql)?.[1]?.toLowerCase(),
  takesLocks: /advisory_lock/i.test(sql),
}))

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
    if (!state.client.objects.tables.has(name))
      after = changeObjects(after, (objects) => withTable(objects, name, onCommit))
  }
  const { dropped, into } = traces
  if (dropped.length > 0) after = changeObjects(after, (objects) => withoutTables(objects, dropped))
  if (into !== undefined) after = changeObjects(after, (objects) => withTable(objects, into, 'preserve'))
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
    else after = changeSetting(after, name, configuredSetting(name, value))
  }
  return after
}

function argument<Value>(
  given: ConfigArgument<Value>,
  values: readonly (string | null)[],
): NonNullable<Value> | string | undefined {
  return (given.kind === 'literal' ? given.value : values[given.number - 1]) ?? undefined
}
