/** The public `sandboxSocket`: a socket for drivers that take one, such as postgres.js. */
import net from 'node:net'
import { sandbox } from '../../sandbox/sandbox.ts'
import { resolvedPg } from '../real-pg.ts'
import { unixAddress } from './addresses.ts'
import { connectInside } from './take-over.ts'

/** Where to connect; of several servers the first. */
export interface SocketOptions {
  readonly host?: string | readonly string[]
  readonly port?: number | readonly number[]
  /** The path of a Unix socket, in place of host and port. */
  readonly path?: string | false
}

/**
 * A connection to the server for another driver than `pg`: inside the sandbox while a level is open, otherwise to the
 * server itself. Connections that are opened after `start()` are taken in without it; with it, those from before are, too.
 *
 * @param options host and port as postgres.js hands them over; defaults: localhost, 5432
 * @returns the socket, a `net.Socket` of Node; an error to connect comes with its first use
 *
 * @example
 * import postgres from 'postgres'
 * import { sandboxSocket } from 'pg-sandbox'
 * const sql = postgres(url, { socket: sandboxSocket })
 */
export function sandboxSocket({ host = 'localhost', port = 5432, path }: SocketOptions = {}): object {
  const given = { host: [host].flat()[0]!, port: Number([port].flat()[0]) }
  const address = (path ? unixAddress(path) : undefined) ?? given
  const socket = new net.Socket()
  connectInside(socket, address, sandbox(), resolvedPg())
  return socket
}
