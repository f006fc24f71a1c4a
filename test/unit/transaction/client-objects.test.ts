import {
  afterCommit,
  deallocateAll,
  type ClientObjects,
  NO_OBJECTS,
  withNotification,
  withoutPending,
  withTable,
} from '../../../src/transaction/client-objects.ts'
import { commitActions, endObjects } from '../../../src/transaction/commit-procedure.ts'
import type { OnCommit } from '../../../src/sql/command.ts'

const none: ClientObjects = NO_OBJECTS

function tables(onCommit: OnCommit, ...names: string[]): ClientObjects {
  return names.reduce((held, name) => withTable(held, name, onCommit), none)
}

describe('a commit', () => {
  test('does nothing about what outlives it', () => {
    const cursorsWithHold = ['c']
    expect(commitActions(none)).toEqual([])
    expect(commitActions({ ...tables('preserve', 't'), cursorsWithHold })).toEqual([])
  })

  test('closes the cursors WITHOUT HOLD, by names that may be any', () => {
    expect(commitActions({ ...none, cursors: ['c', 'C"x'] })).toEqual(['CLOSE "c"', 'CLOSE "C""x"'])
  })

  test('empties and drops temporary tables in one statement, all of a kind at once', () => {
    const held = withTable(withTable(tables('drop', 'a', "b'c"), 'd', 'delete'), 'e', 'preserve')
    const actions = commitActions(held)
    expect(actions).toHaveLength(1)
    const [action] = actions as [string]
    expect(action).toMatch(/^DO /)
    expect(action.indexOf('TRUNCATE')).toBeLessThan(action.indexOf('DROP TABLE'))
    expect(action.match(/EXECUTE/g)).toHaveLength(2)
    expect(action).toContain(`pg_temp."a"`)
    expect(action).not.toContain(`pg_temp."e"`)
  })

  test('does so without a notice, and leaves the level of messages as it was', () => {
    const [action] = commitActions(tables('drop', 't')) as [string]
    expect(action.match(/set_config\(''client_min_messages'', (?:''error''|level), true\)/g)).toHaveLength(2)
  })

  test('leaves neither cursors nor tables that are dropped, and what outlives it', () => {
    const held = { ...withTable(tables('drop', 'a'), 'b', 'delete'), cursors: ['c'], cursorsWithHold: ['h'] }
    expect(afterCommit(held)).toEqual({
      ...none,
      cursorsWithHold: ['h'],
      tables: new Map([['b', 'delete']]),
    })
  })

  test('changes nothing where nothing is held', () => {
    expect(afterCommit(none)).toBe(none)
    const listening = { ...none, listening: new Set(['a']) }
    expect(afterCommit(listening)).toBe(listening)
  })

  test('makes LISTEN and UNLISTEN hold, in their order', () => {
    const listens = [
      { listens: true, channel: 'b' },
      { listens: false, channel: 'a' },
      { listens: true, channel: 'c' },
      { listens: false, channel: 'c' },
    ]
    const after = afterCommit({ ...none, listening: new Set(['a']), listens })
    expect(after).toEqual({ ...none, listening: new Set(['b']) })
  })

  test('with UNLISTEN * leaves the channels that come behind it', () => {
    const listens = [
      { listens: true, channel: 'b' },
      { listens: false, channel: undefined },
      { listens: true, channel: 'd' },
    ]
    const { listening } = afterCommit({ ...none, listening: new Set(['a']), listens })
    expect(listening).toEqual(new Set(['d']))
  })
})

test('a rollback forgets what was to come with the commit, and nothing else', () => {
  const held = { ...tables('preserve', 't'), listening: new Set(['a']), cursorsWithHold: ['h'] }
  const pending = {
    listens: [{ listens: true, channel: 'b' }],
    notifications: [{ channel: 'a', payload: '' }],
  }
  expect(withoutPending({ ...held, ...pending })).toEqual(held)
  expect(withoutPending(held)).toBe(held)
})

test('equal notifications of a transaction are one, others are in their order', () => {
  const sent = [
    { channel: 'a', payload: '1' },
    { channel: 'b', payload: '1' },
    { channel: 'a', payload: '2' },
  ]
  const twice = [...sent, ...sent].reduce(withNotification, none)
  expect(twice.notifications).toEqual(sent)
  expect(withNotification(twice, { channel: 'a', payload: '1' })).toBe(twice)
})

test('a table that is made anew has the action of the new one', () => {
  expect(withTable(tables('drop', 't'), 't', 'delete').tables).toEqual(new Map([['t', 'delete']]))
})

describe('the end of a client', () => {
  test('that holds nothing, or only what a commit ends, is no statement', () => {
    expect(endObjects(none)).toEqual([])
    expect(endObjects({ ...none, cursors: ['c'], listening: new Set(['a']) })).toEqual([])
  })

  test('closes its cursors WITH HOLD where they still are, and drops all its tables', () => {
    const held = { ...withTable(tables('preserve', 'a'), 'b', 'delete'), cursorsWithHold: ["it's"] }
    const actions = endObjects(held)
    expect(actions).toHaveLength(1)
    expect(actions[0]).toMatch(/pg_cursors WHERE name = /)
    expect(actions[0]).toMatch(/CLOSE "it''''s"/)
    expect(actions[0]).toMatch(/pg_temp\."a"[\s\S]*pg_temp\."b"[\s\S]*DROP TABLE/)
    expect(actions[0]).not.toContain('TRUNCATE')
  })
})

describe('DEALLOCATE ALL', () => {
  test('takes the statements that begin with the prefix, and those of SQL by their names', () => {
    const sql = deallocateAll({ prefix: 'pg-sandbox 1.', names: ['p', "it's"] })
    expect(sql).toMatch(/^DO /)
    expect(sql).toContain("starts_with(s.name, ''pg-sandbox 1.'')")
    expect(sql).toContain("OR s.name = ''p''")
    expect(sql).toContain("OR s.name = ''it''''s''")
  })

  test('of a client with no statement of SQL looks for none by name', () => {
    expect(deallocateAll({ prefix: 'pg-sandbox 1.', names: [] })).not.toContain('OR s.name')
  })
})
