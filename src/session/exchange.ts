/**
 * What one unit of a client becomes on the wire, and how the server's answers to it are told to the client. Data.
 *
 * The builders in simple-query.ts and extended-query.ts make an exchange ahead of time from the state before it; each
 * answer carries the state that holds once it has arrived, so an error leaves the state of the place where it happened.
 */
import type { Fields } from '../protocol/backend.ts'
import type { TransactionState } from './transaction.ts'

/**
 * What the server answers to one step:
 * - `rest`: anything, up to ReadyForQuery;
 * - `statement`: messages up to CommandComplete, EmptyQueryResponse or PortalSuspended;
 * - a number: one message of that type (for RowDescription also ParameterDescription before it, or NoData instead);
 * - `local`: nothing, the sandbox answers `bytes` itself.
 */
export type Expectation = 'rest' | 'statement' | 'local' | number

export interface Answer {
  readonly expect: Expectation
  /** Is the server's answer for the application? Answers to statements of our own are swallowed. */
  readonly forward: boolean
  /** What the application is told without the server. */
  readonly bytes?: Buffer
  /** The error that stands for the server's, where the statement was made to fail. */
  readonly refusal?: Fields
  /** The state after it. */
  readonly state: TransactionState
  /** The prepared statement that exists once it has arrived. */
  readonly prepared?: string
  /** The prepared statement that is gone once it has arrived. */
  readonly closed?: string
}

/** Where a statement stands in the text that was sent and in the text that the application wrote, in UTF-16 units. */
export interface Place {
  readonly wire: number
  readonly application: number
  readonly length: number
}

export interface Exchange {
  /** Statements of our own that ride in front, as one Query message. */
  readonly prefix: readonly string[]
  /** Nothing is sent when empty: then every answer is local. */
  readonly messages: readonly Buffer[]
  readonly answers: readonly Answer[]
  /** The state after the prefix: what an error of the first answer starts from. */
  readonly prepared: TransactionState
  /** A mere read with no transaction around it: when it turns out to write, it is sent again behind a guard. */
  readonly bare: boolean
  /** The application gets no ReadyForQuery: its unit ended in Flush. */
  readonly flush: boolean
  /** An error of our own has ended the unit: a client that has not sent Sync yet must do so first. */
  readonly refused: boolean
  readonly places: readonly Place[]
  /** The texts that positions in errors refer to, where they differ. */
  readonly texts?: { readonly wire: string; readonly application: string }
}

/** A statement that fails whatever the state, so that what follows it in the unit does not run. */
export const FAILING_STATEMENT = 'ROLLBACK TO SAVEPOINT "pg-sandbox refusal"'

/** The position in the application's text, given in characters from 1 as Postgres does, for one in the wire's text. */
export function applicationPosition(exchange: Exchange, position: number): number | undefined {
  const { texts, places } = exchange
  if (texts === undefined) return position
  const offset = utf16Offset(texts.wire, position - 1)
  const place = places.find(({ wire, length }) => offset >= wire && offset <= wire + length)
  if (place === undefined) return undefined
  return characters(texts.application, place.application + offset - place.wire) + 1
}

function utf16Offset(text: string, count: number): number {
  let offset = 0
  for (let i = 0; i < count && offset < text.length; i += 1) offset += text.codePointAt(offset)! > 0xffff ? 2 : 1
  return offset
}

function characters(text: string, end: number): number {
  let count = 0
  for (let offset = 0; offset < end; count += 1) offset += text.codePointAt(offset)! > 0xffff ? 2 : 1
  return count
}
