import { begin } from '../../../src/transaction/block.ts'
import { materialize } from '../../../src/transaction/materialize.ts'
import { queried } from '../../../src/transaction/regions.ts'
import type { TransactionState } from '../../../src/transaction/state.ts'
import { changeModes, modeOf, shownMode, snapshotRefusal } from '../../../src/transaction/modes.ts'
import { marked } from '../../../src/transaction/savepoints.ts'
import { assignedSetting, type Settings } from '../../../src/transaction/settings.ts'
import type { TransactionModes } from '../../../src/sql/command.ts'
import { having, idle, inBlock } from './followed-session.ts'

const inRegion = materialize(idle).state
const inSavepoint = marked(inBlock, 's')
const defaults = (name: string, value: string): Settings => new Map([[name, assignedSetting(name, value)]])

function blockWith(modes: TransactionModes): TransactionState {
  return materialize(begin(idle, modes).state).state
}

/** The message of the refusal, or the modes that the transaction has then. */
function changed(state: TransactionState, modes: TransactionModes): unknown {
  const change = changeModes(state, modes)
  if ('error' in change) return change.error['M']
  return (change.state.block ?? change.state.region)?.modes
}

describe('modes are chosen', () => {
  test('in a block, one after the other', () => {
    const deferrable = changeModes(inBlock, { deferrable: true })
    if ('error' in deferrable) throw new Error(deferrable.error['M'])
    expect(changed(deferrable.state, { isolation: 'serializable' })).toEqual({
      deferrable: true,
      isolation: 'serializable',
    })
  })

  test('in a string of statements, where the guard must be set first', () => {
    expect(changeModes(idle, { readOnly: true })).toEqual({ state: idle, isInside: true })
    expect(changeModes(inRegion, { readOnly: true })).toMatchObject({
      isInside: false,
      state: { region: { modes: { readOnly: true } } },
    })
  })

  test('without an effect on the state that they were chosen in', () => {
    changeModes(inBlock, { readOnly: true })
    expect(inBlock.block!.modes).toEqual({})
  })
})

describe('it is too late', () => {
  const TOO_LATE = 'must be called before any query'

  test.each<[string, TransactionModes, TransactionState, unknown]>([
    [
      'for another isolation level after a query',
      { isolation: 'serializable' },
      queried(inBlock),
      `SET TRANSACTION ISOLATION LEVEL ${TOO_LATE}`,
    ],
    [
      'for another isolation level after a query outside a block',
      { isolation: 'serializable' },
      queried(inRegion),
      `SET TRANSACTION ISOLATION LEVEL ${TOO_LATE}`,
    ],
    [
      'for another isolation level in a savepoint',
      { isolation: 'serializable' },
      inSavepoint,
      'SET TRANSACTION ISOLATION LEVEL must not be called in a subtransaction',
    ],
    [
      'for another isolation level in a savepoint after a query',
      { isolation: 'serializable' },
      queried(inSavepoint),
      `SET TRANSACTION ISOLATION LEVEL ${TOO_LATE}`,
    ],
    [
      'for DEFERRABLE after a query',
      { deferrable: true },
      queried(inBlock),
      `SET TRANSACTION [NOT] DEFERRABLE ${TOO_LATE}`,
    ],
    [
      'for NOT DEFERRABLE after a query',
      { deferrable: false },
      queried(inBlock),
      `SET TRANSACTION [NOT] DEFERRABLE ${TOO_LATE}`,
    ],
    [
      'for DEFERRABLE in a savepoint, whatever came before',
      { deferrable: true },
      queried(inSavepoint),
      'SET TRANSACTION [NOT] DEFERRABLE cannot be called within a subtransaction',
    ],
    [
      'for READ WRITE after a query',
      { readOnly: false },
      queried(blockWith({ readOnly: true })),
      'transaction read-write mode must be set before any query',
    ],
    [
      'for READ WRITE in a savepoint',
      { readOnly: false },
      queried(marked(blockWith({ readOnly: true }), 's')),
      'cannot set transaction read-write mode inside a read-only transaction',
    ],
    [
      'for all of them, and the one that is written first is told of',
      { isolation: 'serializable', deferrable: true, readOnly: false },
      queried(blockWith({ readOnly: true })),
      `SET TRANSACTION ISOLATION LEVEL ${TOO_LATE}`,
    ],
  ])('%s', (_, modes, state, message) => {
    expect(changed(state, modes)).toBe(message)
  })

  test.each<[string, TransactionModes, TransactionState]>([
    [
      'for the isolation level that there is',
      { isolation: 'serializable' },
      queried(blockWith({ isolation: 'serializable' })),
    ],
    ['for the isolation level by default', { isolation: 'read committed' }, queried(inSavepoint)],
    ['for READ ONLY', { readOnly: true }, queried(inSavepoint)],
    ['for READ WRITE where it is so', { readOnly: false }, queried(inSavepoint)],
    ['for READ WRITE before any query', { readOnly: false }, blockWith({ readOnly: true })],
  ])('not %s', (_, modes, state) => {
    expect(changed(state, modes)).toMatchObject(modes)
  })
})

