/** The exchange for a unit, whatever its kind. */
import { type ClientFrame, FRONTEND, isUnnamed } from '../protocol/frontend.ts'
import { type Exchange, wholeExchange } from './exchange.ts'
import { type ExtendedContext, extendedQuery } from './extended-query.ts'
import { statementOf } from './extended-statements.ts'
import { exchangesFrom } from './resting-states.ts'
import { simpleQuery } from './simple-query.ts'
import { materialize } from '../transaction/materialize.ts'
import * as regions from '../transaction/regions.ts'
import type { TransactionState } from '../transaction/state.ts'
import type { SpokenUnit } from './unit.ts'

const NOTHING: Connected = { known: new Map(), pipelinesAreBlocks: false }

/** What of the real connection matters, while there is one. */
type Connected = Omit<ExtendedContext, 'requester'>

/**
 * @param retry send a mere read behind a guard all the same, because it has turned out to write
 */
export function exchangeOf(
  unit: SpokenUnit,
  state: TransactionState,
  connected: Connected = NOTHING,
  retry = false,
): Exchange {
  const { frames, requester } = unit
  const [first] = frames as readonly [ClientFrame]
  if (first.type === FRONTEND.query) return queryExchange(unit, state, retry)
  if (first.type === FRONTEND.functionCall) {
    const { sql, state: prepared } = materialize(state)
    return { ...wholeExchange([first.bytes], prepared, regions.written(prepared)), prefix: sql }
  }
  const { known, pipelinesAreBlocks } = connected
  const make = (): Exchange => extendedQuery(frames, state, { requester, known, pipelinesAreBlocks }, retry)
  return retry ? make() : valuesExchange(unit, state, make)
}

/** From a state that comes again, a text becomes the same messages again. */
function queryExchange({ requester, texts }: SpokenUnit, state: TransactionState, retry: boolean): Exchange {
  const { sql, analysis } = texts[0]!
  requester.names.endUnnamed()
  const made = retry ? undefined : exchangesFrom(state)?.simple
  const exchange = made?.get(analysis) ?? simpleQuery(sql, analysis, state, retry)
  made?.set(analysis, exchange)
  return exchange
}

/** A text and its values become the messages that the client has sent, and the same but for these as before. */
function valuesExchange(unit: SpokenUnit, state: TransactionState, make: () => Exchange): Exchange {
  const made = exchangesFrom(state)?.extended
  if (made === undefined || !isPlain(unit)) return make()
  const { frames, requester, texts } = unit
  const { sql, analysis } = texts[0]!
  const messages = frames.map(({ bytes }) => bytes)
  const known = made.get(analysis)
  if (known !== undefined) {
    const { command } = analysis.statements[0]!
    const statement = statementOf(sql, command, messages[0]!, '')
    requester.names.useUnnamed(statement, known.answers.at(-1)!.state.block !== undefined)
    return { ...known, messages }
  }
  const exchange = make()
  // The values are not kept with it.
  if (areEqual(exchange.messages, messages)) made.set(analysis, { ...exchange, messages: [] })
  return exchange
}

function areEqual(some: readonly Buffer[], others: readonly Buffer[]): boolean {
  return some.length === others.length && some.every((bytes, i) => bytes.equals(others[i]!))
}

const PLAIN = [FRONTEND.parse, FRONTEND.bind, FRONTEND.describe, FRONTEND.execute, FRONTEND.sync]

/** Is it what a driver sends to bind values to one statement, without names, and is nothing left of what had any? */
function isPlain({ frames, requester: { names }, texts }: SpokenUnit): boolean {
  if (frames.length !== PLAIN.length || texts.length !== 1 || names.hasNamedPortals) return false
  if (!frames.every(({ type, bytes }, i) => type === PLAIN[i] && isUnnamed(bytes))) return false
  const { statements } = texts[0]!.analysis
  return statements.length === 1 && ['other', 'read'].includes(statements[0]!.command.kind)
}
