/** What a session and its real connection know of each other. */
import type { Duplex } from 'node:stream'
import type { Fields, Status } from '../protocol/backend.ts'
import type { TransactionState } from '../transaction/state.ts'

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

/** Who can log in to the server for real. */
export interface Opener {
  /** Tells logins apart that the server might judge differently: password and encryption. */
  readonly login: string
  openServer(purpose?: 'pinned' | 'own', database?: string): Promise<ServerConnection>
}

/** Where the answers of an exchange go. */
export interface Sink {
  deliver(bytes: Buffer): unknown
  /** An error as the application shall see it. */
  translate(fields: Fields): Fields
  /** The server asks for rows of a COPY. */
  copyStarted?(): void
  /** Returns whether the client does not know the value yet. */
  parameterChanged(name: string, value: string): boolean
}

/** Where the answers to statements of the sandbox go. */
export const UNHEARD: Sink = {
  deliver: () => {},
  translate: (fields) => fields,
  parameterChanged: () => false,
}

export interface ExchangeResult {
  readonly state: TransactionState
  readonly status: Status
  readonly failed: boolean
  /** How many answers of the exchange have come. */
  readonly reached: number
  /** Are the client's prepared statements gone? */
  readonly hasClosedAll: boolean
  /** The tag of a command that ends or begins the real transaction, where nobody meant one. */
  readonly unseen: string | undefined
  /** A mere read has turned out to write: nothing was told to the application, it must be sent again. */
  readonly retry: boolean
}

/** What happens to the connection outside an exchange's answers. */
export interface ConnectionEvents {
  readonly lost: (reason: Error | undefined) => void
  /** A statement of the sandbox in front of a unit has failed. */
  readonly prefixError: (error: Fields, sql: string) => void
}

/** Beyond the process ids of every system. Source: PID_MAX_LIMIT of Linux is 2^22. */
const FIRST_VIRTUAL = 2 ** 30

let virtualProcessIds = 0

/** Is it the process id of a client that shares a connection with others? */
export function isVirtualProcessId(processId: number): boolean {
  return processId >= FIRST_VIRTUAL
}

export function virtualProcessId(): number {
  virtualProcessIds += 1
  return FIRST_VIRTUAL + (virtualProcessIds % FIRST_VIRTUAL)
}