describe('SET TRANSACTION SNAPSHOT', () => {
  test('wants an isolation level that keeps a snapshot', () => {
    expect(snapshotRefusal(inBlock)).toMatchObject({ C: '0A000' })
    expect(snapshotRefusal(idle)).toMatchObject({ C: '0A000' })
    expect(snapshotRefusal(blockWith({ isolation: 'read committed' }))).toMatchObject({ C: '0A000' })
    expect(snapshotRefusal(blockWith({ isolation: 'repeatable read' }))).toBeUndefined()
    expect(snapshotRefusal(blockWith({ isolation: 'serializable' }))).toBeUndefined()
  })

  test('comes too late after a query and in a savepoint, which is told first', () => {
    const message = 'SET TRANSACTION SNAPSHOT must be called before any query'
    expect(snapshotRefusal(queried(inBlock))).toMatchObject({ C: '25001', M: message })
    expect(snapshotRefusal(queried(inRegion))).toMatchObject({ C: '25001', M: message })
    expect(snapshotRefusal(inSavepoint)).toMatchObject({ C: '25001', M: message })
  })
})

describe('settings that are modes', () => {
  test.each<[string, string | undefined, TransactionModes | undefined]>([
    ['transaction_read_only', 'on', { readOnly: true }],
    ['transaction_read_only', 'FALSE', { readOnly: false }],
    ['transaction_deferrable', 'yes', { deferrable: true }],
    ['transaction_isolation', 'Repeatable Read', { isolation: 'repeatable read' }],
    ['transaction_isolation', 'nonsense', undefined],
    ['transaction_isolation', undefined, undefined],
    ['transaction_timeout', '1', undefined],
    ['default_transaction_read_only', 'on', undefined],
  ])('%s = %s is %j', (name, value, mode) => {
    expect(modeOf(name, value)).toEqual(mode)
  })
})

describe('SHOW', () => {
  test('tells the modes of the block, and the defaults beside it', () => {
    const settings = defaults('default_transaction_read_only', 'on')
    const { state } = begin(having(idle, { settings }), {
      readOnly: false,
      isolation: 'serializable',
      deferrable: true,
    })
    expect(shownMode(state, 'transaction_read_only')).toBe('off')
    expect(shownMode(state, 'default_transaction_read_only')).toBe('on')
    expect(shownMode(state, 'transaction_isolation')).toBe('serializable')
    expect(shownMode(state, 'transaction_deferrable')).toBe('on')
  })

  test('tells the defaults outside a block', () => {
    const settings = defaults('default_transaction_read_only', 'true')
    expect(shownMode(having(idle, { settings }), 'transaction_read_only')).toBe('on')
    expect(shownMode(idle, 'transaction_read_only')).toBe('off')
    expect(shownMode(idle, 'default_transaction_read_only')).toBe('off')
  })

  test('is the server’s to answer where it knows as well', () => {
    expect(shownMode(inBlock, 'transaction_isolation')).toBeUndefined()
    expect(shownMode(inBlock, 'transaction_deferrable')).toBeUndefined()
    const settings = defaults('default_transaction_isolation', 'serializable')
    expect(shownMode(having(idle, { settings }), 'transaction_isolation')).toBe('serializable')
  })
})
