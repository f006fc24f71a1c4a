/** What SET, SET LOCAL and RESET of the application change. Pure. */
import { pathOfSchema, SEARCH_PATH, withPathReset, withPathSet, withSchemaFirst } from './search-path.ts'
import type { LastingSetting, PlainSetting, Setting, Settings } from './settings.ts'
import type { TransactionState } from './state.ts'

export const USER = 'session_authorization'

/** What a session may do: RESET ALL leaves both. */
export const RIGHTS: readonly string[] = [USER, 'role']

/** With another user the session has no role, and with another path no schema of the sandbox. */
export function withSetting(settings: Settings, name: string, setting: PlainSetting): Settings {
  if (name === SEARCH_PATH) return withPathSet(settings, setting)
  const changed = new Map(settings)
  if (name === USER) changed.delete('role')
  return changed.set(name, setting)
}

export function withoutSetting(settings: Settings, name: string): Settings {
  const gone = name === USER ? RIGHTS : [name]
  if (!gone.some((one) => settings.has(one))) return settings
  return new Map([...settings].filter(([one]) => !gone.includes(one)))
}

/** After SET: the client's setting from now on. */
export function changeSetting(
  state: TransactionState,
  name: string,
  setting: LastingSetting,
): TransactionState {
  const { client, inForce } = state
  const settings = withSetting(client.settings, name, setting)
  return { ...state, client: { ...client, settings }, inForce: withSetting(inForce, name, setting) }
}

/** After SET LOCAL: in force until the block ends, when it is put back. */
export function changeLocally(state: TransactionState, name: string, value?: string): TransactionState {
  return { ...state, inForce: withSetting(state.inForce, name, { kind: 'local', value }) }
}

/**
 * After RESET of one setting: that of the start-up packet is put in force with the next statement, and with it the schema
 * that comes first in the path.
 */
export function resetSetting(state: TransactionState, name: string): TransactionState {
  if (name === 'all') return resetAllSettings(state)
  const { client, inForce } = state
  const { settings, startup } = client
  return {
    ...state,
    client: { ...client, settings: initially(settings, name, startup.get(name)) },
    inForce: withoutSetting(inForce, name),
  }
}

function initially(settings: Settings, name: string, initial: Setting | undefined): Settings {
  if (name === SEARCH_PATH) return withPathReset(settings, initial)
  const without = withoutSetting(settings, name)
  return initial === undefined ? without : new Map(without).set(name, initial)
}

/** The role and the session's user stay. */
function resetAllSettings(state: TransactionState): TransactionState {
  const { client, inForce } = state
  const initial = new Map([...client.startup, ...onlyRights(client.settings)])
  const settings = withSchemaFirst(initial, pathOfSchema(client.settings)?.schema)
  return { ...state, client: { ...client, settings }, inForce: onlyRights(inForce) }
}

function onlyRights(settings: Settings): Settings {
  return new Map([...settings].filter(([name]) => RIGHTS.includes(name)))
}
