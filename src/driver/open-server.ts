/**
 * Opens real connections. A client of `pg` logs in, as it knows passwords, TLS and every option; its socket is then taken
 * over. Both rooms of the driver call it, whenever a virtual connection needs a server. Without it the sandbox would
 * need a login of its own for each way in which `pg` can be configured.
 */
import { limit } from '../clock/clock.ts'
import type { ServerConnection } from '../server/server-connection.ts'
import { refusedLimits } from './client-identity.ts'
import { markReal } from './marks.ts'
import type { PgClient } from './pg-types.ts'
import type { RealPg } from './real-pg.ts'
import { startupOptions } from './startup-options.ts'

/** A read that turns out to write must be found out; and a test may think while its transaction is open. */
export const PINNED_OPTIONS = '-c default_transaction_read_only=on -c idle_in_transaction_session_timeout=0'
const CANCEL_LIMIT = 5000

interface OpenOptions {
  /** A stream of the application's own (`stream` in the client's configuration). */
  readonly stream?: unknown
  /** Default: the one that the client names. */
  readonly database?: string | undefined
}

/** How a pooler refuses what it cannot pass on, such as PgBouncer. Source: its `ignore_startup_parameters`. */
const PROTOCOL_VIOLATION = '08P01'

/** What the connection is for: `pinned` when it is to carry a sandbox, `asked` the same where `options` are refused. */
type Purpose = 'pinned' | 'asked' | 'own'

/**
 * Logs in with the client's own parameters.
 *
 * @param purpose `pinned` when the connection is to carry a sandbox
 */
export async function openServer(
  pg: RealPg,
  client: PgClient,
  purpose: 'pinned' | 'own',
  open: OpenOptions = {},
): Promise<ServerConnection> {
  try {
    return await logIn(pg, client, purpose, open)
  } catch (error) {
    const { code, message } = error as { code?: string; message?: string }
    const isRefused = code === PROTOCOL_VIOLATION && /\boptions\b/.test(message ?? '')
    if (purpose === 'own' || !isRefused) throw error
    return logIn(pg, client, 'asked', { ...open, stream: undefined })
  }
}

async function logIn(
  { Client, connect }: RealPg,
  client: PgClient,
  purpose: Purpose,
  { stream, database = client.connectionParameters.database }: OpenOptions,
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
  purpose: Purpose,
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
  const ours = purpose === 'pinned' ? PINNED_OPTIONS : undefined
  const options = [startupOptions(given.options).rest, ours].filter(Boolean).join(' ')
  // What differs between clients of one database is set for each when it is served: see sessionSettings.
  const settings = {
    statement_timeout: false,
    lock_timeout: false,
    idle_in_transaction_session_timeout: false,
    // The server is to refuse them in its own words.
    ...refusedLimits(given),
  }
  return {
    ...shared,
    options,
    ...settings,
    application_name: undefined,
    fallback_application_name: undefined,
  }
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
