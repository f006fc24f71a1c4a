/**
 * What a command that the server has run leaves behind: settings, cursors, temporary tables, notifications, and what must be
 * checked or undone for it. Called by the rows of commands.ts; without them a commit or rollback of the client would leave
 * more in the real transaction than it leaves on a server. Pure.
 */
import type { Command, CommandOf, ConfigArgument } from '../sql/command.ts'
import { tracesOf } from '../sql/traces.ts'
import { withObjects } from './belongings.ts'
import {
  type ClientObjects,
  withCursor,
  withNotification,
  withoutTables,
  withPrepared,
  withTable,
} from './client-objects.ts'
import { assignedSetting, configuredSetting, isOn, setBy } from './settings.ts'
import { leaving } from './leftovers.ts'
import * as regions from './regions.ts'
import { changeSetting, changeLocally, resetSetting } from './setting-changes.ts'
import type { TransactionState } from './state.ts'

/** What the server has run: the text of one statement, and the values that were bound to it. */
export interface Ran {
  readonly sql: string
  readonly values: readonly (string | null)[]
}

/** After a statement of which no more is known than that it may have written. */
export function afterStatement(state: TransactionState): TransactionState {
  return regions.written(regions.queried(state))
}

export function afterRead(state: TransactionState, { shows }: CommandOf<'read'>): TransactionState {
  if (shows) return state
  const after = regions.queried(state)
  const { isStale, readsMayLeave, readsMayWrite } = state.schema
  const left = readsMayLeave ? leaving(after, { byFunctions: false }) : after
  return readsMayWrite || isStale ? regions.written(left) : left
}

export function afterDeclare(state: TransactionState, command: CommandOf<'declareCursor'>): TransactionState {
  return changeObjects(afterStatement(state), (objects) => withCursor(objects, command.name, command.hold))
}

export function afterClose(state: TransactionState, { name }: CommandOf<'closeCursor'>): TransactionState {
  return regions.closed(afterStatement(state), name)
}

export function afterCreateTemporary(
  state: TransactionState,
  { name, ifNotExists, onCommit }: CommandOf<'createTemporary'>,
): TransactionState {
  return changeObjects(regions.schemaChanged(afterStatement(state)), (objects) =>
    ifNotExists && objects.tables.has(name) ? objects : withTable(objects, name, onCommit),
  )
}

export function afterNotify(
  state: TransactionState,
  { channel, payload = '' }: CommandOf<'notify'>,
): TransactionState {
  return changeObjects(regions.written(state), (objects) => withNotification(objects, { channel, payload }))
}

export function afterPrepare(
  state: TransactionState,
  { name }: CommandOf<'prepareStatement'>,
): TransactionState {
  const after = afterStatement(state)
  const prepared = withPrepared(after.client.prepared, name)
  const { sqlStatements } = after
  return {
    ...after,
    client: { ...after.client, prepared },
    sqlStatements: sqlStatements.includes(name) ? sqlStatements : [...sqlStatements, name],
  }
}

function changeObjects(
  state: TransactionState,
  change: (objects: ClientObjects) => ClientObjects,
): TransactionState {
  return { ...state, client: withObjects(state.client, change(state.client.objects)) }
}

export function afterReset(state: TransactionState, { name }: CommandOf<'reset'>): TransactionState {
  return regions.written(resetSetting(state, name))
}

export function afterSet(
  state: TransactionState,
  { name, local, toDefault, value }: CommandOf<'set'>,
  { sql }: Ran,
): TransactionState {
  if (local) return regions.written(changeLocally(state, name, value))
  if (toDefault) return regions.written(resetSetting(state, name))
  const isMode = value !== undefined && name.startsWith(DEFAULT_MODES)
  const setting = isMode ? assignedSetting(name, value) : setBy(sql, value)
  return regions.written(changeSetting(state, name, setting))
}

const DEFAULT_MODES = 'default_transaction_'

export function afterCharacteristics(
  state: TransactionState,
  { modes: { isolation, readOnly, deferrable } }: CommandOf<'setSessionCharacteristics'>,
): TransactionState {
  const values = { isolation, read_only: readOnly, deferrable }
  let after = state
  for (const [mode, value] of Object.entries(values)) {
    if (value === undefined) continue
    const name = DEFAULT_MODES + mode
    const text = typeof value === 'string' ? value : value ? 'on' : 'off'
    after = changeSetting(after, name, assignedSetting(name, text))
  }
  return regions.written(after)
}

export function afterNotifyCalls(
  state: TransactionState,
  { calls }: CommandOf<'selectNotify'>,
  { values }: Ran,
): TransactionState {
  const notifications = calls.map(({ channel, payload }) => ({
    channel: argument(channel, values) ?? '',
    payload: argument(payload, values) ?? '',
  }))
  return changeObjects(afterStatement(state), (objects) => notifications.reduce(withNotification, objects))
}

export function afterOther(before: TransactionState, _command: Command, { sql }: Ran): TransactionState {
  const traces = tracesOf(sql)
  if (!traces.takesSnapshot) return regions.written(before)
  const state = afterStatement(before)
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
  const byFunctions = schema.functionsLeave || traces.mayLeaveAnything
  return byFunctions || traces.takesLocks ? leaving(after, { byFunctions }) : after
}

export function afterSetConfig(
  state: TransactionState,
  { calls }: CommandOf<'setConfig'>,
  { values }: Ran,
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
  return afterStatement(after)
}

function argument<Value>(
  given: ConfigArgument<Value>,
  values: readonly (string | null)[],
): NonNullable<Value> | string | undefined {
  return (given.kind === 'literal' ? given.value : values[given.number - 1]) ?? undefined
}
