import { exchangesFrom, rollbackLevel, settled, startLevel } from '../../../src/exchange/resting-states.ts'
import * as levels from '../../../src/transaction/levels.ts'
import { begin } from '../../../src/transaction/block.ts'
import type { TransactionState } from '../../../src/transaction/state.ts'
import { FollowedSession, idle as anyIdle, TOKYO } from '../transaction/followed-session.ts'

/** That of a client of its own in each test. */
let idle: TransactionState
beforeEach(() => {
  idle = { ...anyIdle, prepared: { prefix: '', names: [] } }
})

/** The state after a write; another object each time. */
function written(): TransactionState {
  const session = new FollowedSession()
  session.state = idle
  session.write()
  return session.state
}

test('of equal states the first is kept', () => {
  const first = settled(written())
  expect(written()).not.toBe(first)
  expect(settled(written())).toBe(first)
  expect(settled(first)).toBe(first)
})

test('states that differ are kept apart', () => {
  const dirty = written()
  const segment = dirty.segments.at(0)!
  const others: TransactionState[] = [
    idle,
    { ...dirty, own: TOKYO },
    { ...dirty, levels: 2 },
    { ...dirty, schema: { ...dirty.schema } },
    { ...dirty, segments: [{ ...segment, guard: 'clean' }] },
    { ...dirty, segments: [{ ...segment, atGuard: TOKYO }] },
    { ...dirty, hasLocks: true },
    { ...dirty, prepared: { ...dirty.prepared } },
  ]
  const kept = [dirty, ...others].map(settled)
  expect(new Set(kept).size).toBe(9)
  expect(kept).toEqual([dirty, ...others])
})

test('every field is compared', () => {
  const dirty = settled(written())
  for (const field of Object.keys(dirty) as (keyof TransactionState)[]) {
    if (['ended', 'block', 'region', 'drawn', 'outbox', 'segments'].includes(field)) continue
    const other = { ...dirty, [field]: Symbol(field) } as unknown as TransactionState
    // What a client has of its own leads to its states, and is compared by that.
    if (field === 'prepared') Object.assign(other, { prepared: {} })
    expect(settled(other)).toBe(other)
  }
})

test('how many transactions have ended does not tell them apart', () => {
  const first = settled(idle)
  expect(settled({ ...idle, ended: 3 })).toBe(first)
})

test('a unit under way, notifications to be delivered and sequences to be set apart are nothing to come back to', () => {
  const notification = { channel: 'c', payload: '', isHeard: true }
  const passing: TransactionState[] = [
    { ...written(), region: { ...begin(idle, {}).state.block! } },
    { ...idle, outbox: [notification] },
    { ...idle, drawn: [{} as TransactionState['drawn'][number]] },
  ]
  for (const state of passing) {
    expect(settled(state)).toBe(state)
    expect(exchangesFrom(state)).toBeUndefined()
  }
})

test('a state in a block is kept from the second time on', () => {
  const { state } = begin(idle, {})
  settled(state)
  expect(exchangesFrom(state)).toBeUndefined()
  settled(state)
  expect(exchangesFrom(state)).toBeDefined()
})

test('levels are opened and undone as from any state, and lead back to where one was', () => {
  const start = settled(startLevel(settled(idle)))
  const dirty = settled({ ...start, segments: written().segments })
  const step = rollbackLevel(dirty)
  expect(step).toEqual(levels.rollbackLevel(dirty))
  expect(rollbackLevel(dirty)).toBe(step)
  expect(startLevel(settled(step.state))).toEqual(levels.startLevel(step.state))
})

test('no more than a few are kept for each client', () => {
  const first = settled(idle)
  for (let level = 2; level < 20; level += 1) settled({ ...idle, levels: level })
  expect(settled({ ...idle })).not.toBe(first)
})
