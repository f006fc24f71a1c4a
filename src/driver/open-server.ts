/** Real connections, made by `pg` itself: it knows passwords, TLS and every option; its socket is then taken over. */
import net from 'node:net'
import type { ServerConnection } from '../server/server-connection.ts'
import { limit } from '../clock/clock.ts'
import type { PgClient, PgClientClass } from './pg/pg-types.ts'

/** A read that turns out to write must be found out; and a test may think while its transaction is open. */
export const PINNED_OPTIONS = '-c default_transaction_read_only=on -c idle_in_transaction_session_timeout=0'
const CANCEL_LIMIT = 5000

/** The real methods of a `pg` copy. */
export interface RealPg {
  readonly Client: PgClientClass
  readonly connect: PgClient['connect']
}

interface OpenOptions {
  /** A stream of the application's own (`stream` in the client's configuration). */
  readonly stream?: unknown
  /** Default: the one that the client names. */
  readonly database?: string | undefined
}

/**
 * Logs in with the client's own parameters.
 *
 * @param purpose `pinned` when the connection is to carry a sandbox
 */
export async function openServer(
  { Client, connect }: RealPg,
  client: PgClient,
  purpose: 'pinned' | 'own',
  { stream, database = client.connectionParameters.database }: OpenOptions = {},
): Promise<ServerConnection> {
  const real = new Client(configuration(client, purpose, { stream, database }))
  markReal(real.connection.stream)
  const parameters = new Map<string, string>()
  const { connection } = real
  connection.on('parameterStatus', (message: { parameterName: string; parameterValue: string }) => {
    parameters.set(message.parameterName, message.parameterValue)
  })
  real.on('error', () => {}) // The socket's errors are its new holder's to handle.
  try {
    await connect.call(real)
  } catch (error) {
    connection.stream.destroy()
    throw error
  }
  const socket = connection.stream
  socket.removeAllListeners('data')
  const cancel = (): Promise<void> =>
    sendCancel(new Client(configuration(client, purpose, { database })), real)
  return { socket, processId: real.processID, secretKey: real.secretKey, parameters, cancel }
}

function configuration(
  client: PgClient,
  purpose: 'pinned' | 'own',
  { stream, database }: OpenOptions,
): Record<string, unknown> {
  const { connectionParameters: given } = client
  const shared = {
    ...given,
    database,
    password: client.password,
    ssl: client.ssl,
    stream,
    sslnegotiation: client.sslNegotiation,
    enableChannelBinding: client.enableChannelBinding,
    scramMaxIterations: client.scramMaxIterations,
    connectionTimeoutMillis: client._connectionTimeoutMillis,
  }
  if (purpose === 'own') return shared
  const options = [given.options, PINNED_OPTIONS].filter(Boolean).join(' ')
  // What differs between clients of one database is set for each when it is served: see sessionSettings.
  const settings = {
    statement_timeout: false,
    lock_timeout: false,
    idle_in_transaction_session_timeout: false,
  }
  return {
    ...shared,
    options,
    ...settings,
    application_name: undefined,
    fallback_application_name: undefined,
  }
}

/** Is this the socket that `pg` makes by itself? */
export function isDefaultStream(stream: unknown): boolean {
  return stream instanceof net.Socket && Object.getPrototypeOf(stream) === net.Socket.prototype
}

/** On sockets that are to lead to the server itself, in whatever realm they were made. */
const REAL = Symbol.for('pg-sandbox.real')

export function markReal<Stream extends object>(stream: Stream): Stream {
  Object.defineProperty(stream, REAL, { value: true, configurable: true })
  return stream
}

export function isReal(stream: object): boolean {
  return REAL in stream
}

/** On sockets that lead into the sandbox, whichever copy of this package has made them. */
const VIRTUAL = Symbol.for('pg-sandbox.virtual')

export function markVirtual(stream: object): void {
  Object.defineProperty(stream, VIRTUAL, { value: true })
}

export function isVirtual(stream: object): boolean {
  return VIRTUAL in stream
}

/** Cancels what the backend of `real` runs, on a connection of its own, as the protocol wants it. */
function sendCancel(canceller: PgClient, real: PgClient): Promise<void> {
  const { connection, host, port, ssl } = canceller
  markReal(connection.stream)
  return new Promise((resolve, reject) => {
    const late = (): void => void connection.stream.destroy(new Error('cancel request timed out'))
    const lift = limit(CANCEL_LIMIT, late)
    const send = (): void => connection.cancel(real.processID, real.secretKey)
    connection.on('connect', () => (ssl ? connection.requestSsl() : send()))
    connection.on('sslconnect', send)
    connection.on('error', reject)
    connection.on('end', () => {
      lift()
      resolve()
    })
    if (host?.startsWith('/')) connection.connect(`${host}/.s.PGSQL.${port}`)
    else connection.connect(port, host)
  })
}
