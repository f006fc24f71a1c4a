/**
 * What must be on the wire in front of a statement: the real BEGIN, a savepoint for each level, the guard. Pure.
 *
 * The builders in exchange/ call it for each statement that is sent. This is where a BEGIN of the application becomes a
 * savepoint: block.ts only notes the block, and the guard that is set here, in front of the first statement inside, is what
 * the block's ROLLBACK goes back to.
 */
import {
  defaultModes,
  NO_SETTINGS,
  READ_ONLY_BY_DEFAULT,
  READ_WRITE_BY_DEFAULT,
  type Settings,
} from './settings.ts'
import { withoutSetting } from './setting-changes.ts'
import { switchSettings } from './switch-settings.ts'
import { hasOuter, noteLocks } from './leftovers.ts'
import { levelSavepoint } from './levels.ts'
import { commitChecks } from './schema.ts'
import { GUARD } from './reserved-names.ts'
import { keepValues, NONE_SET_APART } from './sequences.ts'
import {
  isMaterialized,
  type Region,
  type Segment,
  type Step,
  type TransactionState,
  withGuard,
} from './state.ts'

const NOTHING: readonly string[] = []
const BEGIN: readonly string[] = ['BEGIN READ WRITE', READ_WRITE_BY_DEFAULT]

/**
 * Makes the connection ready for a mere read: nothing begins while nothing has been written, else it is as for any statement. Where
 * a read may call a function of the user unseen, it may notify, which read-only mode does not forbid. With a schema of
 * the sandbox first in the path the read is to be made in that.
 */
export function materializeForRead(state: TransactionState, takesSnapshot = true): Step {
  const { block, client, sandboxSchema, schema } = state
  const isBare = !isMaterialized(state) && block === undefined && sandboxSchema === undefined
  if (!isBare || schema.readsMayWrite) return materialize(state, takesSnapshot)
  return applySettings(state, withoutSetting(client.settings, READ_ONLY_BY_DEFAULT))
}

/**
 * Makes the connection ready for a statement: the real transaction, its level's savepoint and a clean guard set.
 *
 * @param takesSnapshot whether it is one after which the transaction's modes cannot be chosen any more
 */
export function materialize(state: TransactionState, takesSnapshot = true): Step {
  const ready = behindGuard(state)
  if (!takesSnapshot || ready.state.block?.failed) return ready
  return chooseAccess(ready)
}

function behindGuard(state: TransactionState): Step {
  const { block, region } = state
  if (block?.failed) return { sql: [], state }
  if (region !== undefined) return setApart(state)
  // A block from an outer level goes on: it has its guard there, but what it writes now belongs to this level.
  if (block?.segment !== undefined) return followedBy(openSegment(state), setApart)
  const undone = undo(state)
  const kept = keepOuter(undone.state)
  const inside = openSegment(kept.state)
  const { schema, setsConstraints } = inside.state
  const restored = setsConstraints ? commitChecks(schema) : []
  const apart = setApart(setsConstraints ? { ...inside.state, setsConstraints: false } : inside.state)
  const guarded = guard(apart.state, [...restored, ...apart.sql])
  return { sql: [...undone.sql, ...kept.sql, ...inside.sql, ...guarded.sql], state: enter(guarded.state) }
}

function enter(state: TransactionState): TransactionState {
  const { block } = state
  if (block === undefined) return { ...state, region: newRegion(state) }
  return { ...state, block: { ...block, segment: state.segments.length - 1 } }
}

/** READ ONLY ends with the savepoint inside which it was set. */
export const READ_ONLY = 'SET TRANSACTION READ ONLY'

/** What begins with the next statement of the client. */
export function newRegion({ client }: TransactionState): Region {
  return {
    client,
    modes: defaultModes(client.settings),
    isReadOnly: false,
    queried: false,
    wrote: false,
  }
}

/**
 * READ ONLY in a savepoint ends by itself when the savepoint does, and cannot be taken back within it: so it waits for
 * the first statement that it matters to. Isolation levels mean nothing on a single connection.
 */
function chooseAccess({ sql, state }: Step): Step {
  const { block, region } = state
  const { modes, isReadOnly } = block ?? region!
  if (!modes.readOnly || isReadOnly) return { sql, state }
  const chosen =
    block === undefined
      ? { ...state, region: { ...region!, isReadOnly: true } }
      : { ...state, block: { ...block, isReadOnly: true } }
  return { sql: [...sql, READ_ONLY], state: chosen }
}

