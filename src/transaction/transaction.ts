/** What the application's statements do to the transaction. Pure; the state is described in transaction-state.ts. */
import type { TransactionModes } from '../sql/command.ts'
import {
  afterCommit,
  commitActions,
  type CommitContext,
  deallocateAll,
  endHoldings,
  type Holdings,
  withoutCursors,
  withoutPending,
} from './client-objects.ts'
import { quoteIdentifier } from '../sql/quote.ts'
import { applySettings, newRegion, prepare, READ_ONLY, settle } from './materialize.ts'
import { GUARD } from './reserved-names.ts'
import { commitChecks } from './schema.ts'
import { onlySchema, SEARCH_PATH, withoutSchema, withSchemaBack } from './search-path.ts'
import { defaultModes, LOCAL, onlyRights, sameSettings, withSetting, withoutSetting } from './settings.ts'
import { type Block, isMaterialized, type Step, type TransactionState, withGuard } from './state.ts'

export { reconnected, rollbackAll, rollbackLevel, startLevel } from './levels.ts'
export { prepare, prepareRead, settle, undo } from './materialize.ts'
export {
  applicationStatus,
  type Block,
  type Guard,
  initialState,
  isMaterialized,
  type Segment,
  serverStatus,
  type Step,
  type TransactionState,
} from './state.ts'

/** After a statement that took a snapshot. */
export function queried(state: TransactionState): TransactionState {
  const { block, region } = state
  if (block !== undefined) return block.queried ? state : { ...state, block: { ...block, queried: true } }
  return region === undefined || region.queried ? state : { ...state, region: { ...region, queried: true } }
}

/** After a statement that may have changed the schema. */
export function schemaChanged(state: TransactionState): TransactionState {
  return state.schema.isStale ? state : { ...state, schema: { ...state.schema, isStale: true } }
}

/** After a rollback that may have undone changes of the schema which are known by now. */
export function distrustSchema(state: TransactionState): TransactionState {
  const top = state.segments.at(-1)
  return top === undefined || top.schema === state.schema ? state : schemaChanged(state)
}

/** After a statement that may have written. */
export function written(state: TransactionState): TransactionState {
  const { block, region } = state
  if (block !== undefined) return block.wrote ? state : { ...state, block: { ...block, wrote: true } }
  const dirty = withGuard(state, 'dirty')
  return region === undefined || region.wrote ? dirty : { ...dirty, region: { ...region, wrote: true } }
}

/** After a read whose portal stays open: the guard behind which it was opened must not be gone back to. */
export function keptOpen(state: TransactionState): TransactionState {
  return state.block === undefined ? withGuard(state, 'dirty') : state
}

/** After a statement that failed: the block is aborted, or the region undone. */
export function failed(state: TransactionState): TransactionState {
  const { block, region } = state
  const aborted = isMaterialized(state)
  if (block !== undefined) return { ...state, aborted, block: failedBlock(block) }
  if (region === undefined) return state
  const { own, holdings } = region
  const undone = withGuard(distrustSchema(state), 'undo')
  return { ...undone, aborted, region: undefined, own, holdings: withoutPending(holdings) }
}

/** Modes that were chosen since the last savepoint are lost. */
function failedBlock(block: Block): Block {
  const modes = block.failed ? block.modes : (block.savepoints.at(-1)?.modes ?? block.initialModes)
  return { ...block, failed: true, modes }
}

/** After a string that the server has rejected before it ran any of it, sent as `prepared`. */
export function rejected(before: TransactionState, prepared: TransactionState): TransactionState {
  const { segments, inForce } = prepared
  if (before.block === undefined) return failed({ ...before, segments, inForce, region: newRegion(before) })
  const segment = before.block.segment ?? segments.length - 1
  return failed({ ...before, segments, inForce, block: { ...before.block, segment } })
}

/** At the end of the statements that ran outside a block: they are committed, and the checks of a commit are due. */
export function endRegion(state: TransactionState): Step {
  const { region } = state
  if (region === undefined)
    return { sql: [], state: state.block === undefined ? sent(state, state.holdings) : state }
  if (!region.wrote && !region.isReadOnly)
    return { sql: [], state: sent({ ...state, region: undefined }, state.holdings) }
  const settled = applySettings(state)
  const due = checks(state)
  const { access, isReadOnly } = accessOfCommit(state, due.length > 0)
  const sql = [...access, ...due, ...actionsOfCommit(state, isReadOnly), ...settled.sql]
  const ended = withGuard({ ...settled.state, region: undefined, setsConstraints: false }, 'dirty')
  return { sql, state: sent(ended, state.holdings) }
}

