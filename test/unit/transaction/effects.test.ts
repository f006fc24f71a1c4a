import { failed } from '../../../src/transaction/regions.ts'
import { applicationStatus, type TransactionState } from '../../../src/transaction/state.ts'
import { afterServer } from '../../../src/transaction/commands.ts'
import { classify } from '../../../src/sql/classify.ts'
import { inBlock } from './followed-session.ts'

describe('after the server', () => {
  const after = (sql: string, values: (string | null)[] = [], state = inBlock): TransactionState =>
    afterServer(state, classify(sql), sql, values)

  test('SET is a setting of the client', () => {
    const sql = "set timezone to 'Asia/Tokyo'"
    expect(after(sql).own).toEqual(new Map([['timezone', sql]]))
    expect(after(sql).inForce).toEqual(new Map([['timezone', sql]]))
  })

  test('SET LOCAL is in force and nobody’s', () => {
    expect(after('set local timezone to 1').own).toEqual(new Map())
    expect([...after('set local timezone to 1').inForce.keys()]).toEqual(['timezone'])
  })

  test('SET … TO DEFAULT and RESET forget it', () => {
    const set = after('set timezone to 1')
    expect(after('set timezone to default', [], set).own).toEqual(new Map())
    expect(after('reset timezone', [], set).own).toEqual(new Map())
    expect(after('reset all', [], set).own).toEqual(new Map())
  })

  test.each([
    ["select set_config('a.b', 'x', false)", []],
    ['select set_config($1, $2, $3)', ['a.b', 'x', 'false']],
    ["select set_config($2, $1, 'f')", ['x', 'A.B']],
  ] as [string, string[]][])('%s is a setting of the client', (sql, values) => {
    expect([...after(sql, values).own.keys()]).toEqual(['a.b'])
    expect(after(sql, values).own.get('a.b')).toContain("'x'")
  })

  test.each([
    ["select set_config('a.b', 'x', true)", []],
    ['select set_config($1, $2, $3)', ['a.b', 'x', 'true']],
    ['select set_config($1, $2, $3)', ['a.b', 'x', 't']],
    ['select set_config($1, $2, $3)', ['a.b', 'x', 'on']],
  ] as [string, string[]][])('%s %j is nobody’s', (sql, values) => {
    expect([...after(sql, values).own.keys()]).toEqual([])
    expect([...after(sql, values).inForce.keys()]).toEqual(['a.b'])
  })

  test('values with quotes and backslashes are quoted', () => {
    expect(after('select set_config($1, $2, false)', ['a.b', "it's \\"]).own.get('a.b')).toContain(
      "E'it''s \\\\'",
    )
  })

  test('ROLLBACK TO makes a failed block whole', () => {
    expect(applicationStatus(after('rollback to s', [], failed(after('savepoint s', [], inBlock))))).toBe('T')
  })

  test('CREATE TEMP TABLE, DECLARE and CLOSE are the client’s to hold', () => {
    const made = after(
      'declare c cursor with hold for select 1',
      [],
      after('create temp table t () on commit drop'),
    )
    expect(made.holdings).toMatchObject({ tables: new Map([['t', 'drop']]), heldCursors: ['c'], cursors: [] })
    expect(made.schema.isStale).toBe(true)
    const declared = after('declare d cursor for select 1', [], made)
    expect(declared.holdings.cursors).toEqual(['d'])
    expect(after('close d', [], declared).holdings).toMatchObject({ heldCursors: ['c'], cursors: [] })
    expect(after('close all', [], declared).holdings).toMatchObject({ heldCursors: [], cursors: [] })
  })

  test('notifications wait for the commit, those of pg_notify with the bound values', () => {
    const notified = after(
      "select pg_notify($1, 'y'), pg_notify('b', $2)",
      ['a', null],
      after("notify a, 'x'"),
    )
    expect(notified.holdings.notifications).toEqual([
      { channel: 'a', payload: 'x' },
      { channel: 'a', payload: 'y' },
      { channel: 'b', payload: '' },
    ])
  })

  test('set_config of transaction_read_only makes the transaction READ ONLY', () => {
    const { block, own } = after("select set_config('transaction_read_only', 'on', false)")
    expect(block).toMatchObject({ modes: { readOnly: true }, isReadOnly: true })
    expect(own).toEqual(new Map())
  })

  test('SET of a default mode, and SESSION CHARACTERISTICS, are statements that leave no doubt', () => {
    const statement = "SET default_transaction_read_only = 'on'"
    expect(after('set session characteristics as transaction read only').own).toEqual(
      new Map([['default_transaction_read_only', statement]]),
    )
    expect(after('set default_transaction_read_only to on').own).toEqual(
      new Map([['default_transaction_read_only', statement]]),
    )
  })

  test('settings and tables that functions make for the transaction are put back with it', () => {
    const schema = {
      ...inBlock.schema,
      localSettings: ['app.user'],
      temporaryTables: [['t', 'drop'] as const],
    }
    const called = after('select f()', [], { ...inBlock, schema })
    expect([...called.inForce.keys()]).toEqual(['app.user'])
    expect(called.holdings.tables).toEqual(new Map([['t', 'drop']]))
  })

  test('advisory locks of the session are remembered', () => {
    expect(after('select pg_advisory_lock(1)').hasLocks).toBe(true)
    expect(after('select f(1)').hasLocks).toBe(false)
  })
})
