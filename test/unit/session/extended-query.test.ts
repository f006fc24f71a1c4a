import { serialize } from 'pg-protocol'
import { FrameReader, type Frame } from '../../../src/protocol/frames.ts'
import { FRONTEND, readBind, readParse, readTarget } from '../../../src/protocol/frontend.ts'
import { BACKEND, readTag } from '../../../src/protocol/backend.ts'
import type { Exchange } from '../../../src/session/exchange.ts'
import { extendedQuery } from '../../../src/session/extended-query.ts'
import { Names } from '../../../src/session/names.ts'
import {
  applicationStatus,
  begin,
  initialState,
  prepare,
  type TransactionState,
} from '../../../src/session/transaction.ts'
import { analyze } from '../../../src/sql/analyze.ts'

const idle = initialState(1)
const inBlock: TransactionState = prepare(begin(idle, {}).state).state
const START = [
  'BEGIN READ WRITE',
  'SET LOCAL default_transaction_read_only = off',
  'SAVEPOINT "pg-sandbox guard"',
]
const SYNC = serialize.sync()
const FLUSH = serialize.flush()

let names: Names
let known: Map<string, 'fresh' | 'stale'>
beforeEach(() => {
  names = new Names(1)
  known = new Map()
})

function unit(...messages: Buffer[]): Frame[] {
  return new FrameReader().read(Buffer.concat(messages))
}

function exchange(frames: Frame[], state = idle, retry = false): Exchange {
  const requester = { names, analyze, preparedBefore: () => undefined }
  return extendedQuery(frames, state, { requester, known }, retry)
}

/** As pg sends a query with values. */
function query(text: string, values: string[] = [], name = ''): Frame[] {
  return unit(
    serialize.parse({ name, text, types: [] }),
    serialize.bind({ statement: name, values }),
    serialize.describe({ type: 'P', name: '' }),
    serialize.execute(),
    SYNC,
  )
}

function sent({ messages }: Exchange): string[] {
  return unit(...messages).map(({ type, bytes }) => {
    if (type === FRONTEND.parse) return `Parse ${readParse(bytes).name}|${readParse(bytes).sql}`
    if (type === FRONTEND.bind) return `Bind ${readBind(bytes).portal}|${readBind(bytes).statement}`
    if (type === FRONTEND.describe || type === FRONTEND.close) {
      const { target, name } = readTarget(bytes)
      return `${type === FRONTEND.close ? 'Close' : 'Describe'} ${target} ${name}`
    }
    return type === FRONTEND.execute ? 'Execute' : type === FRONTEND.sync ? 'Sync' : `other ${type}`
  })
}

/** Types of the messages that the sandbox answers itself. */
function local({ answers }: Exchange): string {
  return answers
    .filter(({ expect: expected }) => expected === 'local')
    .flatMap(({ bytes }) => new FrameReader().read(bytes!))
    .map(({ type }) => String.fromCharCode(type))
    .join('')
}

/** Application's answers, in order: those of the server by what they wait for. */
function forwarded({ answers }: Exchange): unknown[] {
  return answers.filter(({ forward }) => forward).map(({ expect: expected }) => expected)
}

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
  const complete = new FrameReader().read(last.bytes!).at(-1)!
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

test('Flush becomes Sync, and the portal has a name that outlives the unit', () => {
  const paged = exchange(
    unit(
      serialize.parse({ name: '', text: 'select n from generate_series(1, 9) n', types: [] }),
      serialize.bind({ statement: '', values: [] }),
      serialize.describe({ type: 'P', name: '' }),
      serialize.execute({ portal: '', rows: 2 }),
      FLUSH,
    ),
  )
  expect(paged.flush).toBe(true)
  expect(paged.prefix).toEqual(START)
  const portal = names.wireName('portal', '')
  expect(sent(paged)).toEqual([
    'Parse |select n from generate_series(1, 9) n',
    `Bind ${portal}|`,
    `Describe P ${portal}`,
    'Execute',
    'Sync',
  ])
})

test('Sync at the end of pages closes the portal, unseen', () => {
  exchange(
    unit(
      serialize.parse({ name: '', text: 'select 1', types: [] }),
      serialize.bind({ statement: '', values: [] }),
      serialize.execute({ portal: '', rows: 1 }),
      FLUSH,
    ),
  )
  const portal = names.wireName('portal', '')
  const { state } = prepare(idle)
  const ended = exchange(unit(SYNC), state)
  expect(sent(ended)).toEqual([`Close P ${portal}`, 'Sync'])
  expect(forwarded(ended)).toEqual([])
  expect(names.portals.size).toBe(0)
})

test('Sync alone with nothing open sends nothing', () => {
  expect(exchange(unit(SYNC)).messages).toEqual([])
})

test('SAVEPOINT outside a transaction is refused, and what follows up to Sync is not run', () => {
  const refused = exchange(query('savepoint s'))
  expect(refused.messages).toEqual([])
  expect(refused.refused).toBe(true)
  expect(local(refused)).toContain('E')
})

test('SAVEPOINT in a transaction is the server’s to answer', () => {
  const savepoint = exchange(query('savepoint s'), inBlock)
  expect(sent(savepoint)).toContain('Parse |savepoint s')
  expect(local(savepoint)).toBe('')
  expect(forwarded(savepoint).at(-1)).toBe('statement')
})

test('the state after set_config follows the bound values', () => {
  const set = exchange(query('select set_config($1, $2, false)', ['app.tenant', 'one']))
  expect([...set.answers.at(-1)!.state.own.keys()]).toEqual(['app.tenant'])
})