function checks({ block, region, schema, setsConstraints }: TransactionState): string[] {
  const { wrote, queried: hasQueried } = block ?? region!
  return setsConstraints || (wrote && hasQueried) ? commitChecks(schema) : []
}

/** What the commit does itself; where READ ONLY is in force, what it forbids comes when its savepoint has ended. */
function actionsOfCommit(state: TransactionState, isReadOnly: boolean): string[] {
  const { holdings } = state
  if (!isReadOnly || !drops(holdings)) return commitActions(holdings, commitContext(state, isReadOnly))
  const actions = commitActions(holdings, commitContext(state, false))
  return [`RELEASE SAVEPOINT ${GUARD}`, ...actions, `SAVEPOINT ${GUARD}`]
}

function drops({ tables }: Holdings): boolean {
  return [...tables.values()].includes('drop')
}

function commitContext({ block, region, schema }: TransactionState, isReadOnly: boolean): CommitContext {
  return { opensCursors: schema.opensCursors && (block ?? region)?.wrote === true, isReadOnly }
}

/** After a commit: its notifications are to be delivered. */
function sent(state: TransactionState, held: Holdings): TransactionState {
  const { notifications } = held
  const holdings = afterCommit(held)
  if (notifications.length === 0) return { ...state, holdings }
  const isHeard = holdings.listening.size > 0
  const sentNow = notifications.map((notification) => ({ ...notification, isHeard }))
  return { ...state, holdings, outbox: [...state.outbox, ...sentNow] }
}

/** What undoes a failed region at once, where the client is to be told of settings that it had changed; else undefined. */
export function undoSettings(state: TransactionState): Step | undefined {
  const top = state.segments.at(-1)
  const isDue =
    top?.guard === 'undo' && state.block === undefined && !sameSettings(top.atGuard, state.inForce)
  return isDue ? settle(state) : undefined
}

/** What ends a client that is in no transaction: cursors and temporary tables that are its own. */
export function endClient(state: TransactionState): Step | undefined {
  const deallocates = state.prepared.names.length === 0 ? [] : [deallocateAll(state.prepared)]
  if (!isMaterialized(state)) return deallocates.length === 0 ? undefined : { sql: deallocates, state }
  const sql = [...endHoldings(state.holdings), ...deallocates]
  if (sql.length === 0) return undefined
  const ready = prepare(state, false)
  const ended = { ...ready.state, region: undefined }
  const failure = { ...withGuard(ended, 'undo'), aborted: true }
  return { sql: [...ready.sql, ...sql], state: withGuard(ended, 'dirty'), failure }
}

/** BEGIN outside a block. Statements of the same string before it belong to the transaction, as in Postgres. */
export function begin(state: TransactionState, modes: TransactionModes): Step {
  const { region } = state
  const initialModes = defaultModes((region ?? state).own)
  const block: Block = {
    ...(region ?? newRegion(state)),
    initialModes,
    modes: { ...initialModes, ...region?.modes, ...modes },
    level: state.levels,
    segment: region && state.segments.length - 1,
    failed: false,
    savepoints: [],
  }
  return { sql: [], state: { ...state, region: undefined, block } }
}

/** The transaction that AND CHAIN begins, with the modes of the one before. */
export function chain(state: TransactionState, modes: TransactionModes): TransactionState {
  const { state: begun } = begin(state, modes)
  return { ...begun, block: { ...begun.block!, modes, initialModes: modes } }
}

/** The application's COMMIT of a block or a string's statements so far: what stands behind the guard is kept. */
export function commit(state: TransactionState): Step {
  const { block, region, holdings } = state
  if (block?.failed) return { sql: [], state: rollback(state) }
  const ended = sent({ ...state, block: undefined, region: undefined, ended: state.ended + 1 }, holdings)
  const index = block === undefined ? state.segments.length - 1 : block.segment
  if ((block === undefined && region === undefined) || index === undefined) return { sql: [], state: ended }
  const due = checks(state)
  const { access, isReadOnly } = accessOfCommit(state, due.length > 0)
  const sql = [...access, ...due, ...actionsOfCommit(state, isReadOnly)]
  return { sql, state: withGuard({ ...ended, setsConstraints: false }, 'dirty', index) }
}

