import { failed } from '../../../src/transaction/regions.ts'
import { applicationStatus, type TransactionState } from '../../../src/transaction/state.ts'
import { afterServer } from '../../../src/transaction/commands.ts'
import { assignedSetting, setBy, type Settings } from '../../../src/transaction/settings.ts'
import { classify } from '../../../src/sql/classify.ts'
import { inBlock } from './followed-session.ts'

describe('after the server', () => {
  const after = (sql: string, values: (string | null)[] = [], state = inBlock): TransactionState =>
    afterServer(state, classify(sql), sql, values)
  const settings = (...given: Parameters<typeof after>): Settings => after(...given).client.settings

  test('SET is a setting of the client', () => {
    const sql = "set timezone to 'Asia/Tokyo'"
    const set = new Map([['timezone', setBy(sql, 'Asia/Tokyo')]])
    expect(settings(sql)).toEqual(set)
    expect(after(sql).inForce).toEqual(set)
  })

  test('SET LOCAL is in force and nobody’s', () => {
    expect(settings('set local timezone to 1')).toEqual(new Map())
    expect([...after('set local timezone to 1').inForce.keys()]).toEqual(['timezone'])
  })

  test('SET … TO DEFAULT and RESET forget it', () => {
    const set = after('set timezone to 1')
    expect(settings('set timezone to default', [], set)).toEqual(new Map())
    expect(settings('reset timezone', [], set)).toEqual(new Map())
    expect(settings('reset all', [], set)).toEqual(new Map())
  })

  test.each([
    ["select set_config('a.b', 'x', false)", []],
    ['select set_config($1, $2, $3)', ['a.b', 'x', 'false']],
    ["select set_config($2, $1, 'f')", ['x', 'A.B']],
  ] as [string, string[]][])('%s is a setting of the client', (sql, values) => {
    expect([...settings(sql, values).keys()]).toEqual(['a.b'])
    expect(settings(sql, values).get('a.b')).toMatchObject({
      statement: "SELECT set_config('a.b', 'x', false)",
      value: 'x',
    })
  })

  test.each([
    ["select set_config('a.b', 'x', true)", []],
    ['select set_config($1, $2, $3)', ['a.b', 'x', 'true']],
    ['select set_config($1, $2, $3)', ['a.b', 'x', 't']],
    ['select set_config($1, $2, $3)', ['a.b', 'x', 'on']],
  ] as [string, string[]][])('%s %j is nobody’s', (sql, values) => {
    expect([...settings(sql, values).keys()]).toEqual([])
    expect([...after(sql, values).inForce.keys()]).toEqual(['a.b'])
  })

  test('values with quotes and backslashes are quoted', () => {
    const set = settings('select set_config($1, $2, false)', ['a.b', "it's \\"]).get('a.b')
    expect(set).toMatchObject({ statement: expect.stringContaining("E'it''s \\\\'"), value: "it's \\" })
  })

  test('PREPARE is remembered by its name, once', () => {
    const names = (state: TransactionState): readonly string[] => state.client.prepared.names
    expect(names(inBlock)).toEqual([])
    const prepared = after('prepare p as select 1')
    expect(names(prepared)).toEqual(['p'])
    expect(names(after('prepare p as select 1', [], prepared))).toEqual(['p'])
    expect(names(after('select 1', [], prepared))).toEqual(['p'])
  })

  test('ROLLBACK TO makes a failed block whole', () => {
    expect(applicationStatus(after('rollback to s', [], failed(after('savepoint s', [], inBlock))))).toBe('T')
  })

  test('CREATE TEMP TABLE, DECLARE and CLOSE are the client’s to keep', () => {
    const made = after(
      'declare c cursor with hold for select 1',
      [],
      after('create temp table t () on commit drop'),
    )
    expect(made.client.objects).toMatchObject({
      tables: new Map([['t', 'drop']]),
      cursorsWithHold: ['c'],
      cursors: [],
    })
    expect(made.schema.isStale).toBe(true)
    const declared = after('declare d cursor for select 1', [], made)
    expect(declared.client.objects.cursors).toEqual(['d'])
    expect(after('close d', [], declared).client.objects).toMatchObject({
      cursorsWithHold: ['c'],
      cursors: [],
    })
    expect(after('close all', [], declared).client.objects).toMatchObject({
      cursorsWithHold: [],
      cursors: [],
    })
  })

  test('notifications wait for the commit, those of pg_notify with the bound values', () => {
    const notified = after(
      "select pg_notify($1, 'y'), pg_notify('b', $2)",
      ['a', null],
      after("notify a, 'x'"),
    )
    expect(notified.client.objects.notifications).toEqual([
      { channel: 'a', payload: 'x' },
      { channel: 'a', payload: 'y' },
      { channel: 'b', payload: '' },
    ])
  })

  test('set_config of transaction_read_only makes the transaction READ ONLY', () => {
    const { block, client } = after("select set_config('transaction_read_only', 'on', false)")
    expect(block).toMatchObject({ modes: { readOnly: true }, isReadOnly: true })
    expect(client.settings).toEqual(new Map())
  })

  test('SET of a default mode, and SESSION CHARACTERISTICS, are statements that leave no doubt', () => {
    const name = 'default_transaction_read_only'
    const set = new Map([[name, assignedSetting(name, 'on')]])
    expect(set.get(name)!.statement).toBe("SET default_transaction_read_only = 'on'")
    expect(settings('set session characteristics as transaction read only')).toEqual(set)
    expect(settings('set default_transaction_read_only to on')).toEqual(set)
  })

  test('settings and tables that functions make for the transaction are put back with it', () => {
    const schema = {
      ...inBlock.schema,
      localSettings: ['app.user'],
      temporaryTables: [['t', 'drop'] as const],
    }
    const called = after('select f()', [], { ...inBlock, schema })
    expect([...called.inForce.keys()]).toEqual(['app.user'])
    expect(called.client.objects.tables).toEqual(new Map([['t', 'drop']]))
  })

  test('advisory locks of the session are remembered', () => {
    expect(after('select pg_advisory_lock(1)').leftovers).toMatchObject({ level: 1, byFunctions: false })
    expect(after('select f(1)').leftovers).toBeUndefined()
  })
})
