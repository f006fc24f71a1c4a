/**
 * Which addresses are those of a Postgres server.
 *
 * interception.ts asks for each socket that the application writes to. Without it every connection of the application,
 * such as one to a mail server, would have to be looked at.
 */
import type net from 'node:net'
import { canonicalHost } from '../client-identity.ts'

export interface Address {
  /** A name or an IP address, or the folder of a Unix socket. */
  readonly host: string
  readonly port: number
}

const DEFAULT_PORT = 5432

/** Servers to which clients of the sandbox have been connected. */
const known = new Set<string>()

export function knowServer(address: Address): void {
  known.add(keyOf(address))
}

/** The servers that the environment names. */
export function knowEnvironment(): void {
  const { PGHOST: host = 'localhost', PGPORT: port } = process.env
  if (port) knowServer({ host, port: Number(port) })
  for (const value of Object.values(process.env)) {
    if (!value || !/^postgres(?:ql)?:\/\//.test(value) || !URL.canParse(value)) continue
    const url = new URL(value)
    knowServer({ host: url.hostname, port: Number(url.port || DEFAULT_PORT) })
  }
}

/** Is it a server that the application is known to use? */
export function isPostgres(address: Address): boolean {
  return address.port === DEFAULT_PORT || known.has(keyOf(address))
}

/** Where a socket is connected to. */
export function peerOf(socket: net.Socket): Address | undefined {
  const { remotePort: port, remoteAddress } = socket
  if (port === undefined) return undefined
  // The name that it was given, which Node keeps.
  const { _host: name, _parent: parent } = socket as {
    _host?: string | null
    _parent?: { _host?: string | null }
  }
  return { host: name ?? parent?._host ?? remoteAddress ?? '', port }
}

/** The server behind the Unix socket to which `net.Socket.prototype.connect` is told to connect; undefined for any other. */
export function pathOf([first]: readonly unknown[]): Address | undefined {
  // What net.connect() hands on is its arguments, made into a list of their own.
  if (Array.isArray(first)) return pathOf(first)
  const path = typeof first === 'object' && first !== null ? (first as { path?: unknown }).path : first
  return typeof path === 'string' ? unixAddress(path) : undefined
}

/** The server behind a Unix socket, where the path is one of Postgres. */
export function unixAddress(path: string): Address | undefined {
  const [, host, port] = /^(.*)[\\/]\.s\.PGSQL\.(\d+)$/.exec(path) ?? []
  return host === undefined ? undefined : { host, port: Number(port) }
}

/** Begins to connect the socket. */
export function connectTo(socket: net.Socket, { host, port }: Address): net.Socket {
  return host.startsWith('/') ? socket.connect(`${host}/.s.PGSQL.${port}`) : socket.connect(port, host)
}

function keyOf({ host, port }: Address): string {
  return `${canonicalHost(host)}:${port}`
}
