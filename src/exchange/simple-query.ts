/**
 * A Query message as an exchange: passed on as it is, or rewritten in place where it has transaction commands. Called by
 * make-exchange.ts for each text that was not sent before from the same state. Pure.
 */
import { query } from '../protocol/frontend.ts'
import type { Analysis } from '../sql/analyze.ts'
import { afterServer, interpret, isControl, takesSnapshot } from '../transaction/commands.ts'
import { materialize, materializeForRead } from '../transaction/materialize.ts'
import * as regions from '../transaction/regions.ts'
import { isMaterialized, type TransactionState } from '../transaction/state.ts'
import { endingOf, type Exchange, type Retry, wholeExchange } from './exchange.ts'
import { SimpleWriter } from './simple-writer.ts'

export function simpleQuery(
  sql: string,
  analysis: Analysis,
  state: TransactionState,
  { retry = false }: Retry = {},
): Exchange {
  const { statements } = analysis
  if (statements.some(({ command }) => isControl(command))) return rewritten(sql, analysis, state)
  const mereRead = statements.every(({ command }) => command.kind === 'read')
  const takes = statements.some(({ command }) => takesSnapshot(command))
  const { sql: prefix, state: ready } =
    mereRead && !retry ? materializeForRead(state, takes) : materialize(state, takes)
  let after = ready
  for (const { command, start, end } of statements) after = afterServer(after, command, sql.slice(start, end))
  const bare = !isMaterialized(ready)
  if (retry) after = regions.written(after)
  return {
    ...wholeExchange([query(sql)], keepingPrepared(ready, after), after),
    prefix: assuming(analysis, prefix, ready),
    bare,
    ...withEnding(after, analysis),
  }
}

/** What a string prepares before it fails is there all the same. */
function keepingPrepared(ready: TransactionState, after: TransactionState): TransactionState {
  const { sqlStatements } = after
  const { prepared } = after.client
  return prepared === ready.client.prepared
    ? ready
    : { ...ready, sqlStatements, client: { ...ready.client, prepared } }
}

function withEnding(state: TransactionState, { statements }: Analysis): Pick<Exchange, 'ending'> {
  const waits = statements.some(({ command }) => command.kind === 'copy' && command.direction === 'in')
  const ending = endingOf(state, { holdsCompletion: true, waits })
  return ending === undefined ? {} : { ending }
}

/** The string written anew statement by statement, following the state as if each succeeded. */
function rewritten(sql: string, analysis: Analysis, state: TransactionState): Exchange {
  const { statements } = analysis
  const out = new SimpleWriter(sql, statements, state)
  for (const statement of statements) {
    const { command, start, end } = statement
    out.begin(statement)
    if (out.control(command, (now) => interpret(now, command, statements.length > 1)) === 'send') {
      const before = out.state
      out.state = afterServer(before, command, sql.slice(start, end))
      out.send(before)
    }
    if (out.isRefused) break
  }
  const exchange = out.exchange()
  const prefix = exchange.messages.length === 0 ? exchange.prefix : assuming(analysis, exchange.prefix, state)
  return { ...exchange, prefix, ...(out.isRefused ? {} : withEnding(out.state, analysis)) }
}

/**
 * In front of a text that the server might read otherwise than it was read here, what makes it read the same: whatever a function
 * or a rollback has put in force, no COMMIT stands in what was taken for a string. In a transaction that has failed the text
 * fails with its first statement.
 *
 * @param before the state that the text, or what goes in front of it, is sent in
 */
function assuming(
  { assumes }: Analysis,
  prefix: readonly string[],
  before: TransactionState,
): readonly string[] {
  return assumes === undefined || (before.aborted && prefix.length === 0) ? prefix : [...prefix, ...assumes]
}
