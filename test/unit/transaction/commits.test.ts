import { begin, chain, commit, rollback } from '../../../src/transaction/block.ts'
import { endClient } from '../../../src/transaction/end-client.ts'
import { materialize, materializeForRead } from '../../../src/transaction/materialize.ts'
import {
  constrained,
  endRegion,
  failed,
  queried,
  undoSettings,
  written,
} from '../../../src/transaction/regions.ts'
import { changeSetting, changeLocally } from '../../../src/transaction/setting-changes.ts'
import { applicationStatus, serverStatus, type TransactionState } from '../../../src/transaction/state.ts'
import {
  type ClientObjects,
  NO_OBJECTS,
  withNotification,
  withTable,
} from '../../../src/transaction/client-objects.ts'
import { marked, recovered, released } from '../../../src/transaction/savepoints.ts'
import { assignedSetting, NO_SETTINGS, setBy } from '../../../src/transaction/settings.ts'
import {
  CHECK,
  KNOWN,
  RELEASE_GUARD,
  START,
  TOKYO,
  UNDO,
  having,
  idle,
  inBlock,
  tokyo,
} from './followed-session.ts'

const DEFERRED = { ...KNOWN, hasDeferrable: true, hasDeferred: true }
const PUT_OFF = 'SET CONSTRAINTS ALL DEFERRED'

const inRegion = materialize(idle).state
const wrote = (state: TransactionState): TransactionState => written(queried(state))
const making = (state: TransactionState, objects: Partial<ClientObjects>): TransactionState =>
  having(state, { objects: { ...NO_OBJECTS, ...objects } })

describe('a commit', () => {
  test.each([
    ['of a block', inBlock, commit],
    ['of statements outside a block', inRegion, endRegion],
    ['of the statements of a string so far', inRegion, commit],
  ])('%s checks constraints that are put off, and puts them off again', (_, state, end) => {
    expect(end(wrote({ ...state, schema: DEFERRED })).sql).toEqual([CHECK, PUT_OFF])
    expect(end(wrote(state)).sql).toEqual([])
  })

  test.each([
    ['of a block', inBlock, commit],
    ['of statements outside a block', inRegion, endRegion],
  ])('%s that has only read, or only set something, checks nothing', (_, state, end) => {
    expect(end(queried({ ...state, schema: DEFERRED })).sql).toEqual([])
    expect(end(written({ ...state, schema: DEFERRED })).sql).toEqual([])
  })

  test('after SET CONSTRAINTS puts them off as they were, whatever else was done', () => {
    const schema = { ...KNOWN, hasDeferrable: true }
    expect(commit(constrained({ ...inBlock, schema })).sql).toEqual([CHECK])
    expect(endRegion(constrained({ ...inRegion, schema })).sql).toEqual([CHECK])
  })

  test('of a block that has failed is a rollback', () => {
    const { sql, state } = commit(failed(wrote({ ...inBlock, schema: DEFERRED })))
    expect(sql).toEqual([])
    expect(state).toEqual(rollback(failed(wrote({ ...inBlock, schema: DEFERRED }))))
  })

  test('of a block in which nothing has run sends nothing', () => {
    expect(commit(begin({ ...idle, schema: DEFERRED }, {}).state).sql).toEqual([])
  })

  test.each([
    ['of a block', inBlock, commit],
    ['of statements outside a block', inRegion, endRegion],
  ])('%s closes cursors and ends temporary tables, after the checks', (_, state, end) => {
    const tables = new Map([['t', 'drop' as const]])
    const step = end(making(wrote({ ...state, schema: DEFERRED }), { cursors: ['c'], tables }))
    expect(step.sql.slice(0, 3)).toEqual([CHECK, PUT_OFF, 'CLOSE "c"'])
    expect(step.sql[3]).toContain('DROP TABLE')
    expect(step.sql).toHaveLength(4)
    expect(step.state.client.objects).toEqual(NO_OBJECTS)
  })

  test('puts its notifications into the outbox, behind those that are there', () => {
    const one = withNotification(NO_OBJECTS, { channel: 'a', payload: '1' })
    const { state } = commit(having(inBlock, { objects: one }))
    expect(state.outbox).toEqual([{ channel: 'a', payload: '1', isHeard: false }])
    const again = commit({ ...having(inBlock, { objects: one }), outbox: state.outbox })
    expect(again.state.outbox).toHaveLength(2)
  })

  test('hears its own notifications when it has listened, also in the same transaction', () => {
    const both = {
      notifications: [{ channel: 'a', payload: '' }],
      listens: [{ listens: true, channel: 'b' }],
    }
    const { state } = commit(making(inBlock, both))
    expect(state.outbox).toMatchObject([{ isHeard: true }])
    expect(state.client.objects.listening).toEqual(new Set(['b']))
  })

  test.each([
    [
      'of a block',
      (): TransactionState => rollback(making(inBlock, { notifications: [{ channel: 'a', payload: '' }] })),
    ],
    [
      'of statements outside a block',
      (): TransactionState => failed(making(inRegion, { notifications: [{ channel: 'a', payload: '' }] })),
    ],
  ])('that does not come sends nothing: the rollback %s forgets notifications', (_, undone) => {
    expect(undone().client.objects).toEqual(NO_OBJECTS)
    expect(undone().outbox).toEqual([])
  })

  test('ends a transaction, and so does a rollback: portals do not outlive it', () => {
    expect(commit(inBlock).state.ended).toBe(inBlock.ended + 1)
    expect(rollback(inBlock).ended).toBe(inBlock.ended + 1)
  })
})

