import { serialize } from 'pg-protocol'
import { BACKEND, readTag } from '../../../src/protocol/backend.ts'
import { FrameReader, type Frame } from '../../../src/protocol/frames.ts'
import { failed } from '../../../src/transaction/regions.ts'
import { applicationStatus } from '../../../src/transaction/state.ts'
import {
  SYNC,
  NOTHING,
  exchange,
  forwarded,
  known,
  local,
  names,
  query,
  sent,
  unit,
} from './extended-unit.ts'
import { CHECK, idle, inBlock, KNOWN, START } from '../transaction/followed-session.ts'

test('a read with nothing written goes as it is', () => {
  const read = exchange(query('select $1::int', ['1']))
  expect(read.prefix).toEqual([])
  expect(read.bare).toBe(true)
  expect(sent(read)).toEqual(['Parse |select $1::int', 'Bind |', 'Describe P ', 'Execute', 'Sync'])
  expect(Buffer.concat(read.messages)).toEqual(
    Buffer.concat(query('select $1::int', ['1']).map(({ bytes }) => bytes)),
  )
})

test('a write goes behind a guard', () => {
  const write = exchange(query('insert into t values ($1)', ['1']))
  expect(write.prefix).toEqual(START)
  expect(write.bare).toBe(false)
  expect(forwarded(write)).toEqual([
    BACKEND.parseComplete,
    BACKEND.bindComplete,
    BACKEND.rowDescription,
    'statement',
  ])
})

test('a read that turned out to write goes behind a guard', () => {
  const again = exchange(query('select f($1)', ['1']), idle, true)
  expect(again.prefix).toEqual(START)
  expect(again.bare).toBe(false)
})

test.each([
  ['BEGIN', idle, 'BEGIN', 'T'],
  ['COMMIT', inBlock, 'COMMIT', 'I'],
  ['ROLLBACK', inBlock, 'ROLLBACK', 'I'],
  ['START TRANSACTION READ ONLY', idle, 'START TRANSACTION', 'T'],
] as const)('%s is answered without the server, message by message', (text, state, tag, status) => {
  const answered = exchange(query(text), state)
  expect(answered.messages).toEqual([])
  expect(local(answered)).toBe('12nC')
  const last = answered.answers.at(-1)!
  const complete = new FrameReader().read(last.bytes ?? NOTHING).at(-1)!
  expect(readTag(complete.bytes)).toBe(tag)
  expect(applicationStatus(last.state)).toBe(status)
})

test('Describe of a transaction command as a statement has no parameters and no rows', () => {
  const described = exchange(
    unit(
      serialize.parse({ name: 'c', text: 'commit', types: [] }),
      serialize.describe({ type: 'S', name: 'c' }),
      SYNC,
    ),
  )
  expect(local(described)).toBe('1tn')
})

test('a warning comes before the tag', () => {
  expect(local(exchange(query('COMMIT')))).toBe('12nNC')
})

test('a named transaction command can be run again by Bind and Execute alone', () => {
  exchange(query('COMMIT', [], 'c'), inBlock)
  const again = unit(serialize.bind({ statement: 'c', values: [] }), serialize.execute(), SYNC)
  expect(local(exchange(again, inBlock))).toBe('2C')
})

test('names are ours on the wire', () => {
  const wire = names.wireName('statement', 'find')
  expect(sent(exchange(query('select 1', [], 'find')))).toEqual([
    `Parse ${wire}|select 1`,
    `Bind |${wire}`,
    'Describe P ',
    'Execute',
    'Sync',
  ])
})

test('a statement that the connection knows is not parsed again, an unknown or stale one is, unseen', () => {
  exchange(query('select 1', [], 'find'))
  const wire = names.wireName('statement', 'find')
  const bound = (): Frame[] =>
    unit(serialize.bind({ statement: 'find', values: [] }), serialize.execute(), SYNC)
  known.set(wire, 'fresh')
  expect(sent(exchange(bound()))).toEqual([`Bind |${wire}`, 'Execute', 'Sync'])
  known.clear()
  const unknown = exchange(bound())
  expect(sent(unknown)).toEqual([`Parse ${wire}|select 1`, `Bind |${wire}`, 'Execute', 'Sync'])
  expect(forwarded(unknown)).toEqual([BACKEND.bindComplete, 'statement'])
  known.set(wire, 'stale')
  const stale = exchange(bound())
  expect(sent(stale)).toEqual([
    `Close S ${wire}`,
    `Parse ${wire}|select 1`,
    `Bind |${wire}`,
    'Execute',
    'Sync',
  ])
  expect(forwarded(stale)).toEqual([BACKEND.bindComplete, 'statement'])
})

