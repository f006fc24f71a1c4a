/** The state that an error of the server leaves, by the answer that it has come in place of. Called by RunningExchange. Pure. */
import type { Exchange } from '../exchange/exchange.ts'
import { withPrepared } from '../transaction/client-objects.ts'
import { failed, queried } from '../transaction/regions.ts'
import type { TransactionState } from '../transaction/state.ts'

/** A statement that was parsed has taken its snapshot, if it takes one, before it failed. */
export function failureOf({ answers }: Exchange, index: number, isUnparsed: boolean): TransactionState {
  const last = answers.at(-1)!
  const { before = last.state, failure, state: after } = answers[index] ?? last
  if (failure !== undefined) return failure
  // Where the messages before Execute fail, it is their statement's.
  const { state } = answers.slice(index).find(({ expect }) => expect === 'statement') ?? last
  const hasSnapshot = state.block?.queried && !isUnparsed && before.block?.failed === false
  return preparedToo(failed(hasSnapshot ? queried(before) : before), after)
}

/** Statements of a string that was passed on whole may have been prepared before the one that failed: no rollback undoes that. */
function preparedToo(state: TransactionState, { client: { prepared } }: TransactionState): TransactionState {
  const all = prepared.names.reduce(withPrepared, state.client.prepared)
  return all === state.client.prepared ? state : { ...state, client: { ...state.client, prepared: all } }
}
