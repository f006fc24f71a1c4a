/**
 * What a command that the server has run leaves behind: settings, cursors, temporary tables, notifications, and what must be
 * checked or undone for it. Called by the rows of commands.ts; without them a commit or rollback of the client would leave
 * more in the real transaction than it leaves on a server. Pure.
 */
import type { Command, CommandOf, ConfigArgument } from '../sql/command.ts'
import { withCursor, withNotification, withoutTables, withTable } from './client-objects.ts'
import { tracesOf } from '../sql/traces.ts'
import { isOn, setStatement, settingStatement } from './settings.ts'
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
  return state.schema.readsMayWrite || state.schema.isStale ? regions.written(after) : after
}

export function afterDeclare(state: TransactionState, command: CommandOf<'declareCursor'>): TransactionState {
  return withHoldings(afterStatement(state), (held) => withCursor(held, command.name, command.hold))
}

export function afterClose(state: TransactionState, { name }: CommandOf<'closeCursor'>): TransactionState {
  return regions.closed(afterStatement(state), name)
}

export function afterCreateTemporary(
  state: TransactionState,
  { name, ifNotExists, onCommit }: CommandOf<'createTemporary'>,
): TransactionState {
  return withHoldings(regions.schemaChanged(afterStatement(state)), (held) =>
    ifNotExists && held.tables.has(name) ? held : withTable(held, name, onCommit),
  )
}

export function afterNotify(
  state: TransactionState,
  { channel, payload = '' }: CommandOf<'notify'>,
): TransactionState {
  return withHoldings(regions.written(state), (held) => withNotification(held, { channel, payload }))
}

export function afterPrepare(
  state: TransactionState,
  { name }: CommandOf<'prepareStatement'>,
): TransactionState {
  const after = afterStatement(state)
  return { ...after, prepared: { ...after.prepared, names: [...after.prepared.names, name] } }
}

function withHoldings(
  state: TransactionState,
  change: (held: TransactionState['holdings']) => TransactionState['holdings'],
): TransactionState {
  return { ...state, holdings: change(state.holdings) }
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
  const statement = value !== undefined && name.startsWith(DEFAULT_MODES) ? setStatement(name, value) : sql
  return regions.written(changeSetting(state, name, statement))
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
    after = changeSetting(after, name, setStatement(name, text))
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
  return withHoldings(afterStatement(state), (held) => notifications.reduce(withNotification, held))
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
    if (!state.holdings.tables.has(name))
      after = withHoldings(after, (held) => withTable(held, name, onCommit))
  }
  const { dropped, into } = traces
  if (dropped.length > 0) after = withHoldings(after, (held) => withoutTables(held, dropped))
  if (into !== undefined) after = withHoldings(after, (held) => withTable(held, into, 'preserve'))
  return after.hasLocks || !traces.takesLocks ? after : { ...after, hasLocks: true }
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
    else after = changeSetting(after, name, settingStatement(name, value))
  }
  return afterStatement(after)
}

function argument<Value>(
  given: ConfigArgument<Value>,
  values: readonly (string | null)[],
): NonNullable<Value> | string | undefined {
  return (given.kind === 'literal' ? given.value : values[given.number - 1]) ?? undefined
}
