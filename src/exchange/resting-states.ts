/**
 * The states that a session comes back to between its units. There are few of them, and from each the same text becomes
 * the same exchange: so a state is replaced by its equal that was there before, and what was made from it is kept. A state
 * inside a transaction block comes again where the exchange comes again that leads to it.
 */
import type { Analysis } from '../sql/analyze.ts'
import type { Exchange } from './exchange.ts'
import { areSameBelongings } from '../transaction/belongings.ts'
import type { Prepared } from '../transaction/client-objects.ts'
import * as levels from '../transaction/levels.ts'
import { areSameLeftovers } from '../transaction/leftovers.ts'
import type { Segment, Step, TransactionState } from '../transaction/state.ts'

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
  const kept = known.get(state)
  if (kept === undefined) return levels.startLevel(state)
  return (kept.started ??= levels.startLevel(state))
}

/** Undoes the innermost level. */
export function rollbackLevel(state: TransactionState): Step {
  const kept = known.get(state)
  if (kept === undefined) return levels.rollbackLevel(state)
  return (kept.rolledBack ??= levels.rollbackLevel(state))
}

/** A client comes back to fewer: idle, read, written, failed, in each level. */
const MOST = 12

/** By client, so that none looks through those of others: what it has prepared is no other's. */
const byClient = new WeakMap<Prepared, Resting[]>()

/** The state, as the one that is kept of its equals. How many transactions have ended in it only counts within a unit. */
export function resting(state: TransactionState): TransactionState {
  const { block, drawn, outbox, region } = state
  if (region !== undefined || drawn.length + outbox.length > 0) return state
  const there = known.get(state)
  if (there !== undefined) return there.state
  const kept = block === undefined ? equalOf(state) : seenAgain(state)
  if (kept === undefined) return state
  known.set(state, kept)
  return kept.state
}

function equalOf(state: TransactionState): Resting {
  const { prepared } = state.client
  const all = byClient.get(prepared) ?? []
  const equal = all.find((other) => isEqual(other.state, state))
  if (equal !== undefined) return equal
  const kept = newResting(state.ended === 0 ? state : { ...state, ended: 0 })
  if (all.push(kept) > MOST) all.shift()
  byClient.set(prepared, all)
  return kept
}

function newResting(state: TransactionState): Resting {
  const kept: Resting = { state, simple: new WeakMap(), extended: new WeakMap() }
  known.set(state, kept)
  return kept
}

const seen = new WeakSet<TransactionState>()

/** Most states of blocks do not come again. */
function seenAgain(state: TransactionState): Resting | undefined {
  if (seen.has(state)) return newResting(state)
  seen.add(state)
  return undefined
}

/** What is not compared is as in every resting state: there is no region, and nothing is drawn or to be delivered. */
function isEqual(one: TransactionState, other: TransactionState): boolean {
  return (
    one.levels === other.levels &&
    one.aborted === other.aborted &&
    one.inForce === other.inForce &&
    areSameBelongings(one.client, other.client) &&
    one.schema === other.schema &&
    one.setsConstraints === other.setsConstraints &&
    areSameLeftovers(one.leftovers, other.leftovers) &&
    one.sqlStatements === other.sqlStatements &&
    one.sandboxSchema === other.sandboxSchema &&
    one.setApart === other.setApart &&
    one.segments.length === other.segments.length &&
    one.segments.every((segment, i) => areSame(segment, other.segments[i]!))
  )
}

function areSame(one: Segment, other: Segment): boolean {
  return (
    one.guard === other.guard &&
    one.level === other.level &&
    one.atStart === other.atStart &&
    one.atGuard === other.atGuard &&
    one.schema === other.schema &&
    one.notesLocks === other.notesLocks
  )
}
