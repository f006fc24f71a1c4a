/** A client, as a session works for it. A virtual connection is one; what stands in front of it no session knows. */
import type { Speaker } from '../exchange/unit.ts'
import type { Exchange } from '../exchange/exchange.ts'
import type { Login } from '../login.ts'
import type { Fields, Status } from '../protocol/backend.ts'
import type { Opener } from '../server/server-connection.ts'
import type { Belongings } from '../transaction/belongings.ts'
import type { Listener } from './notifications.ts'

/** What is noted of a unit while it runs, where there is a log of SQL. */
export interface UnitRecord {
  /** What goes out for the unit. */
  sent(exchange: Pick<Exchange, 'prefix' | 'messages' | 'ending'>): void
  /** What its client is told. */
  delivered(bytes: Buffer): void
  /** The unit is answered. */
  end(): void
}

/** A transaction of which its client believes that it is open. */
export interface CutOff {
  /** The error for what is said in it. */
  readonly error: (sql: string) => Fields
  /** What the client is told: it fails with the first error. */
  readonly status: 'T' | 'E'
}

export interface Requester extends Speaker, Opener, Listener {
  /** How the client reaches its database. */
  readonly address: Login
  /** The client's transaction was rolled back with a test, or may not run: what would have been said in it must not run. */
  cutOff: CutOff | undefined
  /** Connections that are idle since their next query waits behind one of this client. */
  readonly keptWaiting: readonly number[]
  /** Connected; has said goodbye, while what it sent before is still answered; or gone. */
  readonly phase: 'connected' | 'leaving' | 'gone'
  /** What the client has in its session: that of the transaction's state, once its unit has ended. */
  belongings: Belongings
  /** Of the unit that runs, where there is a log of SQL. */
  readonly record: UnitRecord | undefined
  /** Hands bytes to the client. */
  deliver(bytes: Buffer): void
  /** Returns whether the client does not know the value yet. */
  parameterChanged(name: string, value: string): boolean
  /** The server asks for rows of a COPY: those that have come ahead are to be written now. */
  copyStarted(): void
  /** The client's unit has ended with this status of its transaction. */
  ready(status: Status): void
  /** The server has ended the connection while it worked for this client. */
  disconnect(reason: Error | undefined): void
}
