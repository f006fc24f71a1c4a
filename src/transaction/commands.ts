/**
 * The table of commands: for each kind, whether the sandbox may answer it, whether the server ever hears of it, whether it
 * takes a snapshot, and what it leaves behind. The builders in exchange/ ask here for each command of a unit. A new kind of
 * command does not compile until its row is written; were these properties told apart elsewhere, one could be forgotten. Pure.
 */
import type { Fields } from '../protocol/backend.ts'
import type { Command, CommandOf } from '../sql/command.ts'
import * as effects from './effects.ts'
import * as transaction from './interpret.ts'
import * as session from './interpret-session.ts'
import { type Outcome, SEND } from './outcome.ts'
import * as regions from './regions.ts'
import * as savepoints from './savepoints.ts'
import { IN_FAILED_BLOCK } from './server-errors.ts'
import type { TransactionState } from './state.ts'

type Kind = Command['kind']
/** A property that all commands of a kind have or lack, or some of them. */
type Property<K extends Kind> = boolean | ((command: CommandOf<K>) => boolean)

interface Row<K extends Kind> {
  /** Answers or refuses it, or leaves it to the server; where it is absent, the server runs every command of the kind. */
  readonly interpret?: (state: TransactionState, command: CommandOf<K>, inString: boolean) => Outcome
  /** Is it the sandbox's alone, so that the server never hears of it? */
  readonly isOurs?: Property<K>
  /** Can the transaction's modes be chosen no more after it? Source: PlannedStmtRequiresSnapshot in pquery.c. */
  readonly takesSnapshot: Property<K>
  /** Does it end a block, or a failure in it? */
  readonly endsFailure?: true
  /** Does what it leaves behind depend on the values that are bound? */
  readonly takesValues?: true
  /** The state after the server ran it without an error. */
  readonly after: (state: TransactionState, command: CommandOf<K>, ran: effects.Ran) => TransactionState
}

/** What commands have in common that the server never hears of, and those of two-phase commit, which are refused. */
const OURS = { isOurs: true, takesSnapshot: false, after: effects.afterStatement } as const
const TWO_PHASE = {
  ...OURS,
  interpret: transaction.refuseTwoPhase,
  takesSnapshot: true,
} as const

const ROWS: { readonly [K in Kind]: Row<K> } = {
  empty: { takesSnapshot: false, after: (state) => state },
  invalid: { takesSnapshot: true, after: effects.afterStatement },
  read: { takesSnapshot: ({ shows }) => shows !== true, after: effects.afterRead },
  other: { takesSnapshot: true, after: effects.afterOther },
  lock: { interpret: session.lock, takesSnapshot: false, after: regions.written },

  begin: { ...OURS, interpret: transaction.begin },
  commit: { ...OURS, interpret: transaction.end, endsFailure: true },
  rollback: { ...OURS, interpret: transaction.end, endsFailure: true },
  savepoint: {
    interpret: transaction.savepoint,
    takesSnapshot: false,
    after: (state, { name }) => savepoints.marked(state, name),
  },
  release: {
    interpret: transaction.release,
    takesSnapshot: false,
    after: (state, { name }) => savepoints.released(state, name),
  },
  rollbackTo: {
    interpret: transaction.rollbackTo,
    takesSnapshot: false,
    endsFailure: true,
    after: (state, { name }) => savepoints.recovered(state, name),
  },
  setTransaction: {
    ...OURS,
    interpret: transaction.setTransaction,
    isOurs: (command) => !('snapshot' in command),
    after: regions.written,
  },
  setSessionCharacteristics: { takesSnapshot: false, after: effects.afterCharacteristics },
  prepareTransaction: { ...TWO_PHASE, interpret: transaction.prepareTransaction, endsFailure: true },
  commitPrepared: TWO_PHASE,
  rollbackPrepared: TWO_PHASE,

  set: { interpret: session.set, takesSnapshot: false, after: effects.afterSet },
  reset: { interpret: session.reset, takesSnapshot: false, after: effects.afterReset },
  setConfig: { takesSnapshot: true, takesValues: true, after: effects.afterSetConfig },
  setConstraints: {
    interpret: session.setConstraints,
    takesSnapshot: false,
    after: regions.constrained,
  },
  show: { interpret: session.show, takesSnapshot: false, after: (state) => state },
  discard: { interpret: session.discard, takesSnapshot: true, after: effects.afterStatement },

  prepareStatement: { takesSnapshot: true, after: effects.afterPrepare },
  deallocate: { interpret: session.deallocate, takesSnapshot: true, after: effects.afterStatement },
  listen: { ...OURS, interpret: session.listen },
  unlisten: { ...OURS, interpret: session.listen },
  notify: { takesSnapshot: false, after: effects.afterNotify },
  selectNotify: { takesSnapshot: true, takesValues: true, after: effects.afterNotifyCalls },
  createTemporary: { takesSnapshot: true, after: effects.afterCreateTemporary },
  declareCursor: { interpret: session.declareCursor, takesSnapshot: true, after: effects.afterDeclare },
  closeCursor: { interpret: session.closeCursor, takesSnapshot: true, after: effects.afterClose },
  copy: { takesSnapshot: true, after: effects.afterStatement },
}

/** The compiler does not see that a row takes the very commands by whose kind it was found. */
function rowOf({ kind }: Command): Row<Kind> {
  return ROWS[kind] as Row<Kind>
}

function has(property: Property<Kind> | undefined, command: Command): boolean {
  return typeof property === 'function' ? property(command) : property === true
}

/** May the sandbox answer or refuse it? Other commands need not be looked at one by one. */
export function isControl(command: Command): boolean {
  return rowOf(command).interpret !== undefined
}

/** Is it the sandbox's alone, so that the server never hears of it? Other control commands it may have to run. */
export function isOurs(command: Command): boolean {
  return has(rowOf(command).isOurs, command)
}

/** Can the transaction's modes be chosen no more after it? */
export function takesSnapshot(command: Command): boolean {
  return has(rowOf(command).takesSnapshot, command)
}

/** Does what it leaves behind depend on the values that are bound? */
export function takesValues(command: Command): boolean {
  return rowOf(command).takesValues === true
}

/** Does it take away all prepared statements of its client? */
export function deallocatesAll(command: Command): boolean {
  return command.kind === 'discard'
    ? command.what === 'all'
    : command.kind === 'deallocate' && command.all === true
}

/** The refusal of everything but the end of a failed block. */
export function refusalInFailedBlock({ block }: TransactionState, command: Command): Fields | undefined {
  return block?.failed && !rowOf(command).endsFailure ? IN_FAILED_BLOCK : undefined
}

/**
 * What to do with `command` in `state`. A failed block is the server's to refuse.
 *
 * @param inString is it one of several statements of one string, which the server runs as one implicit transaction?
 */
export function interpret(state: TransactionState, command: Command, inString: boolean): Outcome {
  const row = rowOf(command)
  if (row.interpret === undefined || (state.block?.failed && !row.endsFailure)) return SEND
  return row.interpret(state, command, inString)
}

/** The state after the server ran `command`, whose text is `sql`, without an error. */
export function afterServer(
  state: TransactionState,
  command: Command,
  sql: string,
  values: readonly (string | null)[] = [],
): TransactionState {
  return rowOf(command).after(state, command, { sql, values })
}
