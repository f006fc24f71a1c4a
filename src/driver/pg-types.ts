/** The parts of `pg` and `pg-pool` that the driver touches, as of pg 8.11 to 8.23. */
import type { EventEmitter } from 'node:events'
import type { Duplex } from 'node:stream'

export interface PgConnection extends EventEmitter {
  stream: Duplex & { ref?(): unknown; unref?(): unknown }
  ssl: unknown
  /** Names of prepared statements with their text: those the client will not send a Parse message for. */
  parsedStatements: Record<string, string>
  requestSsl(): void
  connect(port: number | string, host?: string): void
  cancel(processId: number, secretKey: number): void
  emit(event: string, ...values: unknown[]): boolean
}

export interface ConnectionParameters {
  readonly host: string | null
  readonly port: number
  readonly user: string
  readonly database: string
  readonly options?: string
  readonly replication?: unknown
  readonly application_name?: string
  readonly fallback_application_name?: string
  readonly statement_timeout?: string | number | false
  readonly lock_timeout?: string | number | false
  readonly client_encoding?: string
}

export type Password = string | null | (() => unknown)

export interface PgQuery {
  readonly text?: string
  handleError(error: Error, connection: PgConnection): void
}

export interface PgClient extends EventEmitter {
  readonly connection: PgConnection
  readonly connectionParameters: ConnectionParameters
  readonly user: string
  readonly host: string
  readonly port: number
  readonly database: string
  readonly password: Password
  readonly ssl: unknown
  readonly sslNegotiation?: string
  readonly processID: number
  readonly secretKey: number
  readonly readyForQuery: boolean
  readonly pipeline?: boolean
  readonly enableChannelBinding?: boolean
  readonly scramMaxIterations?: number
  readonly _connectionTimeoutMillis: number
  readonly _connecting: boolean
  readonly _connected: boolean
  readonly _ending: boolean
  /** Queries not yet submitted; `queryQueue` before pg 8.16. */
  readonly _queryQueue?: PgQuery[]
  readonly queryQueue?: PgQuery[]
  readonly activeQuery?: object | null
  connect(callback?: (error?: Error) => void): Promise<unknown> | undefined
  cancel(target: PgClient, query: object): void
  query(...args: unknown[]): unknown
  _pulseQueryQueue(): void
}

export interface PgClientClass {
  new (config: Record<string, unknown>): PgClient
  readonly prototype: PgClient
}

export interface PgPool extends EventEmitter {
  readonly options: { readonly max: number }
  readonly _clients: readonly PgClient[]
  readonly _idle: readonly { readonly client: PgClient }[]
  connect(
    callback?: (error: Error | undefined, client: PgClient | undefined, done: () => void) => void,
  ): unknown
  _isFull(): boolean
  _remove(client: PgClient): void
}

export interface PgPoolClass {
  readonly prototype: PgPool
}
