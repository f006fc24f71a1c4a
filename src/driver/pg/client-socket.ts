/**
 * Gives a client of `pg` its virtual socket: in place of the one it would connect, or before the one it is connected with.
 *
 * The replacements of `pg.Client`'s methods call it when a client comes into the sandbox. Nothing else makes a virtual
 * socket for `pg`, so without it every client would stay outside.
 */
import net from 'node:net'
import type { ClientSide } from '../../client/client-side.ts'
import { VirtualConnection } from '../../client/virtual-connection.ts'
import type { Level } from '../../sandbox/level.ts'
import type { Sandbox } from '../../sandbox/sandbox.ts'
import { knowServer } from '../any-driver/addresses.ts'
import {
  addressOf,
  connectionKey,
  databaseOf,
  loginOf,
  startupParameters,
  startupSettings,
} from '../client-identity.ts'
import { markReal } from '../marks.ts'
import { openServer } from '../open-server.ts'
import type { PgClient } from '../pg-types.ts'
import type { RealPg } from '../real-pg.ts'
import { queryLevels, queueOf } from './query-levels.ts'
import { VirtualSocket } from './virtual-socket.ts'

export const sockets: WeakMap<PgClient, VirtualSocket> = new WeakMap<PgClient, VirtualSocket>()
/** Clients with a virtual socket that are still connected. */
export const connected: Set<PgClient> = new Set<PgClient>()
/** Statements that a client has prepared on its connection outside, with their texts. */
const preparedOutside = new WeakMap<PgClient, Record<string, string>>()

/** The sandbox that a client is led into, and the copy of `pg` with which the sandbox logs in for the client. */
export interface Entrance {
  readonly sandbox: Sandbox
  readonly real: RealPg
}

/** Gives a client that is about to connect its virtual socket. */
export function virtualize(entrance: Entrance, client: PgClient): void {
  const { connection } = client
  let ownStream: unknown = isDefaultStream(connection.stream) ? undefined : connection.stream
  const takeStream = (): unknown => {
    const stream = ownStream
    ownStream = undefined
    return stream
  }
  const { ssl } = connection
  connection.stream = makeSocket(entrance, client, { takeStream })
  // Encryption is between the sandbox and the server; the client's own settings stay as they are.
  connection.ssl = false
  connection.requestSsl = () => connection.emit('sslconnect')
  connection.once('connect', () => {
    connection.ssl = ssl
    if (ssl && client.sslNegotiation === 'direct') connection.emit('sslconnect')
  })
}

/** Is this the socket that `pg` makes by itself? */
function isDefaultStream(stream: unknown): boolean {
  return stream instanceof net.Socket && Object.getPrototypeOf(stream) === net.Socket.prototype
}

/** Puts a virtual socket before the real one of a client that was connected before the sandbox began. */
export function join(entrance: Entrance, client: PgClient, level: Level): void {
  const { connection } = client
  const existing = markReal(connection.stream)
  rememberPrepared(client)
  const listeners = takeListeners(existing)
  const socket = makeSocket(entrance, client, { existing })
  for (const [event, listener] of listeners) socket.on(event, listener)
  // Under encryption the client watches a socket beneath this one.
  let reason: Error | undefined
  socket.on('error', (error) => (reason = error)).on('close', () => existing.destroy(reason))
  socket.level = level
  connection.stream = socket
}

type Stream = PgClient['connection']['stream']
type Listener = (...values: unknown[]) => void

/** What the client reads, and whether that has ended, it learns from its virtual socket. */
function takeListeners(from: Stream): [event: string, listener: Listener][] {
  const events = 'encrypted' in from ? ['data'] : ['data', 'error', 'close']
  return events.flatMap((event) => {
    const listeners = from.listeners(event) as Listener[]
    for (const listener of listeners) from.off(event, listener)
    return listeners.map((listener): [string, Listener] => [event, listener])
  })
}

interface Streams {
  /** The stream of the application's own that the first real connection is to take. */
  readonly takeStream?: () => unknown
  /** The real connection of a client that was connected before the sandbox began. */
  readonly existing?: Stream
}

function makeSocket(
  { sandbox, real }: Entrance,
  client: PgClient,
  { takeStream, existing }: Streams,
): VirtualSocket {
  const { host, port } = client.connectionParameters
  knowServer({ host: host ?? 'localhost', port })
  const side: ClientSide = {
    key: connectionKey(client),
    database: databaseOf(client),
    login: loginOf(client),
    address: addressOf(client),
    settings: startupSettings(client),
    parameters: startupParameters(client),
    ...(existing === undefined ? {} : { processId: client.processID }),
    openServer: (purpose, database) =>
      openServer(real, client, purpose, { stream: takeStream?.(), database }),
    queued: () => queueOf(client).map((query) => queryLevels.get(query)),
    preparedBefore: (name) => preparedOutside.get(client)?.[name],
  }
  const socket = new VirtualSocket(sandbox, (output) => new VirtualConnection(side, output, existing))
  sockets.set(client, socket)
  connected.add(client)
  socket.once('close', () => connected.delete(client))
  return socket
}

/** A client that comes in knows the statements of its connection outside: those it goes on with there. */
export function rememberPrepared(client: PgClient): void {
  preparedOutside.set(client, { ...client.connection.parsedStatements })
}

/** A client that has left the sandbox prepares its statements again, but for those of its connection outside. */
export function bringPrepared(client: PgClient, { connection }: VirtualSocket): void {
  const outside = connection.outside.connection?.isOpen ? preparedOutside.get(client) : undefined
  client.connection.parsedStatements = outside ?? {}
}