/** READ ONLY that was chosen in a savepoint ends with it, before the checks. */
function accessOfCommit(
  { block, region, holdings }: TransactionState,
  hasChecks: boolean,
): { readonly access: string[]; readonly isReadOnly: boolean } {
  const outermost = block?.savepoints[0]
  const { modes, isReadOnly } = outermost ?? block ?? region!
  if (outermost !== undefined && block?.isReadOnly && !isReadOnly)
    return { access: [`RELEASE SAVEPOINT ${quoteIdentifier(outermost.name)}`], isReadOnly: false }
  // READ ONLY lets nobody drop a table, as the server itself does all the same.
  return hasChecks && modes.readOnly && !isReadOnly && !drops(holdings)
    ? { access: [READ_ONLY], isReadOnly: true }
    : { access: [], isReadOnly }
}

/** The application's ROLLBACK: back to the guard the transaction began at, even through levels opened since. */
export function rollback(state: TransactionState): TransactionState {
  const { block, region } = state
  const { own, holdings } = block ?? region ?? state
  const ended = {
    ...state,
    block: undefined,
    region: undefined,
    ended: state.ended + 1,
    own,
    holdings: withoutPending(holdings),
  }
  if (block === undefined) return region === undefined ? ended : withGuard(distrustSchema(ended), 'undo')
  if (block.segment === undefined) return ended
  return withGuard(distrustSchema({ ...ended, segments: ended.segments.slice(0, block.segment + 1) }), 'undo')
}

/** After CLOSE, which no rollback undoes; without a name, after that of all. */
export function closed(state: TransactionState, name: string | undefined): TransactionState {
  const close = <Holder extends Pick<TransactionState, 'holdings'>>(holder: Holder): Holder => ({
    ...holder,
    holdings: withoutCursors(holder.holdings, name),
  })
  const { block, region } = state
  return {
    ...close(state),
    block: block && { ...close(block), savepoints: block.savepoints.map(close) },
    region: region && close(region),
  }
}

/** After SET CONSTRAINTS. */
export function constrained(state: TransactionState): TransactionState {
  return { ...written(state), setsConstraints: true }
}

/** After a call that has made the transaction READ ONLY. */
export function madeReadOnly(state: TransactionState): TransactionState {
  const { block, region } = state
  const made = { modes: { ...(block ?? region)?.modes, readOnly: true }, isReadOnly: true }
  if (block !== undefined) return { ...state, block: { ...block, ...made } }
  return region === undefined ? state : { ...state, region: { ...region, ...made } }
}

/** After SET: the virtual connection's own setting from now on. */
export function change(state: TransactionState, name: string, statement: string): TransactionState {
  return {
    ...state,
    own: withSetting(state.own, name, statement),
    inForce: withSetting(state.inForce, name, statement),
  }
}

/** After SET LOCAL: in force until the block ends, when it is put back. */
export function changeLocally(state: TransactionState, name: string, statement = ''): TransactionState {
  return { ...state, inForce: withSetting(state.inForce, name, LOCAL + statement) }
}

/**
 * After RESET of one setting, or of all: those of the start-up packet are put in force with the next statement, and with
 * them the schema that comes first in the path.
 */
export function reset(state: TransactionState, name: string): TransactionState {
  const { own, inForce, startup } = state
  if (name === 'all') {
    const initially = new Map([...startup, ...onlyRights(own), ...onlySchema(own)])
    return { ...state, own: initially, inForce: onlyRights(inForce) }
  }
  const initial = startup.get(name)
  const without = withoutSetting(own, name)
  const isPath = name === SEARCH_PATH
  const initially = initial === undefined ? without : withSetting(without, name, initial)
  return {
    ...state,
    own: isPath ? withSchemaBack(initially) : initially,
    inForce: withoutSetting(isPath ? withoutSchema(inForce) : inForce, name),
  }
}
