/** An exchange under way: what the client is told as the answers come, and what an error leaves. */
import {
  BACKEND,
  errorResponse,
  type Fields,
  noticeResponse,
  readFields,
  readTag,
} from '../protocol/backend.ts'
import { query } from '../protocol/frontend.ts'
import { isParseError, isParserNotice, placed, withoutPlace } from '../exchange/error-places.ts'
import { type Ending, endsStatement, type Exchange } from '../exchange/exchange.ts'
import type { HeldOutput } from './held-output.ts'
import { type Joined, Prefix } from './prefix.ts'
import type { ExchangeResult, Sink } from './server-connection.ts'
import { failed, queried } from '../transaction/regions.ts'
import type { TransactionState } from '../transaction/state.ts'

export interface Running {
  readonly exchange: Exchange
  readonly sink: Sink
  readonly done: (result: ExchangeResult) => void
  readonly held: HeldOutput
  readonly prefix: Prefix
  index: number
  /** Has the server answered any statement of it? Then it has parsed the whole. */
  isParsed: boolean
  /** The state that an error has left. */
  failure: TransactionState | undefined
  retry: boolean
  /** Has the unit itself ended, so that what comes belongs to the ending of its transaction? */
  isEnding: boolean
  /** The completion of its last statement, to be told when its transaction has ended. */
  completion: Buffer | undefined
  unseen: string | undefined
}

/** @param joined what was to be sent ahead, and goes in front of its prefix */
export function begun(
  exchange: Exchange,
  sink: Sink,
  done: Running['done'],
  held: HeldOutput,
  joined?: readonly Joined[],
): Running {
  return {
    exchange,
    sink,
    done,
    held,
    prefix: new Prefix(exchange.prefix, joined),
    index: 0,
    isParsed: false,
    failure: undefined,
    retry: false,
    isEnding: false,
    completion: undefined,
    unseen: undefined,
  }
}

/** All that is written at once for it. */
export function messagesOf({ exchange, prefix }: Running): Buffer[] {
  const messages = [...prefix.messages, ...exchange.messages]
  if (hasEnding(exchange) && !exchange.ending.waits) messages.push(query(exchange.ending.sql.join(';')))
  return messages
}

/** Where the answers to our own statements go. */
export const UNHEARD: Sink = {
  deliver: () => {},
  translate: (fields) => fields,
  parameterChanged: () => false,
}

/**
 * What the parser notices comes before every answer; what comes with the end of the transaction, before the last
 * completion.
 */
export function notice(running: Running, bytes: Buffer): void {
  const { exchange, held, index, isEnding } = running
  const fields = readFields(bytes)
  if (isEnding) return held.push(bytes)
  if (!isParserNotice(fields)) answerLocally(running)
  tell(running, BACKEND.notice, fields['P'] ? noticeResponse(placed(exchange, index, fields)) : bytes)
}

export function hasEnding(exchange: Exchange): exchange is Exchange & { readonly ending: Ending } {
  return exchange.ending !== undefined && exchange.ending.sql.length > 0
}

/** The sandbox itself answers what begins or ends a transaction: the server is never asked to by a client's statement. */
export function transactionTag(bytes: Buffer): string | undefined {
  if (!FIRST_LETTERS.has((bytes[TAG]! << 8) | bytes[TAG + 1]!)) return undefined
  const tag = bytes.length <= LONGEST_TAG ? readTag(bytes) : ''
  return TRANSACTION_TAGS.has(tag) ? tag : undefined
}

const TRANSACTION_TAGS: ReadonlySet<string> = new Set([
  'BEGIN',
  'START TRANSACTION',
  'COMMIT',
  'PREPARE TRANSACTION',
])
const LONGEST_TAG = 26
/** Where the tag stands in its message, and the first two letters of those: most tags need not be read. */
const TAG = 5
const FIRST_LETTERS: ReadonlySet<number> = new Set(
  [...TRANSACTION_TAGS].map((tag) => Buffer.from(tag).readUInt16BE(0)),
)

/** Tells what the server or the sandbox has answered; the completion that may be the last is told with the next. */
export function tell(running: Running, type: number, bytes: Buffer): void {
  const { exchange, held, completion } = running
  if (completion !== undefined) held.push(completion)
  const isLast = hasEnding(exchange) && exchange.ending.holdsCompletion && endsStatement(type)
  running.completion = isLast ? bytes : undefined
  if (!isLast) held.push(bytes)
}

/** Tells the application what the sandbox answers itself, as far as the server has come. */
export function answerLocally(running: Running): void {
  if (running.failure !== undefined) return
  const { answers } = running.exchange
  for (let next = answers[running.index]; next?.expect === 'local'; next = answers[running.index]) {
    tell(running, next.bytes![0]!, next.bytes!)
    running.index += 1
  }
}

/** A string that cannot be parsed has done nothing; any other error has come to the statement that is due. */
export function fail(running: Running, fields: Fields): void {
  const { exchange, sink, held } = running
  if (running.isEnding) return failEnding(running, fields)
  const rejected = isParseError(fields) && !running.isParsed ? exchange.rejected : undefined
  if (rejected === undefined) answerLocally(running)
  if (running.completion !== undefined) held.push(running.completion)
  held.hold()
  held.push(errorResponse(sink.translate(placed(exchange, running.index, fields))))
  running.failure = rejected ?? failureOf(exchange, running.index, isParseError(fields))
}

/** A statement that was parsed has taken its snapshot, if it takes one, before it failed. */
function failureOf({ answers }: Exchange, index: number, isUnparsed: boolean): TransactionState {
  const last = answers.at(-1)!
  const { before = last.state, failure } = answers[index] ?? last
  if (failure !== undefined) return failure
  // Where the messages before Execute fail, it is their statement's.
  const { state } = answers.slice(index).find(({ expect }) => expect === 'statement') ?? last
  const hasSnapshot = state.block?.queried && !isUnparsed && before.block?.failed === false
  return failed(hasSnapshot ? queried(before) : before)
}

/** A deferred constraint, for instance: the error comes in place of the last completion. */
function failEnding(running: Running, fields: Fields): void {
  const { exchange, held, sink } = running
  held.hold()
  held.push(errorResponse(sink.translate(withoutPlace(fields))))
  running.failure = exchange.ending!.failure
}
