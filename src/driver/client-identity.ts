/** What tells clients of `pg` apart: their server, database, user, login, and the settings that they begin with. */
import { toldApart } from '../object-identity.ts'
import {
  assignedSetting,
  configuredSetting,
  isOn,
  NO_SETTINGS,
  type Setting,
  type Settings,
} from '../transaction/settings.ts'
import type { Login } from '../login.ts'
import type { PgClient } from './pg-types.ts'
import { startupOptions } from './startup-options.ts'

/** Clients with equal keys see the same server, database and user. */
export function connectionKey({
  connectionParameters: { host, port, user, database, options, client_encoding: encoding },
}: PgClient): string {
  return JSON.stringify([
    canonicalHost(host),
    port,
    user,
    database,
    startupOptions(options).rest,
    encoding ?? '',
  ])
}

export function databaseOf({ connectionParameters: { host, port, database } }: PgClient): string {
  return JSON.stringify([canonicalHost(host), port, database])
}

/** How the client reaches its database. */
export function addressOf({ connectionParameters, password, ssl }: PgClient): Login {
  const { host, port, user, database } = connectionParameters
  return { host: host ?? 'localhost', port, user, database, password: password ?? undefined, ssl }
}

export function canonicalHost(host: string | null): string {
  const name = (host ?? 'localhost').toLowerCase()
  return name === '127.0.0.1' || name === '::1' ? 'localhost' : name
}

/** Functions and TLS options are told apart by identity. A limit that the server refuses is one more thing to be refused for. */
export function loginOf({ password, ssl, connectionParameters }: PgClient): string {
  return JSON.stringify([
    ...[password, ssl].map(toldApart),
    ...Object.entries(refusedLimits(connectionParameters)),
  ])
}

/** The limits among a client's options for which the server refuses its login. */
export function refusedLimits({
  statement_timeout,
  lock_timeout,
}: PgClient['connectionParameters']): Record<string, unknown> {
  const given = Object.entries({ statement_timeout, lock_timeout })
  return Object.fromEntries(
    given.filter(([, value]) => {
      const limit = milliseconds(value)
      return limit !== undefined && !(limit >= 0 && limit <= MOST_MILLISECONDS)
    }),
  )
}

/** Source: https://www.postgresql.org/docs/current/runtime-config-client.html; a server takes 32 bits with a sign. */
const MOST_MILLISECONDS = 2_147_483_647

/** Settings of the start-up packet: clients that differ in them alone share a session, as they share a database. */
export function startupSettings({ connectionParameters: given }: PgClient): Settings {
  const values = {
    application_name: given.application_name || given.fallback_application_name,
    statement_timeout: milliseconds(given.statement_timeout),
    lock_timeout: milliseconds(given.lock_timeout),
  }
  const set = Object.entries(values).filter(([, value]) => value)
  const asked = optionSettings(given.options)
  if (set.length + asked.size === 0) return NO_SETTINGS
  // The server reads the options first.
  return new Map([
    ...asked,
    ...set.map(([name, value]) => [name, assignedSetting(name, String(value))] as const),
  ])
}

/** As `pg` sends it, whatever unit is written there. */
function milliseconds(given: string | number | false | undefined): number | undefined {
  return given ? Number.parseInt(String(given), 10) : undefined
}

/** Those of the options. The pinned connection has no limit to how long it is idle in its transaction. */
export function optionSettings(options: string | undefined): Settings {
  const { shared } = startupOptions(options)
  const lasting = [...shared].filter(([name]) => name !== 'idle_in_transaction_session_timeout')
  return new Map(lasting.map(([name, value]) => [name, optionSetting(name, value)]))
}

/** SET takes a path as a list of names, set_config() as options have it. */
function optionSetting(name: string, value: string): Setting {
  return name === 'search_path' ? configuredSetting(name, value) : assignedSetting(name, value)
}

/** What the server reports of those settings. */
export function startupParameters({ connectionParameters: given }: PgClient): ReadonlyMap<string, string> {
  return optionParameters(given.options, given.application_name || given.fallback_application_name)
}

/** Those of the options; the server reports default_transaction_read_only since PostgreSQL 14, search_path since 18. */
export function optionParameters(
  options: string | undefined,
  applicationName?: string,
): ReadonlyMap<string, string> {
  const { shared } = startupOptions(options)
  const path = shared.get('search_path')
  const isReadOnly = isOn(shared.get('default_transaction_read_only') ?? 'off')
  return new Map([
    ['application_name', applicationName || shared.get('application_name') || ''],
    ['default_transaction_read_only', isReadOnly ? 'on' : 'off'],
    ...(path === undefined ? [] : [['search_path', path] as const]),
  ])
}
