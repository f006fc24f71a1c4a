/**
 * An exchange: what one unit of a client becomes on the wire, and how the server's answers to it are told to the client. Data.
 *
 * The builders in simple-query.ts and extended-query.ts make an exchange ahead of time from the state before it; each
 * answer carries the state that holds once it has arrived, so an error leaves the state of the place where it happened.
 *
 * The way into the room exchange/, which is pure but for the names that a client has given: messages up to where a client
 * waits are a unit (unit-collector, unit), make-exchange.ts makes its exchange, resting-states.ts keeps what comes again. A
 * session asks for the exchange of each unit, and server/ runs it. Without the room a client's text would reach the server
 * as it is, transaction commands and all.
 */
import { BACKEND, type Fields } from '../protocol/backend.ts'
import { query } from '../protocol/frontend.ts'
import type { Registration } from './client-names.ts'
import { endRegion, failed } from '../transaction/regions.ts'
import { initialState, type TransactionState } from '../transaction/state.ts'

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
  /** Is the server's answer for the application? Answers to statements of the sandbox are swallowed. */
  readonly forward: boolean
  /** What the application is told without the server. */
  readonly bytes?: Buffer
  /** The error that stands for the server's, where the statement was made to fail. */
  readonly refusal?: Fields
  /** The code of the one error for which the refusal stands; without it, for all. */
  readonly refuses?: string
  /** The state its statement starts from, which an error leaves behind; for answers of the server. */
  readonly before?: TransactionState
  /** The state that the statement's error leaves, where that is another than a failed statement's. */
  readonly failure?: TransactionState
  /** The state that holds once the answer has arrived. */
  readonly state: TransactionState
  /** The prepared statement that exists once it has arrived. */
  readonly prepared?: string
  /** The prepared statement that is gone once it has arrived. */
  readonly closed?: string
  /** Are all prepared statements of the client gone once it has arrived? */
  readonly closesAll?: boolean
}

/** Where a statement stands in the text that was sent and in the text that the application wrote, in UTF-16 units. */
export interface Place {
  readonly wire: number
  readonly application: number
  readonly length: number
}

export interface Ending {
  /** Sent behind the unit, as one Query message; an error of it is the unit's. */
  readonly sql: readonly string[]
  /** The state when unit and ending have succeeded, and when the ending has failed. */
  readonly state: TransactionState
  readonly failure: TransactionState
  /** The server tells a Query message's last completion after the end of its transaction. */
  readonly holdsCompletion: boolean
  /** It cannot be sent before the unit has ended, since the server reads rows of a COPY. */
  readonly waits: boolean
}

export interface Exchange {
  /** Statements of the sandbox that ride in front, as one Query message. */
  readonly prefix: readonly string[]
  /** Nothing is sent when empty: then every answer is local. */
  readonly messages: readonly Buffer[]
  readonly answers: readonly Answer[]
  /** The state when the server rejects a string as a whole, because it cannot parse it. */
  readonly rejected?: TransactionState
  /** A mere read with no transaction around it: when it turns out to write, it is sent again behind a guard. */
  readonly bare: boolean
  /** The application gets no ReadyForQuery: its unit ended in Flush. */
  readonly flush: boolean
  /** An error of the sandbox has ended the unit: a client that has not sent Sync yet must do so first. */
  readonly refused: boolean
  readonly places: readonly Place[]
  /** Statements that a client has asked to prepare; one whose answer does not come is not prepared. */
  readonly registered?: readonly Registration[]
  /** What ends the implicit transaction of a unit outside a block. */
  readonly ending?: Ending
  /** The texts that positions in errors refer to, where they differ. */
  readonly texts?: { readonly wire: string; readonly application: string }
}

export interface Retry {
  /** Is a mere read to be sent behind a guard all the same, because it has turned out to write? */
  readonly retry?: boolean
}

/** Messages whose answers are all the application's, and leave `state`. */
export function wholeExchange(
  messages: readonly Buffer[],
  before: TransactionState,
  state: TransactionState,
): Exchange {
  const answers: Answer[] = [{ expect: 'rest', forward: true, before, state }]
  return { prefix: [], messages, answers, bare: false, flush: false, refused: false, places: [] }
}

/** The ending of a unit that leaves `state`; none while a block is open. */
export function endingOf(
  state: TransactionState,
  { holdsCompletion, waits }: Pick<Ending, 'holdsCompletion' | 'waits'>,
): Ending | undefined {
  if (state.block !== undefined) return undefined
  const { sql, state: ended } = endRegion(state)
  return { sql, state: ended, failure: failed(state), holdsCompletion, waits }
}

/** Statements of the sandbox, whose effect on the state their sender knows. */
export function statementsExchange(sql: readonly string[]): Exchange {
  return messagesExchange([query(sql.join(';'))])
}

/** Messages of the sandbox, the same for the extended protocol. */
export function messagesExchange(messages: readonly Buffer[]): Exchange {
  const state = initialState(0)
  return wholeExchange(messages, state, state)
}

/** Statements of the sandbox whose answers the client does not get, but hears what they report, such as values of parameters. */
export function silentExchange(sql: readonly string[]): Exchange {
  const { answers, ...exchange } = statementsExchange(sql)
  return { ...exchange, answers: answers.map((answer) => ({ ...answer, forward: false })) }
}

/** A statement that fails whatever the state, so that what follows it in the unit does not run. */
export const FAILING_STATEMENT = 'ROLLBACK TO SAVEPOINT "pg-sandbox refusal"'

/** The types of messages that complete an answer besides the one that it expects. */
export const COMPLETED_BY: ReadonlyMap<Expectation, ReadonlySet<number>> = new Map<
  Expectation,
  ReadonlySet<number>
>([
  ['statement', new Set<number>([BACKEND.commandComplete, BACKEND.emptyQuery, BACKEND.portalSuspended])],
  [BACKEND.rowDescription, new Set<number>([BACKEND.noData])],
])

export function endsStatement(type: number): boolean {
  return type === BACKEND.commandComplete || type === BACKEND.emptyQuery
}
