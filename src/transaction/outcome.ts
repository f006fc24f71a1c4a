/**
 * Outcome: what is done with a command. The server runs it, the sandbox answers it, or it fails. Made by interpret.ts and
 * interpret-session.ts, carried out by the writers in exchange/. Pure.
 */
import type { Fields } from '../protocol/backend.ts'
import type { TransactionModes } from '../sql/command.ts'
import * as errors from '../errors.ts'
import { changeModes } from './modes.ts'
import { RESERVED_PREFIX } from './reserved-names.ts'
import { needsBlockError } from './server-errors.ts'
import type { Step, TransactionState } from './state.ts'

export type Outcome =
  /** The server runs it; its effect on the state is told by afterServer in commands.ts. */
  | { readonly kind: 'send'; readonly warnings: readonly Fields[] }
  /** The sandbox answers, after the step's SQL. */
  | {
      readonly kind: 'answer'
      readonly tag: string
      readonly warnings: readonly Fields[]
      readonly step: Step
      /** Must it stand behind the guard, although nothing is sent for it? */
      readonly isInside?: boolean
      /** The one row that it shows. */
      readonly shown?: { readonly name: string; readonly value: string }
      /** The state when the step's SQL fails, which is then the command's error. */
      readonly failure?: TransactionState
    }
  /** It fails with this error, as it would have on the server. */
  | { readonly kind: 'refuse'; readonly error: Fields; readonly warnings: readonly Fields[] }

export const SEND: Outcome = { kind: 'send', warnings: [] }

export function answer(
  tag: string,
  step: Step | TransactionState,
  ...warnings: Fields[]
): Extract<Outcome, { kind: 'answer' }> {
  return { kind: 'answer', tag, warnings, step: 'sql' in step ? step : { sql: [], state: step } }
}

export function refuse(error: Fields, ...warnings: Fields[]): Outcome {
  return { kind: 'refuse', error, warnings }
}

/** A command that exists only inside a transaction block. */
export function inBlock(state: TransactionState, command: string, savepoint?: string): Outcome {
  if (state.block === undefined) return refuse(needsBlockError(command))
  if (savepoint?.startsWith(RESERVED_PREFIX)) {
    return refuse(errors.reservedSavepoint(savepoint))
  }
  return SEND
}

/** The modes of the present transaction, or the error where it is too late for them. */
export function chooseModes(
  state: TransactionState,
  tag: string,
  modes: TransactionModes,
  ...warnings: Fields[]
): Outcome {
  const changed = changeModes(state, modes)
  if ('error' in changed) return refuse(changed.error, ...warnings)
  return {
    kind: 'answer',
    tag,
    warnings,
    step: { sql: [], state: changed.state },
    isInside: changed.isInside,
  }
}
