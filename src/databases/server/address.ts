/** How a server and its databases are reached: a connection string or its parts, and each written as the other. */
import type { Login } from '../../login.ts'
import { readConnectionString } from './connection-string.ts'

/** A connection string, `postgres://user:password@host:port/database`, or its parts. */
export type Address = string | Login

/** The same server and login, with another database. */
export function onDatabase(address: Address, database: string): Address {
  if (typeof address !== 'string') return { ...address, database }
  const url = readConnectionString(address)
  url.pathname = `/${encodeURIComponent(database)}`
  return url.href
}

/** The database that the address names; without one, that of the user's name, as for libpq. */
export function databaseOf(address: Address): string {
  if (typeof address !== 'string') return address.database
  const { pathname, searchParams, username } = readConnectionString(address)
  return decodeURIComponent(pathname.slice(1)) || (searchParams.get('user') ?? decodeURIComponent(username))
}

/** A name, an IP address, or the folder of a Unix socket. */
export function hostOf(address: Address): string {
  if (typeof address !== 'string') return address.host
  const url = readConnectionString(address)
  return url.searchParams.get('host') ?? decodeURIComponent(url.hostname).replace(/^\[(.*)\]$/, '$1')
}

/**
 * As a connection string, which other processes and `psql` take. A password that is a function is left out.
 *
 * @example
 * urlOf({ host: '/tmp', port: 5432, user: 'ada', database: 'app_test' })
 * // 'postgres:///app_test?host=%2Ftmp&port=5432&user=ada'
 */
export function urlOf(address: Address): string {
  if (typeof address === 'string') return address
  const { host, port, user, database } = address
  const password = typeof address.password === 'string' ? address.password : undefined
  const path = encodeURIComponent(database)
  if (host.startsWith('/')) {
    const parts = { host, port: String(port), user, ...(password === undefined ? {} : { password }) }
    return `postgres:///${path}?${new URLSearchParams(parts).toString()}`
  }
  const secret = password === undefined ? '' : `:${encodeURIComponent(password)}`
  const place = host.includes(':') ? `[${host}]` : host
  return `postgres://${encodeURIComponent(user)}${secret}@${place}:${port}/${path}`
}

/** The connection string with no password in it, fit to be printed. */
export function printableUrl(address: Address): string {
  const url = readConnectionString(urlOf(address))
  url.password = url.hash = ''
  for (const name of ['password', 'sslpassword']) url.searchParams.delete(name)
  return url.href
}
