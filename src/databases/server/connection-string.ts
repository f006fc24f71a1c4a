/**
 * Reads a connection string as `pg` does, and refuses what `pg` refuses without showing the text.
 *
 * Every file of databases/server/ that takes an address apart calls it. `new URL()` alone throws a TypeError that holds the
 * text, and with it the password, and knows less than `pg`: no `50%` as a password, no user without a host.
 */
import { invalidDatabaseUrl } from '../errors.ts'

/** Their hosts and paths are read by other rules, and none of them is a database. */
const SPECIAL = /^(?:https?|wss?|ftp|file):/i

/**
 * @returns a URL that `pg` reads as the text; user and password are in its query where it has no host
 * @throws {SandboxError} `PG_SANDBOX_INVALID_OPTION`
 *
 * @example
 * readConnectionString('postgres://ada:50%@/app_test').href // 'postgres:///app_test?user=ada&password=50%25'
 */
export function readConnectionString(text: string): URL {
  try {
    const url = text.startsWith('/') ? socketIn(...text.split(' ')) : read(escaped(text))
    for (const part of [url.username, url.password, url.hostname, url.pathname]) decodeURIComponent(part)
    if (!isCutShort(url)) return url
  } catch {
    // The cause would show the text.
  }
  throw invalidDatabaseUrl()
}

/** A percent sign that stands for itself, as in the parser of `pg`: https://www.npmjs.com/package/pg-connection-string */
function escaped(text: string): string {
  const isWritten = !/ |%[^a-f0-9]|%[a-f0-9][^a-f0-9]/i.test(text)
  return isWritten ? text : encodeURI(text).replaceAll(/%25(\d\d)/g, '%$1')
}

function read(text: string): URL {
  if (/^socket:/i.test(text)) return ofSocket(new URL(withHost(text)))
  if (!/^[a-z][\w+.-]*:\/\//i.test(text) || SPECIAL.test(text)) throw new TypeError('no URL of a database')
  return URL.canParse(text) ? new URL(text) : withoutHost(text)
}

function withHost(text: string): string {
  return URL.canParse(text) ? text : text.replace('@/', '@localhost/')
}

/** `postgres://ada@/app?host=/tmp`, which the standard for URLs does not know. */
function withoutHost(text: string): URL {
  const url = new URL(withHost(text))
  const login = { user: url.username, password: url.password }
  url.username = url.password = url.host = ''
  const named = new URL(`postgres://${url.pathname}${url.search}`)
  for (const [name, value] of Object.entries(login)) {
    if (value !== '' && !named.searchParams.has(name)) named.searchParams.set(name, decodeURIComponent(value))
  }
  return named
}

/** `socket:/tmp?db=app_test` */
function ofSocket({ pathname, username, password, searchParams }: URL): URL {
  const url = socketIn(decodeURI(pathname), searchParams.get('db') ?? '')
  if (username !== '') url.searchParams.set('user', decodeURIComponent(username))
  if (password !== '') url.searchParams.set('password', decodeURIComponent(password))
  return url
}

function socketIn(folder = '', database = ''): URL {
  return new URL(
    `postgres:///${encodeURIComponent(database)}?${new URLSearchParams({ host: folder }).toString()}`,
  )
}

/**
 * Has the address ended within the password? `postgres://ada:12/x@db/app` would be the database `x@db/app` at the port 12
 * of the host `ada`, and an error about that would show the password.
 */
function isCutShort({ username, pathname, search, hash }: URL): boolean {
  return username === '' && /^[/?#][^=]*@[^=/]+\//.test(pathname + search + hash)
}
