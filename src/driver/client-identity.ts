/** What tells clients of `pg` apart: their server, database, user, login, and the settings that they begin with. */
import { toldApart } from '../object-identity.ts'
import { assignedSetting, isOn, NO_SETTINGS, type Settings } from '../transaction/settings.ts'
import type { Login } from '../login.ts'
import type { PgClient } from './pg-types.ts'

/** Clients with equal keys see the same server, database and user. */
export function connectionKey({
  connectionParameters: { host, port, user, database, options, client_encoding: encoding },
}: PgClient): string {
  return JSON.stringify([canonicalHost(host), port, user, database, options ?? '', encoding ?? ''])
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
    default_transaction_read_only: readOnlyOption(given.options),
  }
  const set = Object.entries(values).filter(([, value]) => value)
  if (set.length === 0) return NO_SETTINGS
  return new Map(set.map(([name, value]) => [name, assignedSetting(name, String(value))]))
}

/** As `pg` sends it, whatever unit is written there. */
function milliseconds(given: string | number | false | undefined): number | undefined {
  return given ? Number.parseInt(String(given), 10) : undefined
}

/** The one option that the pinned connection does not leave to the client. */
function readOnlyOption(options: string | undefined): string | undefined {
  return /default_transaction_read_only\s*=\s*(\w+)/i.exec(options ?? '')?.[1]
}

/** What the server reports of those settings; it reports default_transaction_read_only since PostgreSQL 14. */
export function startupParameters({ connectionParameters: given }: PgClient): ReadonlyMap<string, string> {
  return new Map([
    ['application_name', given.application_name || given.fallback_application_name || ''],
    ['default_transaction_read_only', isOn(readOnlyOption(given.options) ?? 'off') ? 'on' : 'off'],
  ])
}
