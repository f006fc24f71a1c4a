/** The exchange for a unit, whatever its kind. */
import type { Frame } from '../protocol/frames.ts'
import { FRONTEND } from '../protocol/frontend.ts'
import { type Exchange, wholeExchange } from './exchange.ts'
import { type ExtendedContext, extendedQuery } from './extended-query.ts'
import { simpleQuery } from './simple-query.ts'
import * as transaction from './transaction.ts'
import type { TransactionState } from './transaction.ts'
import type { Unit } from './unit.ts'

const NOTHING: Connected = { known: new Map(), pipelinesAreBlocks: false }

/** What of the real connection matters, while there is one. */
type Connected = Omit<ExtendedContext, 'requester'>

/**
 * @param retry send a mere read behind a guard all the same, because it has turned out to write
 */
export function exchangeOf(
  { frames, requester, texts }: Unit,
  state: TransactionState,
  { known, pipelinesAreBlocks }: Connected = NOTHING,
  retry = false,
): Exchange {
  const [first] = frames as readonly [Frame]
  if (first.type === FRONTEND.query) {
    const { sql, analysis } = texts[0]!
    requester.names.endUnnamed()
    for (const { command } of analysis.statements) requester.names.note(command)
    return simpleQuery(sql, analysis, state, retry)
  }
  if (first.type === FRONTEND.functionCall) {
    const { sql, state: prepared } = transaction.prepare(state)
    return { ...wholeExchange([first.bytes], prepared, transaction.written(prepared)), prefix: sql }
  }
  return extendedQuery(frames, state, { requester, known, pipelinesAreBlocks }, retry)
}
