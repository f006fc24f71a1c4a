/** What a session and its real connection know of each other. */
import type { Duplex } from 'node:stream'
import type { Fields, Status } from '../protocol/backend.ts'
import type { TransactionState } from './transaction-state.ts'

/** A connection that the server has accepted, ready for queries. */
export interface ServerConnection {
  readonly socket: Duplex & { ref?(): unknown; unref?(): unknown }
  readonly processId: number
  readonly secretKey: number
  /** ParameterStatus values the server sent at connect. */
  readonly parameters: ReadonlyMap<string, string>
  /** Asks the server to cancel what the connection runs. */
  cancel(): Promise<void>
}

/** Where the answers of an exchange go. */
export interface Sink {
  deliver(bytes: Buffer): unknown
  /** An error as the application shall see it. */
  translate(fields: Fields): Fields
  parameterChanged(name: string, value: string): void
}

export interface ExchangeResult {
  readonly state: TransactionState
  readonly status: Status
  readonly failed: boolean
  /** A mere read has turned out to write: nothing was told to the application, it must be sent again. */
  readonly retry: boolean
}

/** What happens to the connection outside an exchange's answers. */
export interface ConnectionEvents {
  readonly lost: (reason: Error | undefined) => void
  /** A statement of our own in front of a unit has failed. */
  readonly prefixError: (error: Fields, sql: string) => void
}
