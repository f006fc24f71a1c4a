/**
 * The exchange for a unit, whatever its kind. The session asks here for each unit that it runs. From a
 * state that comes again a unit becomes the same messages again, so most exchanges are made once (resting-states.ts).
 */
import { apart } from '../protocol/frames.ts'
import { areUnnamed, type ClientFrame, FRONTEND } from '../protocol/frontend.ts'
import type { Analysis } from '../sql/analyze.ts'
import { materialize } from '../transaction/materialize.ts'
import * as regions from '../transaction/regions.ts'
import type { TransactionState } from '../transaction/state.ts'
import { type Exchange, type Retry, wholeExchange } from './exchange.ts'
import { extendedQuery } from './extended-query.ts'
import type { ExtendedContext } from './extended-statements.ts'
import { exchangesFrom } from './resting-states.ts'
import { simpleQuery } from './simple-query.ts'
import type { SpokenUnit } from './unit.ts'

/** What of the real connection matters, while there is one. */
type Connected = Omit<ExtendedContext, 'requester'>

interface Circumstances extends Retry {
  readonly connection?: Connected | undefined
}

export function exchangeOf(
  unit: SpokenUnit,
  state: TransactionState,
  circumstances: Circumstances = {},
): Exchange {
  const [first] = unit.frames as readonly [ClientFrame]
  if (first.type === FRONTEND.query) return queryExchange(unit, state, circumstances)
  if (first.type === FRONTEND.functionCall) {
    const { sql, state: ready } = materialize(state)
    return { ...wholeExchange([first.bytes], ready, regions.written(ready)), prefix: sql }
  }
  return messagesExchange(unit, state, circumstances)
}

function queryExchange(
  { frames, requester, texts }: SpokenUnit,
  state: TransactionState,
  { retry }: Retry,
): Exchange {
  const { sql, analysis } = texts[0]!
  const { bytes, isFaulty } = frames[0]!
  if (isFaulty) return { ...simpleQuery(sql, analysis, state), messages: [bytes] }
  requester.names.endUnnamed()
  const made = retry ? undefined : exchangesFrom(state)?.simple
  const exchange = made?.get(analysis) ?? simpleQuery(sql, analysis, state, { retry: retry === true })
  made?.set(analysis, exchange)
  return exchange
}

/**
 * What a driver sends to bind values to one statement, without names, becomes the messages that the client has sent, and the
 * same but for these as before: as long as nothing is left of what had a name.
 */
function messagesExchange(unit: SpokenUnit, state: TransactionState, circumstances: Circumstances): Exchange {
  const { frames, requester, texts } = unit
  const made = circumstances.retry ? undefined : exchangesFrom(state)?.extended
  if (made === undefined || requester.names.hasNamedPortals || !areUnnamed(frames, BOUND))
    return newExchange(unit, state, circumstances)
  const { sql, analysis } = texts[0]!
  const messages = frames.map(({ bytes }) => bytes)
  const known = made.get(analysis)
  if (known !== undefined) {
    const { command } = analysis.statements[0]!
    const statement = { sql, command, wireName: '', parse: apart(messages[0]!) }
    requester.names.useUnnamed(statement, known.answers.at(-1)!.state.block !== undefined)
    return { ...known, messages }
  }
  const exchange = newExchange(unit, state, circumstances)
  // The values are not kept with it.
  if (isRepeatable(analysis) && areEqual(exchange.messages, messages))
    made.set(analysis, { ...exchange, messages: [] })
  return exchange
}

const BOUND = [FRONTEND.parse, FRONTEND.bind, FRONTEND.describe, FRONTEND.execute, FRONTEND.sync]

const NOT_CONNECTED: Connected = { known: new Map(), pipelinesAreBlocks: false }

function newExchange(
  { frames, requester }: SpokenUnit,
  state: TransactionState,
  { connection = NOT_CONNECTED, retry = false }: Circumstances,
): Exchange {
  const { known, pipelinesAreBlocks } = connection
  return extendedQuery(frames, state, { requester, known, pipelinesAreBlocks, retry })
}

/** Is it one statement whose effect does not depend on the values, and that the sandbox need not answer? */
function isRepeatable({ statements }: Analysis): boolean {
  return statements.length === 1 && ['other', 'read'].includes(statements[0]!.command.kind)
}

function areEqual(some: readonly Buffer[], others: readonly Buffer[]): boolean {
  return some.length === others.length && some.every((bytes, i) => bytes.equals(others[i]!))
}
