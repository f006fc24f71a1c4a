/** The exchange for a unit, whatever its kind. */
import type { Frame } from '../protocol/frames.ts'
import { FRONTEND, readQuery } from '../protocol/frontend.ts'
import { type Exchange, wholeExchange } from './exchange.ts'
import { type ExtendedContext, extendedQuery } from './extended-query.ts'
import { simpleQuery } from './simple-query.ts'
import * as transaction from './transaction.ts'
import type { TransactionState } from './transaction.ts'
import type { Unit } from './unit.ts'

const NOTHING: ExtendedContext['known'] = new Map()

/**
 * @param known wire names of the prepared statements that the real connection has
 * @param retry send a mere read behind a guard all the same, because it has turned out to write
 */
export function exchangeOf(
  { frames, requester }: Unit,
  state: TransactionState,
  known: ExtendedContext['known'] = NOTHING,
  retry = false,
): Exchange {
  const [first] = frames as readonly [Frame]
  if (first.type === FRONTEND.query) {
    const sql = readQuery(first.bytes)
    return simpleQuery(sql, requester.analyze(sql), state, retry)
  }
  if (first.type === FRONTEND.functionCall) {
    const { sql, state: prepared } = transaction.prepare(state)
    return { ...wholeExchange([first.bytes], prepared, transaction.written(prepared)), prefix: sql }
  }
  return extendedQuery(frames, state, { requester, known }, retry)
}