describe('the end of statements outside a block', () => {
  test('with nothing written needs nothing, and its guard stays', () => {
    const { sql, state } = endRegion(queried(inRegion))
    expect(sql).toEqual([])
    expect(state.region).toBeUndefined()
    expect(materialize(state).sql).toEqual([])
  })

  test('puts back what was SET LOCAL', () => {
    const { sql, state } = endRegion(written(changeLocally(inRegion, 'timezone')))
    expect(sql).toEqual(['RESET timezone'])
    expect(state.inForce).toEqual(NO_SETTINGS)
  })

  test('commits LISTEN that came before or behind a mere read', () => {
    const listens = [{ listens: true, channel: 'a' }]
    for (const state of [
      making(queried(inRegion), { listens }),
      materialize(making(idle, { listens })).state,
    ])
      expect(endRegion(state).state.client.objects.listening).toEqual(new Set(['a']))
  })

  test('of a read with nothing written is no end of a region', () => {
    expect(endRegion(materializeForRead(idle).state)).toEqual({ sql: [], state: idle })
  })
})

describe('AND CHAIN', () => {
  test('begins a block with the modes of the one before, which a failure does not take away', () => {
    const chained = chain(commit(inBlock).state, { readOnly: true, isolation: 'serializable' })
    const modes = { readOnly: true, isolation: 'serializable' }
    expect(applicationStatus(chained)).toBe('T')
    expect(chained.block!.modes).toEqual(modes)
    expect(failed(chained).block!.modes).toEqual(modes)
  })

  test('has the modes that were in force, not those by default', () => {
    const name = 'default_transaction_read_only'
    const settings = new Map([[name, assignedSetting(name, 'on')]])
    expect(begin(having(idle, { settings }), {}).state.block!.modes).toEqual({ readOnly: true })
    expect(chain(having(idle, { settings }), {}).block!.modes).toEqual({})
  })
})

