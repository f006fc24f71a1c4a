/**
 * Levels: opened by start(), undone by rollback(). Pure. SessionLevels asks for them, by way of exchange/resting-states.ts,
 * which keeps what comes again. What a client has prepared no rollback undoes: after one the connection distrusts it
 * (server/pinned-connection.ts).
 */
import { clearedFrom, freeUnnoted } from './leftovers.ts'
import { NO_SETTINGS } from './settings.ts'
import { GUARD, RESERVED_PREFIX } from './reserved-names.ts'
import { NONE_SET_APART } from './sequences.ts'
import { type Block, initialState, type Segment, type Step, type TransactionState } from './state.ts'

export function levelSavepoint(level: number): string {
  return `"${RESERVED_PREFIX}level ${level}"`
}

/** Opens a level: nothing is sent until it writes. */
export function startLevel(state: TransactionState): TransactionState {
  return { ...state, levels: state.levels + 1 }
}

/**
 * Undoes the innermost level and every transaction block opened in it. When no outer level has written, the real
 * transaction ends, so that locks are freed and now() moves on.
 */
export function rollbackLevel(state: TransactionState): Step {
  const levels = Math.max(0, state.levels - 1)
  const top = state.segments.at(-1)
  const cleared = clearedFrom(state.levels, state)
  if (top === undefined || top.level < state.levels) {
    const ended = { ...state, levels, block: outerBlock(state, levels) }
    return cleared.length === 0
      ? { sql: [], state: ended }
      : { sql: apart(cleared), state: { ...ended, leftovers: undefined } }
  }
  const segments = state.segments.slice(0, -1)
  const savepoint = levelSavepoint(top.level)
  const sql =
    segments.length === 0
      ? endOfTransaction(top, cleared)
      : [
          `ROLLBACK TO SAVEPOINT ${savepoint}`,
          `RELEASE SAVEPOINT ${savepoint}`,
          ...cleared,
          ...(top.notesLocks ? [freeUnnoted(top.level)] : []),
        ]
  const rest = {
    ...state,
    levels,
    segments,
    region: undefined,
    aborted: false,
    inForce: top.atStart,
    schema: top.schema,
    // Constraints may have been put off again within the level: a rollback to before that brings back what SET CONSTRAINTS had set.
    setsConstraints: segments.length > 0,
    leftovers: cleared.length > 0 ? undefined : state.leftovers,
    sandboxSchema: segments.length > 0 ? state.sandboxSchema : undefined,
    setApart: NONE_SET_APART,
  }
  return { sql, state: { ...rest, block: restarted(outerBlock(state, levels), segments.length) } }
}

/**
 * The real rollback, which frees what a test has locked. The guard exists in no other transaction: should one have taken
 * the place of ours, by a commit that nobody saw, going back to it fails.
 */
function endOfTransaction({ guard }: Segment, cleared: readonly string[]): string[] {
  const proof = guard === 'none' ? [] : [`ROLLBACK TO SAVEPOINT ${GUARD}`]
  return [...proof, 'ROLLBACK', ...apart(cleared)]
}

/**
 * In a transaction of its own: the next level's BEGIN may stand in the same string, and would come too late to choose modes
 * after a query.
 */
function apart(cleared: readonly string[]): string[] {
  return cleared.length === 0 ? [] : ['BEGIN', ...cleared, 'COMMIT']
}

/** Undoes everything, also what happened outside every level. */
export function rollbackAll(state: TransactionState): Step {
  const [outermost] = state.segments
  const { schema, atStart: inForce } = outermost ?? { schema: state.schema, atStart: state.inForce }
  const cleared = clearedFrom(0, state)
  const sql = outermost === undefined ? apart(cleared) : endOfTransaction(state.segments.at(-1)!, cleared)
  const { sqlStatements } = state
  return { sql, state: { ...initialState(0), schema, inForce, sqlStatements } }
}

/** After the real connection was replaced by a new one: nothing is in force on it. */
export function reconnected(state: TransactionState): TransactionState {
  return { ...state, inForce: NO_SETTINGS, setsConstraints: false }
}

/** The block, where it was opened in a level that stays. */
function outerBlock({ block }: TransactionState, levels: number): Block | undefined {
  return block !== undefined && block.level <= levels ? block : undefined
}

/** A block after its level's savepoint was rolled back to: whole again, and without the segments that are gone. */
function restarted(block: Block | undefined, segments: number): Block | undefined {
  if (block?.segment === undefined) return block
  const savepoints = block.savepoints.filter((savepoint) => savepoint.segments <= segments)
  return {
    ...block,
    failed: false,
    isReadOnly: false,
    savepoints,
    segment: block.segment < segments ? block.segment : undefined,
  }
}
