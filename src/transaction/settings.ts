/**
 * Settings of a session, as values: what a client has SET, and what is in force on the real connection. Pure.
 *
 * Clients share one real connection, so their settings are switched when another one is served (switch-settings.ts). A map
 * is never changed: two states have the same settings when they have the same map, or equal entries.
 */
import type { TransactionModes } from '../sql/command.ts'
import { quoteLiteral } from '../sql/quote.ts'

/** In force until it is changed. */
export interface LastingSetting {
  readonly kind: 'set'
  /** What puts it in force: two are equal when this is. */
  readonly statement: string
  /** Its value, where the statement gives exactly one. */
  readonly value: string | undefined
}

/** In force until its transaction ends, and nobody's: SET LOCAL. */
export interface LocalSetting {
  readonly kind: 'local'
  readonly value: string | undefined
}

export type PlainSetting = LastingSetting | LocalSetting

/** A search path that a schema of the sandbox comes first in: it is put in front of `path`, or of the default. */
export interface PathBehindSchema {
  readonly kind: 'schemaFirst'
  readonly schema: string
  readonly path: PlainSetting | undefined
}

/** A search path that the application has set while a schema of the sandbox was first in the one before. */
export interface PathWithoutSchema {
  readonly kind: 'schemaLeftOut'
  readonly schema: string
  readonly path: PlainSetting
}

/** The last two are for `search_path` alone: see search-path.ts. */
export type Setting = PlainSetting | PathBehindSchema | PathWithoutSchema

export type Settings = ReadonlyMap<string, Setting>

export const NO_SETTINGS: Settings = new Map()

/** What a client has set by a statement of its own. */
export function setBy(statement: string, value?: string): LastingSetting {
  return { kind: 'set', statement, value }
}

/** The same as set_config(). */
export function configuredSetting(name: string, value: string): LastingSetting {
  return setBy(`SELECT set_config(${quoteLiteral(name)}, ${quoteLiteral(value)}, false)`, value)
}

/** The same as SET, for a name that needs no quotes. It may stand in a start-up. */
export function assignedSetting(name: string, value: string): LastingSetting {
  return setBy(`SET ${name} = ${quoteLiteral(value)}`, value)
}

export function areSameSettings(one: Settings, other: Settings): boolean {
  if (one === other) return true
  return (
    one.size === other.size && [...one].every(([name, setting]) => isSameSetting(setting, other.get(name)))
  )
}

/** @example isSameSetting(assignedSetting('timezone', 'UTC'), assignedSetting('timezone', 'UTC')) // true */
export function isSameSetting(one: Setting | undefined, other: Setting | undefined): boolean {
  if (one === other) return true
  if (one === undefined || other === undefined) return false
  switch (one.kind) {
    case 'set':
      return other.kind === 'set' && one.statement === other.statement
    case 'local':
      return other.kind === 'local' && one.value === other.value
    default:
      return other.kind === one.kind && one.schema === other.schema && isSameSetting(one.path, other.path)
  }
}

/** The value of a setting, where it is known. */
export function valueOf(settings: Settings, name: string): string | undefined {
  const setting = settings.get(name)
  return setting === undefined || !('value' in setting) ? undefined : setting.value
}

/** The session is read-only by default, so that a read which writes is found out; what the application sees is not. */
export const READ_ONLY_BY_DEFAULT = 'default_transaction_read_only'

/** Its end is that of the real transaction. */
export const READ_WRITE_BY_DEFAULT = 'SET LOCAL default_transaction_read_only = off'

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

/** Any beginning of a word for true that no word for false shares. */
export function isOn(text: string): boolean {
  return /^(?:on|1|t(?:r(?:ue?)?)?|y(?:es?)?)$/i.test(text.trim())
}

const ISOLATION_LEVELS = ['serializable', 'repeatable read', 'read committed', 'read uncommitted'] as const

export function isolationLevel(text: string | undefined): TransactionModes['isolation'] {
  return ISOLATION_LEVELS.find((level) => level === text?.toLowerCase())
}