test('a statement that was never prepared is bound under our name, for the server to refuse', () => {
  const wire = names.wireName('statement', 'nothing')
  expect(
    sent(exchange(unit(serialize.bind({ statement: 'nothing', values: [] }), serialize.execute(), SYNC))),
  ).toEqual([`Bind |${wire}`, 'Execute', 'Sync'])
})

test('Close of a statement is passed on, and it is unknown afterwards', () => {
  exchange(query('select 1', [], 'find'))
  const closed = exchange(unit(serialize.close({ type: 'S', name: 'find' }), SYNC))
  expect(sent(closed)).toEqual([`Close S ${names.wireName('statement', 'find')}`, 'Sync'])
  expect(names.statements.has('find')).toBe(false)
})

test('SAVEPOINT outside a transaction is prepared, and a statement that fails stands for its Execute', () => {
  const refused = exchange(query('savepoint s'))
  expect(refused.prefix).toEqual(START)
  expect(sent(refused).slice(0, 3)).toEqual(['Parse |savepoint s', 'Bind |', 'Describe P '])
  expect(sent(refused)[3]).toMatch(/^Parse pg-sandbox own \d+\|ROLLBACK TO SAVEPOINT "pg-sandbox refusal"$/)
  expect(refused.answers.find(({ refusal }) => refusal !== undefined)).toMatchObject({
    forward: true,
    refusal: { C: '25P01', M: 'SAVEPOINT can only be used in transaction blocks' },
  })
  expect(local(refused)).toBe('')
})

test('SAVEPOINT in a transaction is the server’s to answer', () => {
  const savepoint = exchange(query('savepoint s'), inBlock)
  expect(sent(savepoint)).toContain('Parse |savepoint s')
  expect(local(savepoint)).toBe('')
  expect(forwarded(savepoint).at(-1)).toBe('statement')
})

test('the state after set_config follows the bound values', () => {
  const set = exchange(query('select set_config($1, $2, false)', ['app.tenant', 'one']))
  expect([...set.answers.at(-1)!.state.client.settings.keys()]).toEqual(['app.tenant'])
})

test('COMMIT of a block checks constraints; an error of the check undoes the block', () => {
  const state = { ...inBlock, schema: { ...KNOWN, hasDeferrable: true } }
  const insert = exchange(query('insert into t values (1)'), state).answers.at(-1)!.state
  const checked = exchange(query('commit'), insert)
  expect(sent(checked).join('; ')).toMatch(
    /^Close P ; Parse pg-sandbox own \d+\|SET CONSTRAINTS ALL IMMEDIATE;/,
  )
  const { failure } = checked.answers.find(({ expect: expected }) => expected === 'statement')!
  expect(failure).toMatchObject({ block: undefined, aborted: true })
})

test('the ending of a unit outside a block checks constraints, and waits for the rows of a COPY', () => {
  const state = { ...idle, schema: { ...KNOWN, hasDeferrable: true } }
  expect(exchange(query('insert into t values (1)'), state).ending).toMatchObject({
    sql: [CHECK],
    holdsCompletion: false,
    waits: false,
  })
  expect(exchange(query('copy t from stdin'), state).ending!.waits).toBe(true)
  expect(exchange(query('insert into t values (1)'), inBlock)).not.toHaveProperty('ending')
})

test('LISTEN beside a mere read of a unit holds at its end', () => {
  const both = [...query('select 1').slice(0, -1), ...query('listen a')]
  expect(exchange(both).ending!.state.client.objects.listening).toEqual(new Set(['a']))
})

test('in a failed block the server’s refusal is that of the sandbox, already when it is prepared', () => {
  const refused = exchange(query('listen a'), failed(inBlock))
  expect(refused.answers.map(({ refusal }) => refusal?.['C'])).toContain('25P02')
  expect(local(exchange(query('rollback'), failed(inBlock)))).toBe('12nC')
})
