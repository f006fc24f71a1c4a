/**
 * The states that a session comes back to between its units. There are few of them, and from each the same text becomes
 * the same exchange: so a state is replaced by its equal that was there before, and what was made from it is kept. The
 * states of a transaction block come again by themselves where the exchanges do that lead to them.
 */
import type { Analysis } from '../sql/analyze.ts'
import type { Exchange } from './exchange.ts'
import * as levels from '../transaction/levels.ts'
import { initialState, type Segment, type Step, type TransactionState } from '../transaction/state.ts'

/** A resting state, and what was made from it. */
interface Resting {
  readonly state: TransactionState
  /** By the text's analysis, with which they are forgotten: of a Query message, and in the extended protocol. */
  readonly simple: WeakMap<Analysis, Exchange>
  readonly extended: WeakMap<Analysis, Exchange>
  started?: TransactionState
  rolledBack?: Step
}

/** By the state, or one that is equal. */
const known = new WeakMap<TransactionState, Resting>()

/** Undefined for a state that is no resting one. */
export function exchangesFrom(state: TransactionState): Pick<Resting, 'simple' | 'extended'> | undefined {
  return known.get(state)
}

/** Opens a level. */
export function startLevel(state: TransactionState): TransactionState {
  const resting = known.get(state)
  if (resting === undefined) return levels.startLevel(state)
  return (resting.started ??= levels.startLevel(state))
}

/** Undoes the innermost level. */
export function rollbackLevel(state: TransactionState): Step {
  const resting = known.get(state)
  if (resting === undefined) return levels.rollbackLevel(state)
  return (resting.rolledBack ??= levels.rollbackLevel(state))
}

/** More than one client comes back to: idle, read, written, failed, in each level. */
const MOST = 12

/** By what each client has of its own, so that they need not look through those of others. */
const byClient = new WeakMap<TransactionState['prepared'], Resting[]>()

/** The state, as the one that is kept of its equals. How many transactions have ended in it only counts within a unit. */
export function settled(state: TransactionState): TransactionState {
  const { block, drawn, outbox, region } = state
  if (region !== undefined || drawn.length + outbox.length > 0) return state
  const there = known.get(state)
  if (there !== undefined) return there.state
  const resting = block === undefined ? equalOf(state) : seenAgain(state)
  if (resting === undefined) return state
  known.set(state, resting)
  return resting.state
}

function equalOf(state: TransactionState): Resting {
  const all = byClient.get(state.prepared) ?? []
  const equal = all.find((other) => isEqual(other.state, state))
  if (equal !== undefined) return equal
  const resting = newResting(state.ended === 0 ? state : { ...state, ended: 0 })
  if (all.push(resting) > MOST) all.shift()
  byClient.set(state.prepared, all)
  return resting
}

function newResting(state: TransactionState): Resting {
  const resting: Resting = { state, simple: new WeakMap(), extended: new WeakMap() }
  known.set(state, resting)
  return resting
}

const seen = new WeakSet<TransactionState>()

/** Most states of blocks do not come again. */
function seenAgain(state: TransactionState): Resting | undefined {
  if (seen.has(state)) return newResting(state)
  seen.add(state)
  return undefined
}

/** Fields that are compared by themselves, or are as in every resting state. */
const APART: ReadonlySet<string> = new Set(['segments', 'block', 'region', 'drawn', 'outbox', 'ended'])
const FIELDS = (Object.keys(initialState(0)) as (keyof TransactionState)[]).filter((name) => !APART.has(name))

function isEqual(one: TransactionState, other: TransactionState): boolean {
  for (const name of FIELDS) if (one[name] !== other[name]) return false
  const { segments } = other
  return one.segments.length === segments.length && one.segments.every((a, i) => areSame(a, segments[i]!))
}

function areSame(one: Segment, other: Segment): boolean {
  return (
    one.guard === other.guard &&
    one.level === other.level &&
    one.atStart === other.atStart &&
    one.atGuard === other.atGuard &&
    one.schema === other.schema
  )
}
