/** The modes of the application's transaction: chosen, refused when it is too late, shown. Pure. */
import type { Fields } from '../protocol/backend.ts'
import type { TransactionModes, TransactionSetting } from '../sql/command.ts'
import {
  inSubtransaction,
  READ_WRITE_IN_READ_ONLY,
  READ_WRITE_TOO_LATE,
  SNAPSHOT_NEEDS_ISOLATION,
  tooLate,
} from './server-errors.ts'
import { defaultModes, isolationLevel, isOn } from './settings.ts'
import type { TransactionState } from './state.ts'

export type ModesChanged =
  | { readonly error: Fields }
  /** Statements outside a block have their modes behind the guard: it must be set first. */
  | { readonly state: TransactionState; readonly isInside: boolean }

/** SET TRANSACTION and its like, in a block or in a string of statements. */
export function changeModes(state: TransactionState, modes: TransactionModes): ModesChanged {
  const { block, region } = state
  if (block === undefined && region === undefined) return { state, isInside: true }
  const present = block ?? region!
  const error = refusal(present.modes, modes, present.queried, (block?.savepoints.length ?? 0) > 0)
  if (error !== undefined) return { error }
  const merged = { ...present.modes, ...modes }
  const changed =
    block === undefined
      ? { ...state, region: { ...region!, modes: merged } }
      : { ...state, block: { ...block, modes: merged } }
  return { state: changed, isInside: false }
}

/** The first mode that the server would refuse: it sets them as they are written. */
function refusal(
  present: TransactionModes,
  modes: TransactionModes,
  isQueried: boolean,
  isInSavepoint: boolean,
): Fields | undefined {
  const errors: Readonly<Record<keyof TransactionModes, () => Fields | undefined>> = {
    isolation() {
      if (modes.isolation === (present.isolation ?? 'read committed')) return undefined
      if (isQueried) return tooLate('ISOLATION LEVEL')
      return isInSavepoint
        ? inSubtransaction('ISOLATION LEVEL must not be called in a subtransaction')
        : undefined
    },
    readOnly() {
      if (modes.readOnly !== false || !present.readOnly) return undefined
      if (isInSavepoint) return READ_WRITE_IN_READ_ONLY
      return isQueried ? READ_WRITE_TOO_LATE : undefined
    },
    deferrable() {
      if (isInSavepoint) return inSubtransaction('[NOT] DEFERRABLE cannot be called within a subtransaction')
      return isQueried ? tooLate('[NOT] DEFERRABLE') : undefined
    },
  }
  for (const mode of Object.keys(modes) as (keyof TransactionModes)[]) {
    const error = errors[mode]()
    if (error !== undefined) return error
  }
  return undefined
}

/** The error for SET TRANSACTION SNAPSHOT, unless the name of the snapshot is to be looked at. */
export function snapshotRefusal({ block, region }: TransactionState): Fields | undefined {
  const { modes = {}, queried = false } = block ?? region ?? {}
  if (queried || (block?.savepoints.length ?? 0) > 0) return tooLate('SNAPSHOT')
  const keepsSnapshot = modes.isolation === 'serializable' || modes.isolation === 'repeatable read'
  return keepsSnapshot ? undefined : SNAPSHOT_NEEDS_ISOLATION
}

/** The mode that a setting with this name is; undefined for any other setting, and for a value that is none. */
export function modeOf(name: string, value: string | undefined): TransactionModes | undefined {
  if (value === undefined) return undefined
  if (name === 'transaction_read_only') return { readOnly: isOn(value) }
  if (name === 'transaction_deferrable') return { deferrable: isOn(value) }
  const isolation = name === 'transaction_isolation' ? isolationLevel(value) : undefined
  return isolation && { isolation }
}

/** What SHOW tells of the application's transaction; undefined where the server knows it as well. */
export function shownMode(
  { block, region, client, inForce }: TransactionState,
  name: TransactionSetting,
): string | undefined {
  const byDefault = defaultModes(client.settings)
  const { isolation, readOnly, deferrable } = (block ?? region)?.modes ?? byDefault
  switch (name) {
    case 'transaction_isolation':
      return isolation
    case 'transaction_deferrable':
      return deferrable === undefined ? undefined : onOrOff(deferrable)
    case 'transaction_read_only':
      return onOrOff(readOnly ?? false)
    default:
      if (inForce.get(name)?.kind === 'local') return undefined
      return onOrOff(byDefault.readOnly ?? false)
  }
}

function onOrOff(value: boolean): string {
  return value ? 'on' : 'off'
}
