/**
 * The environment that leads another process to a database: a migration tool, a worker's application, a program that a
 * test starts.
 */

import { readConnectionString } from './connection-string.ts'

/** The variables that libpq and its like read, and the one that most tools read. */
export type ProcessEnvironment = Readonly<Record<string, string>>

/**
 * @param url a connection string
 *
 * @example
 * environmentOf('postgres://ada@127.0.0.1:5433/app_test')
 * // { DATABASE_URL: …, PGHOST: '127.0.0.1', PGPORT: '5433', PGUSER: 'ada', PGDATABASE: 'app_test' }
 */
export function environmentOf(url: string): ProcessEnvironment {
  const { hostname, port, username, password, pathname, searchParams } = readConnectionString(url)
  const parts = {
    PGHOST: searchParams.get('host') ?? decodeURIComponent(hostname).replace(/^\[(.*)\]$/, '$1'),
    PGPORT: searchParams.get('port') ?? port,
    PGUSER: searchParams.get('user') ?? decodeURIComponent(username),
    PGPASSWORD: searchParams.get('password') ?? decodeURIComponent(password),
    PGDATABASE: decodeURIComponent(pathname.slice(1)),
  }
  const given = Object.entries(parts).filter(([, value]) => value !== '')
  return { DATABASE_URL: url, ...Object.fromEntries(given) }
}
