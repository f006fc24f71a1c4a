import { commitChecks, readSchema, UNKNOWN_SCHEMA } from '../../../src/transaction/schema.ts'
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

describe('the answer about the schema', () => {
  test('is read column by column', () => {
    const schema = readSchema(
      dataRow([
        't',
        't',
        'f',
        's.a, s.b',
        'app.user,no_such,role',
        'a:drop,b:delete',
        't',
        't',
        'f,g',
        'f',
        't',
        't',
      ]),
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
      readsMayLeave: true,
      functionsLeave: true,
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
