/** What runs the units of clients in a scope: the session they share, or connections of their own to private databases. */
import type { Fields, Status } from '../protocol/backend.ts'
import type { PinnedConnection } from '../server/pinned-connection.ts'
import type { ServerConnection } from '../server/server-connection.ts'
import type { Requester } from './requester.ts'
import type { OuterLevel, Unit } from './unit.ts'

/** The real connection that runs a unit. */
export interface Serving {
  /** Is a Sync sent in place of the client's Flush? */
  readonly syncsAtFlush: boolean
  /** Returns false when the socket is behind; `drained` is called when it is no longer. */
  write(bytes: Buffer, drained: () => void): boolean
  /** Tells a server that reads rows of a COPY that no more will come, and where it waits for Sync then, that. */
  failCopy(waitsForSync: boolean): void
  cancel(): void
  pause(): void
  resume(): void
}

/** A level, as far as a session knows it. */
export interface CallLevel extends OuterLevel {
  readonly ended: boolean
  /** The level around it, whose rows are seen in it. */
  readonly outer: CallLevel | undefined
  /** Does it seem to be that of a file's beforeAll? */
  readonly isAroundTests: boolean
  /** The error for a query of this level after its end. */
  ending(sql: string): Fields
}

/** How a test ends. */
export interface LevelEnd {
  /** The name of the test. */
  readonly test: string | undefined
  /** Undefined where that is not known. */
  readonly failed: boolean | undefined
}

export interface ScopeSession {
  /** Lets a client in, once the server has accepted its login. */
  admit(requester: Requester, level: CallLevel): Promise<ServerConnection>
  /** @param level that in which it was called */
  submit(unit: Unit, level: CallLevel): void
  /** The client is gone. */
  leave(requester: Requester): void
  /** The real connection, while it runs a unit of this client. */
  serving(requester: Requester): Serving | undefined
  statusFor(requester: Requester): Status
  /** Do others wait for the session? */
  readonly isAwaited: boolean
  /** Does a unit run, or wait for its turn? */
  readonly isBusy: boolean
  /** The process id of a connection that is idle and keeps its locks. */
  readonly idleProcessId: number | undefined
  readonly levels: {
    readonly hasWritten: boolean
    start(): void
    rollback(end: LevelEnd): Promise<void>
    /** Resolves to a connection that is to be closed or used again. */
    end(end: LevelEnd): Promise<PinnedConnection | undefined>
  }
}

/** An error that has come in place of a connection, as the answer to a unit. */
export function fieldsOf(error: Error & { readonly code?: string | undefined }): Fields {
  return { S: 'ERROR', V: 'ERROR', C: error.code ?? CONNECTION_FAILURE, M: error.message }
}

/** Source: https://www.postgresql.org/docs/current/errcodes-appendix.html */
const CONNECTION_FAILURE = '08006'
