import { begin } from '../../../src/transaction/block.ts'
import { materialize } from '../../../src/transaction/materialize.ts'
import { failed, queried } from '../../../src/transaction/regions.ts'
import { applicationStatus, type TransactionState } from '../../../src/transaction/state.ts'
import {
  interpret,
  isControl,
  isOurs,
  refusalInFailedBlock,
  takesSnapshot,
} from '../../../src/transaction/commands.ts'
import { classify } from '../../../src/sql/classify.ts'
import { having, idle, inBlock } from './followed-session.ts'

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
  const readOnly = materialize(begin(idle, { readOnly: true }).state).state
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

test.each(['select 1', 'insert into t values (1)', 'notify a', 'vacuum', 'begin nonsense'])(
  '%s is no control command',
  (sql) => {
    expect(isControl(classify(sql))).toBe(false)
    expect(outcome(sql, inBlock)).toEqual({ kind: 'send', warnings: [] })
  },
)

test.each(['deallocate s', 'close c', 'show transaction_isolation', 'set constraints all deferred'])(
  '%s is a control command, and the server’s to run all the same',
  (sql) => {
    expect(isControl(classify(sql))).toBe(true)
    expect(outcome(sql, inBlock)).toEqual({ kind: 'send', warnings: [] })
  },
)

test.each([
  ['begin', true],
  ['commit', true],
  ['set transaction read only', true],
  ['listen a', true],
  ['unlisten *', true],
  ["commit prepared 'x'", true],
  ["set transaction snapshot '0-1'", false],
  ['savepoint s', false],
  ['rollback to s', false],
  ['lock t', false],
  ['declare c cursor for select 1', false],
  ['show transaction_read_only', false],
  ['deallocate all', false],
])('%s is the sandbox’s alone: %s', (sql, expected) => {
  expect(isOurs(classify(sql))).toBe(expected)
})

test.each([
  ['begin', false],
  ['savepoint s', false],
  ['set timezone to 1', false],
  ['lock t', false],
  ['listen a', false],
  ['select 1', true],
  ['insert into t values (1)', true],
  ['declare c cursor for select 1', true],
  ["select pg_notify('a', 'b')", true],
])('%s takes a snapshot: %s', (sql, expected) => {
  expect(takesSnapshot(classify(sql))).toBe(expected)
})

test('in a failed block everything but its end is refused', () => {
  for (const sql of ['select 1', 'begin', 'listen a', 'savepoint s'])
    expect(refusalInFailedBlock(inFailedBlock, classify(sql))).toMatchObject({ C: '25P02' })
  for (const sql of ['commit', 'rollback', 'rollback to s'])
    expect(refusalInFailedBlock(inFailedBlock, classify(sql))).toBeUndefined()
  expect(refusalInFailedBlock(inBlock, classify('select 1'))).toBeUndefined()
})

test('SET CONSTRAINTS outside a block warns and is sent', () => {
  const sql = 'set constraints all deferred'
  expect(outcome(sql)).toMatchObject({ kind: 'send', warnings: [{ C: '25P01' }] })
  expect(outcome(sql, idle, true)).toEqual({ kind: 'send', warnings: [] })
})

test('LISTEN holds at once outside a block, and with the commit inside one', () => {
  const held = (state: TransactionState, inString = false): unknown => {
    const answered = outcome('listen a', state, inString)
    return answered.kind === 'answer' && answered.tag === 'LISTEN' && answered.step.state.client.objects
  }
  const listens = [{ listens: true, channel: 'a' }]
  expect(held(idle)).toMatchObject({ listening: new Set(['a']), listens: [] })
  expect(held(inBlock)).toMatchObject({ listening: new Set(), listens })
  expect(held(idle, true)).toMatchObject({ listening: new Set(), listens })
})

test('DEALLOCATE ALL and DISCARD ALL take the client’s own statements away', () => {
  const state = having(idle, { prepared: { prefix: 'pg-sandbox 7.', names: ['p'] } })
  for (const sql of ['deallocate all', 'discard all']) {
    const answered = outcome(sql, state)
    if (answered.kind !== 'answer') throw new Error(answered.kind)
    expect(answered.step.sql.find((step) => step.includes('DEALLOCATE'))).toContain('pg-sandbox 7.')
  }
})

test('modes that are chosen too late are refused, with the warning of a second BEGIN before it', () => {
  const late = queried(inBlock)
  expect(outcome('set transaction isolation level serializable', late)).toMatchObject({
    kind: 'refuse',
    error: { C: '25001' },
    warnings: [],
  })
  expect(outcome('begin isolation level serializable', late)).toMatchObject({
    kind: 'refuse',
    error: { C: '25001' },
    warnings: [{ C: '25001', S: 'WARNING' }],
  })
  expect(outcome('begin', late).kind).toBe('answer')
})

test('SHOW tells the modes that were chosen', () => {
  const chosen = begin(idle, { isolation: 'serializable' }).state
  const shown = { name: 'transaction_isolation', value: 'serializable' }
  expect(outcome('show transaction_isolation', chosen)).toMatchObject({ kind: 'answer', tag: 'SHOW', shown })
})
