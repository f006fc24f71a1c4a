import { interpret, isControl } from '../../../src/session/control.ts'
import { afterServer } from '../../../src/session/effects.ts'
import {
  applicationStatus,
  begin,
  failed,
  initialState,
  prepare,
  type TransactionState,
} from '../../../src/session/transaction.ts'
import { classify } from '../../../src/sql/classify.ts'

const idle = initialState(1)
const inBlock: TransactionState = prepare(begin(idle, {}).state).state
const inFailedBlock = failed(inBlock)

function outcome(sql: string, state = idle, inString = false): ReturnType<typeof interpret> {
  return interpret(state, classify(sql), inString)
}

test.each([
  ['begin', 'BEGIN'],
  ['begin work', 'BEGIN'],
  ['start transaction read only', 'START TRANSACTION'],
])('%s is answered %s', (sql, tag) => {
  expect(outcome(sql)).toMatchObject({ kind: 'answer', tag, warnings: [], step: { sql: [] } })
})

test.each(['begin', 'start transaction'])('a second %s is answered with a warning', (sql) => {
  expect(outcome(sql, inBlock)).toMatchObject({ kind: 'answer', warnings: [{ C: '25001' }] })
})

test.each([
  ['commit', 'COMMIT'],
  ['end', 'COMMIT'],
  ['rollback', 'ROLLBACK'],
  ['abort', 'ROLLBACK'],
])('%s is answered %s, with a warning when there is no transaction', (sql, tag) => {
  expect(outcome(sql, inBlock)).toMatchObject({ kind: 'answer', tag, warnings: [] })
  expect(outcome(sql)).toMatchObject({ kind: 'answer', tag, warnings: [{ C: '25P01', S: 'WARNING' }] })
})

test('COMMIT of a failed block is answered ROLLBACK', () => {
  expect(outcome('commit', inFailedBlock)).toMatchObject({ kind: 'answer', tag: 'ROLLBACK' })
})

test.each(['commit and chain', 'rollback and chain'])('%s ends a block and begins another', (sql) => {
  const chained = outcome(sql, inBlock)
  if (chained.kind !== 'answer') throw new Error(chained.kind)
  expect(applicationStatus(chained.step.state)).toBe('T')
  expect(outcome(sql)).toMatchObject({ kind: 'refuse', error: { C: '25P01' } })
})

test('a chained block has the modes of the one before', () => {
  const readOnly = prepare(begin(idle, { readOnly: true }).state).state
  const chained = outcome('commit and chain', readOnly)
  if (chained.kind !== 'answer') throw new Error(chained.kind)
  expect(chained.step.state.block?.modes).toEqual({ readOnly: true })
})

test.each(['savepoint s', 'release s', 'rollback to s', 'release "s"', 'rollback to savepoint "s"'])(
  '%s is the server’s in a block, and an error outside',
  (sql) => {
    expect(outcome(sql, inBlock)).toEqual({ kind: 'send', warnings: [] })
    expect(outcome(sql)).toMatchObject({ kind: 'refuse', error: { C: '25P01' } })
    expect(outcome(sql, idle, true)).toMatchObject({ kind: 'refuse', error: { C: '25P01' } })
  },
)

test.each(['savepoint', 'release', 'rollback to'])('%s of a name of ours is refused', (command) => {
  for (const name of ['pg-sandbox guard', 'pg-sandbox level 1', 'pg-sandbox refusal']) {
    expect(outcome(`${command} "${name}"`, inBlock)).toMatchObject({ kind: 'refuse', error: { C: '42939' } })
  }
})

test('DECLARE CURSOR outside a block is refused, WITH HOLD and in a string is not', () => {
  expect(outcome('declare c cursor for select 1')).toMatchObject({ kind: 'refuse', error: { C: '25P01' } })
  expect(outcome('declare c cursor for select 1', inBlock).kind).toBe('send')
  expect(outcome('declare c cursor for select 1', idle, true).kind).toBe('send')
  expect(outcome('declare c cursor with hold for select 1').kind).toBe('send')
})

test('SET TRANSACTION outside a block warns', () => {
  expect(outcome('set transaction read only')).toMatchObject({
    kind: 'answer',
    tag: 'SET',
    warnings: [{ C: '25P01' }],
  })
})

test('SET LOCAL outside a block warns and is sent', () => {
  expect(outcome('set local timezone to 1')).toMatchObject({ kind: 'send', warnings: [{ C: '25P01' }] })
  expect(outcome('set local timezone to 1', inBlock)).toMatchObject({ kind: 'send', warnings: [] })
  expect(outcome('set timezone to 1')).toMatchObject({ kind: 'send', warnings: [] })
})

test.each(['begin', 'set transaction read only', 'savepoint s', 'release s'])(
  '%s in a failed block is the server’s to refuse',
  (sql) => {
    expect(outcome(sql, inFailedBlock).kind).toBe('send')
  },
)

test.each(["prepare transaction 'x'", "commit prepared 'x'", "rollback prepared 'x'"])(
  '%s is refused',
  (sql) => {
    expect(outcome(sql, inBlock)).toMatchObject({ kind: 'refuse', error: { C: '0A000' } })
  },
)

test.each(['select 1', 'insert into t values (1)', 'deallocate s', 'vacuum', 'listen a', 'begin nonsense'])(
  '%s is no control command',
  (sql) => {
    expect(isControl(classify(sql))).toBe(false)
    expect(outcome(sql, inBlock)).toEqual({ kind: 'send', warnings: [] })
  },
)

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
})
