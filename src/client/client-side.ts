/** What stands in front of a virtual connection. */
import type { Login } from '../login.ts'
import type { ServerConnection } from '../server/server-connection.ts'
import type { Level } from '../sandbox/level.ts'
import type { Settings } from '../transaction/settings.ts'

/** The client's side: what the driver in front of the virtual connection does. */
export interface ClientSide {
  /** Clients with equal keys see the same server, database and user. */
  readonly key: string
  /** The server and database alone: clients that share it get each other's notifications. */
  readonly database: string
  readonly login: string
  /** How it reaches its database. */
  readonly address: Login
  /** Settings of its start-up packet, which the pinned connection does not have. */
  readonly settings?: Settings
  /** Parameter values that follow from them. */
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
  /** Hands bytes over; false when the reader is behind. */
  push(bytes: Buffer): boolean
  /** The connection has ended, with the error that ended it if there was one. */
  end(reason?: Error): void
}
