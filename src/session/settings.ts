/**
 * Session settings of a virtual connection: what it has SET, as the statements that put it in force.
 *
 * Virtual connections share one real connection, so their settings are switched when another one is served. A map is
 * never changed: two states hold the same settings when they hold the same map, or equal entries.
 */
import { quoteIdentifier, quoteLiteral } from '../sql/quote.ts'

export type Settings = ReadonlyMap<string, string>

export const NO_SETTINGS: Settings = new Map()

/** In force, but nobody's: a SET LOCAL whose transaction has ended, for instance. */
const UNKNOWN = ''

/** The statement that puts a value in force. */
export function settingStatement(name: string, value: string): string {
  return `SELECT set_config(${quoteLiteral(name)}, ${quoteLiteral(value)}, false)`
}

export function withSetting(settings: Settings, name: string, statement: string): Settings {
  return new Map(settings).set(name, statement)
}

/** Marks `name` as changed to something that is not any virtual connection's own. */
export function withUnknown(settings: Settings, name: string): Settings {
  return withSetting(settings, name, UNKNOWN)
}

export function withoutSetting(settings: Settings, name: string): Settings {
  if (!settings.has(name)) return settings
  const rest = new Map(settings)
  rest.delete(name)
  return rest
}

/** The statements that turn the settings `inForce` into `wanted`; none when they are equal. */
export function switchSettings(inForce: Settings, wanted: Settings): string[] {
  if (inForce === wanted) return []
  const resets = [...inForce.keys()].filter((name) => !wanted.has(name))
  const changes = [...wanted.keys()].filter((name) => inForce.get(name) !== wanted.get(name))
  return [
    ...resets.toSorted(byRights).map(resetStatement),
    ...changes.toSorted((a, b) => byRights(b, a)).map((name) => wanted.get(name)!),
  ]
}

/** Whoever may change a setting depends on the role, so roles are given up first and taken on last. */
const RIGHTS = ['session_authorization', 'role']

/** What RESET ALL leaves: the role and the session's user. */
export function onlyRights(settings: Settings): Settings {
  return new Map([...settings].filter(([name]) => RIGHTS.includes(name)))
}

function byRights(a: string, b: string): number {
  return RIGHTS.indexOf(b) - RIGHTS.indexOf(a)
}

function resetStatement(name: string): string {
  if (name === 'session_authorization') return 'RESET SESSION AUTHORIZATION'
  // A part of a setting of one's own may be a keyword, as in app.user.
  const quoted = name.includes('.') ? name.split('.').map(quoteIdentifier).join('.') : name
  return `RESET ${quoted}`
}
