/**
 * Session settings of a virtual connection: what it has SET, as the statements that put it in force.
 *
 * Virtual connections share one real connection, so their settings are switched when another one is served. A map is
 * never changed: two states hold the same settings when they hold the same map, or equal entries.
 */
import type { TransactionModes } from '../sql/command.ts'
import { quoteIdentifier, quoteLiteral } from '../sql/quote.ts'
import { FIRST_IN_PATH, isStatement, PATH, SEARCH_PATH, withSchemaLeftOut } from './search-path.ts'

export type Settings = ReadonlyMap<string, string>

export const NO_SETTINGS: Settings = new Map()

/** How an entry begins that is in force, but nobody's: a SET LOCAL, until its transaction ends. */
export const LOCAL = 'LOCAL '

/** The statement that puts a value in force. */
export function settingStatement(name: string, value: string): string {
  return `SELECT set_config(${quoteLiteral(name)}, ${quoteLiteral(value)}, false)`
}

/** With another user the session has no role, and with another path no schema of the sandbox. */
export function withSetting(settings: Settings, name: string, statement: string): Settings {
  const changed = new Map(name === SEARCH_PATH ? withSchemaLeftOut(settings) : settings)
  if (name === USER) changed.delete('role')
  return changed.set(name, statement)
}

export function withoutSetting(settings: Settings, name: string): Settings {
  const gone = name === USER ? RIGHTS : [name]
  if (!gone.some((one) => settings.has(one))) return settings
  return new Map([...settings].filter(([one]) => !gone.includes(one)))
}

/** The statements that turn the settings `inForce` into `wanted`; none when they are equal. */
export function switchSettings(inForce: Settings, wanted: Settings): string[] {
  if (inForce === wanted || inForce.size + wanted.size === 0) return []
  const isOther = (name: string): boolean => inForce.get(name) !== wanted.get(name)
  // Another schema must not be put in front of the one that is there.
  const hasOther = isOther(FIRST_IN_PATH) && !inForce.has(SEARCH_PATH) && !wanted.has(SEARCH_PATH)
  const resets = [...inForce.keys()].filter(
    (name) => !wanted.has(name) || (hasOther && name === FIRST_IN_PATH),
  )
  // A change of the session's user takes the role away.
  const takesRole = resets.includes(USER) || isOther(USER)
  const takesPath = PATH.some(isOther)
  const isTaken = (name: string): boolean =>
    (takesRole && name === 'role') || (takesPath && PATH.includes(name))
  const changes = [...wanted.keys()].filter((name) => isOther(name) || isTaken(name))
  return [
    ...resets.toSorted(byPlace).map(resetStatement),
    ...changes
      .toSorted((a, b) => byPlace(b, a))
      .map((name) => wanted.get(name)!)
      .filter(isStatement),
  ]
}

export function sameSettings(a: Settings, b: Settings): boolean {
  return a === b || (a.size === b.size && [...a].every(([name, statement]) => b.get(name) === statement))
}

/** The session is read-only by default, so that a read which writes is found out; what the application sees is not. */
export const READ_ONLY_BY_DEFAULT = 'default_transaction_read_only'

/** Its end is that of the real transaction. */
export const READ_WRITE_BY_DEFAULT = 'SET LOCAL default_transaction_read_only = off'

/** The same as SET, which {@link defaultModes} reads, and which may stand in a start-up. */
export function setStatement(name: string, value: string): string {
  return `SET ${name} = ${quoteLiteral(value)}`
}

const NO_MODES: TransactionModes = {}

/** The modes that the settings give a transaction which chooses none. */
export function defaultModes(settings: Settings): TransactionModes {
  if (settings.size === 0) return NO_MODES
  const readOnly = valueOf(settings, READ_ONLY_BY_DEFAULT)
  const deferrable = valueOf(settings, 'default_transaction_deferrable')
  const isolation = isolationLevel(valueOf(settings, 'default_transaction_isolation'))
  return {
    ...(readOnly === undefined ? {} : { readOnly: isOn(readOnly) }),
    ...(deferrable === undefined ? {} : { deferrable: isOn(deferrable) }),
    ...(isolation === undefined ? {} : { isolation }),
  }
}

function valueOf(settings: Settings, name: string): string | undefined {
  return /'([^']*)'(?:, false\))?$/.exec(settings.get(name) ?? '')?.[1]
}

/** Any beginning of a word for true that no word for false shares. */
export function isOn(text: string): boolean {
  return /^(?:on|1|t(?:r(?:ue?)?)?|y(?:es?)?)$/i.test(text.trim())
}

const ISOLATION_LEVELS = ['serializable', 'repeatable read', 'read committed', 'read uncommitted'] as const

export function isolationLevel(text: string | undefined): TransactionModes['isolation'] {
  return ISOLATION_LEVELS.find((level) => level === text?.toLowerCase())
}

/** Whoever may change a setting depends on the role, so roles are given up first and taken on last. */
const USER = 'session_authorization'
const RIGHTS = [USER, 'role']

/** What RESET ALL leaves: the role and the session's user. */
export function onlyRights(settings: Settings): Settings {
  return new Map([...settings].filter(([name]) => RIGHTS.includes(name)))
}

const LAST: readonly string[] = [...RIGHTS, FIRST_IN_PATH]

function byPlace(a: string, b: string): number {
  return LAST.indexOf(b) - LAST.indexOf(a)
}

function resetStatement(name: string): string {
  if (name === 'session_authorization') return 'RESET SESSION AUTHORIZATION'
  if (name === READ_ONLY_BY_DEFAULT) return READ_WRITE_BY_DEFAULT
  if (name === FIRST_IN_PATH) return `RESET ${SEARCH_PATH}`
  // A part of a setting of one's own may be a keyword, as in app.user.
  const quoted = name.includes('.') ? name.split('.').map(quoteIdentifier).join('.') : name
  return `RESET ${quoted}`
}
