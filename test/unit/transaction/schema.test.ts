import {
  commitChecks,
  localSettings,
  maySchemaChange,
  readSchema,
  UNKNOWN_SCHEMA,
} from '../../../src/transaction/schema.ts'
import { dataRow } from '../exchange/data-row.ts'
import { KNOWN } from './followed-session.ts'

const CHECK = 'SET CONSTRAINTS ALL IMMEDIATE'

describe('the checks of a commit', () => {
  test('are none in a database without constraints that can be put off', () => {
    expect(commitChecks(KNOWN)).toEqual([])
  })

  test('are one where none is put off unless told so', () => {
    expect(commitChecks({ ...KNOWN, hasDeferrable: true, immediate: 's.a' })).toEqual([CHECK])
  })

  test('put off again what is put off by default, and nothing else', () => {
    const all = { ...KNOWN, hasDeferrable: true, hasDeferred: true }
    expect(commitChecks(all)).toEqual([CHECK, 'SET CONSTRAINTS ALL DEFERRED'])
    expect(commitChecks({ ...all, immediate: 's.a, s."B"' })).toEqual([
      CHECK,
      'SET CONSTRAINTS ALL DEFERRED',
      'SET CONSTRAINTS s.a, s."B" IMMEDIATE',
    ])
  })

  test('look at the schema themselves where it is not known', () => {
    const [check, restore, ...more] = commitChecks(UNKNOWN_SCHEMA)
    expect(check).toBe(CHECK)
    expect(restore).toMatch(/^DO .*SET CONSTRAINTS ALL DEFERRED.*pg_constraint/s)
    expect(more).toEqual([])
    expect(commitChecks({ ...KNOWN, isStale: true })).toEqual([check, restore])
  })
})

describe('the schema may be changed', () => {
  const functions = { ...KNOWN, functionsChangeIt: true }

  test.each([
    'create table t ()',
    'ALTER TABLE t ADD x int',
    'drop view v',
    'do $$ $$',
    'call p()',
    'execute p',
  ])('by %s', (sql) => {
    expect(maySchemaChange(sql, KNOWN)).toBe(true)
  })

  test.each(['select f()', 'with a as (select f()) select 1', 'values (f())', '(select f())', 'table v'])(
    'by %s where functions change it',
    (sql) => {
      expect(maySchemaChange(sql, KNOWN)).toBe(false)
      expect(maySchemaChange(sql, functions)).toBe(true)
    },
  )

  test.each([
    'insert into t values (1)',
    'UPDATE t SET x = 1',
    'delete from t',
    'copy t from stdin',
    'truncate t',
  ])('never by %s', (sql) => {
    expect(maySchemaChange(sql, functions)).toBe(false)
  })
})

describe('settings for the transaction in a larger query', () => {
  test.each([
    ["select set_config('app.user', x, true) from t", ['app.user']],
    ["insert into t select SET_CONFIG ('App.User' , 'x', true)", ['app.user']],
    ["select set_config('role', 'a', true), set_config('a.b', c, true) from t", ['role', 'a.b']],
    ['do $$ begin set local search_path to x; set  LOCAL a.b = 1; end $$', ['search_path', 'a.b']],
  ])('are found by name: %s', (sql, names) => {
    expect(localSettings(sql)).toEqual(names)
  })

  test.each([
    "select set_config('app.user', x, false) from t",
    "select set_config('no such setting', x, true) from t",
    "select set_config('unheard_of', x, true) from t",
    'do $$ begin set search_path to x; end $$',
  ])('are none in %s', (sql) => {
    expect(localSettings(sql)).toEqual([])
  })
})

describe('the answer about the schema', () => {
  test('is read column by column', () => {
    const schema = readSchema(
      dataRow(['t', 't', 'f', 's.a, s.b', 'app.user,no_such,role', 'a:drop,b:delete', 't', 't', 'f,g', 'f']),
    )
    expect(schema).toEqual({
      readsMayWrite: true,
      hasDeferrable: true,
      hasDeferred: false,
      immediate: 's.a, s.b',
      localSettings: ['app.user', 'role'],
      functionsChangeIt: true,
      opensCursors: true,
      temporaryTables: [
        ['a', 'drop'],
        ['b', 'delete'],
      ],
      notifiers: ['f', 'g'],
      takesSchemas: false,
      isStale: false,
    })
  })

  test('of an empty database is that nothing has to be cared for', () => {
    expect(readSchema(dataRow(['f', 'f', 'f', null, null, null, 'f', 'f', null, 't']))).toEqual(KNOWN)
  })

  test('that does not come leaves reads that may write', () => {
    expect(readSchema(Buffer.alloc(0)).readsMayWrite).toBe(true)
  })
})