/** Undoes what has failed, where that is still to be done. */
export function undo(state: TransactionState): Step {
  const top = state.segments.at(-1)
  if (top?.guard !== 'undo') return { sql: [], state }
  return {
    sql: [`ROLLBACK TO SAVEPOINT ${GUARD}`],
    state: { ...withGuard(state, 'clean'), inForce: top.atGuard, aborted: false, setApart: NONE_SET_APART },
  }
}

/**
 * Before a deeper level begins, the guard of the outer one is released: savepoints of transactions that have been
 * committed are still inside it, and could be gone back to.
 */
function keepOuter(state: TransactionState): Step {
  const top = state.segments.at(-1)
  if (top?.guard !== 'dirty' || top.level === state.levels) return { sql: [], state }
  return { sql: [`RELEASE SAVEPOINT ${GUARD}`], state: withGuard(state, 'none') }
}

function openSegment(state: TransactionState): Step {
  if (state.segments.at(-1)?.level === state.levels) return { sql: [], state }
  const segment: Segment = {
    level: state.levels,
    guard: 'none',
    atStart: state.inForce,
    atGuard: state.inForce,
    schema: state.schema,
    notesLocks: isMaterialized(state) && hasOuter(state),
  }
  const within = { ...state, segments: [...state.segments, segment], setApart: NONE_SET_APART }
  if (isMaterialized(state)) {
    const notes = segment.notesLocks ? [noteLocks(state.levels)] : []
    return { sql: [...notes, `SAVEPOINT ${levelSavepoint(state.levels)}`], state: within }
  }
  return state.sandboxSchema === undefined
    ? { sql: BEGIN, state: within }
    : makeSchema(within, state.sandboxSchema)
}

/** Whoever was served last may have a role that must not make schemas; any role that comes may use this one. */
function makeSchema(state: TransactionState, name: string): Step {
  const sql = [
    ...BEGIN,
    ...switchSettings(state.inForce, NO_SETTINGS),
    `CREATE SCHEMA ${name}`,
    `GRANT ALL ON SCHEMA ${name} TO PUBLIC`,
  ]
  return { sql, state: { ...state, inForce: NO_SETTINGS } }
}

/** Before a sequence is drawn from for the first time since its level began: so that the level's end undoes that. */
function setApart(state: TransactionState): Step {
  const due = state.drawn.filter(({ name }) => !state.setApart.has(name))
  if (due.length === 0) return { sql: [], state }
  const names = [...state.setApart, ...due.map(({ name }) => name)]
  return { sql: [keepValues(due)], state: { ...state, setApart: new Set(names) } }
}

function followedBy({ sql, state }: Step, next: (state: TransactionState) => Step): Step {
  const step = next(state)
  return { sql: [...sql, ...step.sql], state: step.state }
}

/** Settings are switched before the guard is set, so that undoing a statement does not undo them. */
function guard(state: TransactionState, others: readonly string[]): Step {
  const top = state.segments.at(-1)!
  const release = top.guard === 'none' ? [] : [`RELEASE SAVEPOINT ${GUARD}`]
  const applied = applySettings(state)
  const sql = [...others, ...applied.sql]
  if (top.guard === 'clean' && sql.length === 0) return applied
  const segment: Segment = { ...top, guard: 'clean', atGuard: applied.state.inForce }
  return {
    sql: [...release, ...sql, `SAVEPOINT ${GUARD}`],
    state: { ...applied.state, segments: [...state.segments.slice(0, -1), segment] },
  }
}

/** After a block that has changed settings: what it undid or had only for itself is put back at once, as clients are told. */
export function putInForce(state: TransactionState): Step {
  const undone = undo(state)
  const { sql, state: applied } = applySettings(undone.state)
  return { sql: [...undone.sql, ...sql], state: sql.length === 0 ? applied : withGuard(applied, 'dirty') }
}

/** @param wanted those of the client's settings that are to be in force */
export function applySettings(state: TransactionState, wanted: Settings = state.client.settings): Step {
  if (state.inForce === wanted) return { sql: NOTHING, state }
  return { sql: switchSettings(state.inForce, wanted), state: { ...state, inForce: wanted } }
}
