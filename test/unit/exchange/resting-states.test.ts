import { exchangesFrom, resting, rollbackLevel, startLevel } from '../../../src/exchange/resting-states.ts'
import * as levels from '../../../src/transaction/levels.ts'
import { begin } from '../../../src/transaction/block.ts'
import type { TransactionState } from '../../../src/transaction/state.ts'
import { FollowedSession, having, idle as anyIdle, TOKYO } from '../transaction/followed-session.ts'

/** That of a client of its own in each test. */
let idle: TransactionState
beforeEach(() => {
  idle = having(anyIdle, { prepared: { prefix: '', names: [] } })
})

/** The state after a write; another object each time. */
function written(): TransactionState {
  const session = new FollowedSession()
  session.state = idle
  session.write()
  return session.state
}

test('of equal states the first is kept', () => {
  const first = resting(written())
  expect(written()).not.toBe(first)
  expect(resting(written())).toBe(first)
  expect(resting(first)).toBe(first)
})

test('states that differ are kept apart', () => {
  const dirty = written()
  const segment = dirty.segments.at(0)!
  const others: TransactionState[] = [
    idle,
    having(dirty, { settings: TOKYO }),
    { ...dirty, levels: 2 },
    { ...dirty, schema: { ...dirty.schema } },
    { ...dirty, segments: [{ ...segment, guard: 'clean' }] },
    { ...dirty, segments: [{ ...segment, atGuard: TOKYO }] },
    { ...dirty, leftovers: { level: 1, holder: undefined, byFunctions: false } },
    having(dirty, { prepared: { ...dirty.client.prepared } }),
  ]
  const kept = [dirty, ...others].map(resting)
  expect(new Set(kept).size).toBe(9)
  expect(kept).toEqual([dirty, ...others])
})

test('every field is compared, and each of what belongs to the client', () => {
  const dirty = resting(written())
  for (const field of Object.keys(dirty) as (keyof TransactionState)[]) {
    if (['ended', 'block', 'region', 'drawn', 'outbox', 'segments'].includes(field)) continue
    const other = { ...dirty, [field]: Symbol(field) } as unknown as TransactionState
    // What a client has prepared leads to its states, and is compared by that.
    if (field === 'client') Object.assign(other, { client: { ...dirty.client, prepared: {} } })
    expect(resting(other)).toBe(other)
  }
  for (const field of Object.keys(dirty.client)) {
    const other = having(dirty, { [field]: field === 'prepared' ? {} : Symbol(field) })
    expect(resting(other)).toBe(other)
  }
})

test('how many transactions have ended does not tell them apart', () => {
  const first = resting(idle)
  expect(resting({ ...idle, ended: 3 })).toBe(first)
})

test('a unit under way, notifications to be delivered and sequences to be set apart are nothing to come back to', () => {
  const notification = { channel: 'c', payload: '', isHeard: true }
  const passing: TransactionState[] = [
    { ...written(), region: { ...begin(idle, {}).state.block! } },
    { ...idle, outbox: [notification] },
    { ...idle, drawn: [{} as TransactionState['drawn'][number]] },
  ]
  for (const state of passing) {
    expect(resting(state)).toBe(state)
    expect(exchangesFrom(state)).toBeUndefined()
  }
})

test('a state in a block is kept from the second time on', () => {
  const { state } = begin(idle, {})
  resting(state)
  expect(exchangesFrom(state)).toBeUndefined()
  resting(state)
  expect(exchangesFrom(state)).toBeDefined()
})

test('levels are opened and undone as from any state, and lead back to where one was', () => {
  const start = resting(startLevel(resting(idle)))
  const dirty = resting({ ...start, segments: written().segments })
  const step = rollbackLevel(dirty)
  expect(step).toEqual(levels.rollbackLevel(dirty))
  expect(rollbackLevel(dirty)).toBe(step)
  expect(startLevel(resting(step.state))).toEqual(levels.startLevel(step.state))
})

test('no more than a few are kept for each client', () => {
  const first = resting(idle)
  for (let level = 2; level < 20; level += 1) resting({ ...idle, levels: level })
  expect(resting({ ...idle })).not.toBe(first)
})
