/** The exchange for a unit, whatever its kind. */
import type { Frame } from '../protocol/frames.ts'
import { FRONTEND, query, readQuery } from '../protocol/frontend.ts'
import type { Exchange } from './exchange.ts'
import { extendedQuery } from './extended-query.ts'
import { simpleQuery } from './simple-query.ts'
import * as transaction from './transaction.ts'
import type { TransactionState } from './transaction.ts'
import type { Unit } from './unit.ts'

export type { Exchange }

const NOTHING: ReadonlySet<string> = new Set()

/**
 * @param known wire names of the prepared statements that the real connection has
 * @param retry send a mere read behind a guard all the same, because it has turned out to write
 */
export function exchangeOf(
  { frames, requester }: Unit,
  state: TransactionState,
  known: ReadonlySet<string> = NOTHING,
  retry = false,
): Exchange {
  const [first] = frames as readonly [Frame]
  if (first.type === FRONTEND.query) {
    const sql = readQuery(first.bytes)
    return simpleQuery(sql, requester.analyze(sql), state, retry)
  }
  if (first.type === FRONTEND.functionCall) {
    const { sql, state: prepared } = transaction.prepare(state)
    return { ...opaque([first.bytes], prepared), prefix: sql, answers: [{ ...REST, state: transaction.written(prepared) }] }
  }
  return extendedQuery(frames, state, { requester, known }, retry)
}

const REST = { expect: 'rest', forward: true } as const

/** Statements of our own, which leave the connection in `state`. */
export function ownExchange(sql: readonly string[], state: TransactionState): Exchange {
  return opaque([query(sql.join(';'))], state)
}

function opaque(messages: readonly Buffer[], state: TransactionState): Exchange {
  const answers = [{ expect: 'rest', forward: false, state }] as const
  return { prefix: [], messages, answers, prepared: state, bare: false, flush: false, refused: false, places: [] }
}