describe('the modes of a block that fails', () => {
  const modes = { readOnly: true }
  const readOnly = materialize(begin(idle, modes).state).state

  test('are those it would have had without a choice', () => {
    expect(failed(readOnly).block!.modes).toEqual({})
    expect(failed(failed(readOnly)).block!.modes).toEqual({})
  })

  test('are those of its last savepoint, where it has one', () => {
    expect(failed(marked(readOnly, 's')).block!.modes).toEqual(modes)
    const chosenInside = { ...marked(inBlock, 's') }
    const inside = { ...chosenInside, block: { ...chosenInside.block!, modes, isReadOnly: true } }
    expect(failed(inside).block!.modes).toEqual({})
    expect(recovered(failed(inside), 's').block).toMatchObject({
      modes: {},
      isReadOnly: false,
      failed: false,
    })
    expect(released(inside, 's').block).toMatchObject({ modes: {}, isReadOnly: false })
  })
})

describe('settings that are undone', () => {
  test('by the failure of statements outside a block are undone at once, so that the client is told', () => {
    const undone = undoSettings(failed(written(changeSetting(inRegion, 'timezone', setBy(tokyo)))))!
    expect(undone.sql).toEqual([UNDO])
    expect(serverStatus(undone.state)).toBe('T')
    expect(undone.state.inForce).toEqual(NO_SETTINGS)
  })

  test('are none where a failure changed none, or inside a block', () => {
    expect(undoSettings(failed(written(inRegion)))).toBeUndefined()
    expect(undoSettings(failed(changeSetting(inBlock, 'timezone', setBy(tokyo))))).toBeUndefined()
    expect(undoSettings(idle)).toBeUndefined()
  })
})

describe('the end of a client', () => {
  const prepared = { prefix: 'pg-sandbox 1.', names: ['p'] }
  const table = withTable(NO_OBJECTS, 't', 'preserve')

  test('that has nothing needs nothing', () => {
    expect(endClient(idle)).toBeUndefined()
    expect(endClient(endRegion(wrote(inRegion)).state)).toBeUndefined()
  })

  test('deallocates what it has prepared by SQL, also with nothing written', () => {
    const { sql, state } = endClient(having(idle, { prepared }))!
    expect(sql).toEqual([expect.stringContaining('DEALLOCATE')])
    expect(state.segments).toEqual([])
  })

  test('drops its temporary tables behind a guard, whose undoing is the failure', () => {
    const { state: before } = endRegion(wrote(inRegion))
    const { sql, state, failure } = endClient(having(before, { objects: table, prepared }))!
    expect(sql.slice(0, 2)).toEqual([RELEASE_GUARD, START.at(-1)])
    expect(sql.slice(2)).toEqual([
      expect.stringContaining('DROP TABLE'),
      expect.stringContaining('DEALLOCATE'),
    ])
    expect(state).toMatchObject({ region: undefined, aborted: false, segments: [{ guard: 'dirty' }] })
    expect(failure).toMatchObject({ region: undefined, aborted: true, segments: [{ guard: 'undo' }] })
    expect(materialize(failure!).sql).toEqual([UNDO])
  })
})

test('what a client has comes back with the rollback of its transaction, and with that to a savepoint', () => {
  const before = making(idle, { tables: TABLES })
  const block = materialize(begin(before, {}).state).state
  const objects = { ...block.client.objects, cursors: ['c'] }
  expect(rollback(having(block, { objects })).client.objects).toEqual(before.client.objects)
  const undone = recovered(having(marked(block, 's'), { objects }), 's')
  expect(undone.client.objects).toEqual(before.client.objects)
})

test('what has been prepared since a rollback’s begin is prepared still', () => {
  const block = materialize(begin(idle, {}).state).state
  const prepared = { prefix: 'pg-sandbox 1.', names: ['p'] }
  const more = having(marked(block, 's'), { prepared, settings: TOKYO })
  for (const state of [
    rollback(more),
    recovered(more, 's'),
    failed(having(inRegion, { prepared, settings: TOKYO })),
  ])
    expect(state.client).toEqual({ ...idle.client, prepared })
})

const TABLES = new Map([['t', 'preserve' as const]])
