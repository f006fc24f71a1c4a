/** What stands in front of a virtual connection: what the driver says of its client, and where the client's answers go. */
import type { Login } from '../login.ts'
import type { Level } from '../sandbox/level.ts'
import type { ServerConnection } from '../server/server-connection.ts'
import type { Settings } from '../transaction/settings.ts'

/** What the driver says of a client, and does for it. */
export interface ClientSide {
  /** Clients with equal keys see the same server, database and user. */
  readonly key: string
  /** The server and database alone: clients that share it get each other's notifications. */
  readonly database: string
  readonly login: string
  /** How the client reaches its database. */
  readonly address: Login
  /** Settings of its start-up packet, which the pinned connection does not have. */
  readonly settings?: Settings
  /** Parameter values that follow from those settings. */
  readonly parameters?: ReadonlyMap<string, string>
  /** Logs in for real, to another database when one is named; `pinned` when the connection is to carry a sandbox. */
  openServer(purpose: 'pinned' | 'own', database?: string): Promise<ServerConnection>
  /** The levels of the queries that wait in the client itself, behind the one that it has sent. */
  queued?(): readonly (Level | undefined)[]
  /** Does the driver believe its prepared statements to last, whatever the connection? */
  readonly keepsStatements?: boolean
  preparedBefore(name: string): string | undefined
  /** The process id that a client has from a server of its own. */
  readonly processId?: number
}

/** Where the answers for a client go. */
export interface Output {
  /** Hands bytes over; false when the reader is behind. */
  deliver(bytes: Buffer): boolean
  /** The connection has ended, with the error that ended it if there was one. */
  end(reason?: Error): void
}
