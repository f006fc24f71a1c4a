/** How a server and its databases are reached. */

/** What `pg` logs in with, in parts. */
export interface Login {
  /** A name, an IP address, or the folder of a Unix socket. */
  readonly host: string
  readonly port: number
  readonly user: string
  readonly password?: string | (() => unknown) | undefined
  readonly database: string
  /** As `pg` takes it. Default: no TLS. */
  readonly ssl?: unknown
}

/** A connection string, `postgres://user:password@host:port/database`, or its parts. */
export type Connection = string | Login

/** The same server and login, with another database. */
export function onDatabase(connection: Connection, database: string): Connection {
  if (typeof connection !== 'string') return { ...connection, database }
  const url = new URL(connection)
  url.pathname = `/${encodeURIComponent(database)}`
  return url.href
}

/** The database that the connection names; without one, that of the user's name, as for libpq. */
export function databaseOf(connection: Connection): string {
  if (typeof connection !== 'string') return connection.database
  const url = new URL(connection)
  return decodeURIComponent(url.pathname.slice(1)) || decodeURIComponent(url.username)
}

/** A name, an IP address, or the folder of a Unix socket. */
export function hostOf(connection: Connection): string {
  if (typeof connection !== 'string') return connection.host
  const url = new URL(connection)
  return url.searchParams.get('host') ?? decodeURIComponent(url.hostname)
}

/**
 * As a connection string, which other processes and `psql` take. A password that is a function is left out.
 *
 * @example
 * urlOf({ host: '/tmp', port: 5432, user: 'ada', database: 'app_test' })
 * // 'postgres:///app_test?host=%2Ftmp&port=5432&user=ada'
 */
export function urlOf(connection: Connection): string {
  if (typeof connection === 'string') return connection
  const { host, port, user, database } = connection
  const password = typeof connection.password === 'string' ? connection.password : undefined
  const path = encodeURIComponent(database)
  if (host.startsWith('/')) {
    const parts = { host, port: String(port), user, ...(password === undefined ? {} : { password }) }
    return `postgres:///${path}?${new URLSearchParams(parts).toString()}`
  }
  const secret = password === undefined ? '' : `:${encodeURIComponent(password)}`
  const address = host.includes(':') ? `[${host}]` : host
  return `postgres://${encodeURIComponent(user)}${secret}@${address}:${port}/${path}`
}

/** The connection string with no password in it, fit to be printed. */
export function printableUrl(connection: Connection): string {
  const url = new URL(urlOf(connection))
  url.password = ''
  url.searchParams.delete('password')
  return url.href
}
