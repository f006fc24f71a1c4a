/** The state that an error of the server leaves, by the answer that it has come in place of. Called by RunningExchange. Pure. */
import type { Exchange } from '../exchange/exchange.ts'
import { failed, queried } from '../transaction/regions.ts'
import type { TransactionState } from '../transaction/state.ts'

/** A statement that was parsed has taken its snapshot, if it takes one, before it failed. */
export function failureOf({ answers }: Exchange, index: number, isUnparsed: boolean): TransactionState {
  const last = answers.at(-1)!
  const { before = last.state, failure } = answers[index] ?? last
  if (failure !== undefined) return failure
  // Where the messages before Execute fail, it is their statement's.
  const { state } = answers.slice(index).find(({ expect }) => expect === 'statement') ?? last
  const hasSnapshot = state.block?.queried && !isUnparsed && before.block?.failed === false
  return failed(hasSnapshot ? queried(before) : before)
}
