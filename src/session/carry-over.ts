/**
 * What a client has in its session on the server, and takes along to its next real connection: settings, channels,
 * statements prepared in SQL. Asked of the server, so that it is right whatever the client has done. Pure.
 */
import { readRows } from '../protocol/rows.ts'
import { quoteIdentifier, quoteLiteral } from '../sql/quote.ts'
import type { ClientObjects } from '../transaction/client-objects.ts'
import { withoutSchema } from '../transaction/search-path.ts'
import { configuredSetting, type Settings } from '../transaction/settings.ts'
import { switchSettings } from '../transaction/switch-settings.ts'

export interface CarryOver {
  readonly settings: Settings
  readonly listening: ClientObjects['listening']
  /** PREPARE statements, as the client has written them. */
  readonly prepares: readonly string[]
  /** Names of the statements that were prepared by messages of the protocol. */
  readonly statements: readonly string[]
  /** Values of the parameters that a server reports by itself. */
  readonly parameters: ReadonlyMap<string, string>
}

const REPORTED = [
  'application_name',
  'client_encoding',
  'DateStyle',
  'default_transaction_read_only',
  'IntervalStyle',
  'is_superuser',
  'search_path',
  'session_authorization',
  'standard_conforming_strings',
  'TimeZone',
]

/** @param ownNames settings of the application's own (`app.user`), which pg_settings does not show */
export function askWhatIsCarried(ownNames: Iterable<string> = []): string {
  return [
    "SELECT name, setting, 'setting' FROM pg_catalog.pg_settings WHERE source = 'session'",
    "SELECT 'role', current_setting('role'), 'setting' WHERE current_setting('role') <> 'none'",
    `SELECT name, current_setting(name, true), 'setting' FROM unnest(${array(ownNames)}) name`,
    "SELECT channel, '', 'channel' FROM pg_catalog.pg_listening_channels() channel",
    "SELECT name, statement, CASE WHEN from_sql THEN 'prepare' ELSE 'statement' END FROM pg_catalog.pg_prepared_statements",
    `SELECT name, current_setting(name, true), 'parameter' FROM unnest(${array(REPORTED)}) name`,
  ].join(' UNION ALL ')
}

/** @param answer the server's messages */
export function readWhatIsCarried(answer: Buffer): CarryOver {
  const rows = readRows(answer).filter(([, value]) => value !== null) as [string, string, string][]
  const of = (kind: string): [string, string][] =>
    rows.filter((row) => row[2] === kind).map(([name, value]) => [name, value])
  return {
    settings: new Map(of('setting').map(([name, value]) => [name, configuredSetting(name, value)])),
    listening: new Set(of('channel').map(([name]) => name)),
    prepares: of('prepare').map(([, statement]) => statement),
    statements: of('statement').map(([name]) => name),
    parameters: new Map(of('parameter')),
  }
}

/** The statements that bring it back on a connection with the client's own start-up. */
export function bringBack(
  { settings, listening }: Pick<CarryOver, 'settings' | 'listening'>,
  startupSettings: Settings,
): string[] {
  const listens = [...listening].map((channel) => `LISTEN ${quoteIdentifier(channel)}`)
  return [...switchSettings(startupSettings, withoutSchema(settings)), ...listens]
}

function array(names: Iterable<string>): string {
  return `ARRAY[${[...names].map((name) => quoteLiteral(name)).join(', ')}]::text[]`
}
