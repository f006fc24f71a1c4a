import { Duplex } from 'node:stream'
import {
  BACKEND,
  BIND_COMPLETE,
  commandComplete,
  errorResponse,
  noticeResponse,
  PARSE_COMPLETE,
} from '../../../src/protocol/backend.ts'
import { message } from '../../../src/protocol/frames.ts'
import { COPY_FAIL, query } from '../../../src/protocol/frontend.ts'
import type { Answer, Exchange } from '../../../src/exchange/exchange.ts'
import { RunningExchange } from '../../../src/server/running-exchange.ts'
import type { ExchangeResult } from '../../../src/server/server-connection.ts'
import { Wire } from '../../../src/server/wire.ts'
import { initialState } from '../../../src/transaction/state.ts'

const state = initialState(1)
const WRITES = { S: 'ERROR', V: 'ERROR', C: '25006', M: 'cannot execute INSERT in a read-only transaction' }
const COPY_IN = message('G', Buffer.alloc(3))

function answers(...expected: (Partial<Answer> & Pick<Answer, 'expect'>)[]): Answer[] {
  return expected.map((answer) => ({ forward: true, before: state, state, ...answer }))
}

function run(exchange: Partial<Exchange>) {
  const written: Buffer[] = []
  const socket = new Duplex({
    read() {},
    write(bytes: Buffer, _encoding, done) {
      written.push(bytes)
      done()
    },
  })
  const delivered: Buffer[] = []
  const results: ExchangeResult[] = []
  let copies = 0
  const sink = {
    deliver: (bytes: Buffer) => delivered.push(bytes),
    translate: (fields: object) => ({ ...fields, D: 'translated' }),
    copyStarted: () => (copies += 1),
    parameterChanged: () => true,
  }
  const whole: Exchange = {
    prefix: [],
    messages: [],
    answers: answers({ expect: 'rest' }),
    bare: false,
    flush: false,
    refused: false,
    places: [],
    ...exchange,
  }
  const running = new RunningExchange(new Wire({ socket }), whole, sink, (result) => results.push(result))
  return {
    running,
    delivered,
    results,
    copies: (): number => copies,
    written,
    answer: (bytes: Buffer) => running.answer(bytes.readUInt8(), bytes),
  }
}

test('each answer goes straight to the client, until all are there', () => {
  const done = commandComplete('INSERT 0 1')
  const { running, answer, delivered, results } = run({
    answers: answers(
      { expect: BACKEND.parseComplete, prepared: 'a' },
      { expect: BACKEND.bindComplete },
      { expect: 'statement', forward: false },
    ),
  })
  expect(answer(PARSE_COMPLETE)).toMatchObject({ prepared: 'a' })
  answer(BIND_COMPLETE)
  expect(delivered).toEqual([PARSE_COMPLETE, BIND_COMPLETE])
  expect(answer(done)).toMatchObject({ expect: 'statement' })
  expect(running.ready()).toBe(true)
  running.end('T')
  expect(delivered).toEqual([PARSE_COMPLETE, BIND_COMPLETE])
  expect(results).toMatchObject([{ state, status: 'T', failed: false, reached: 3, retry: false }])
})

test('what the sandbox answers itself comes in its place', () => {
  const first = commandComplete('SELECT 1')
  const between = commandComplete('SELECT 2')
  const last = commandComplete('SELECT 3')
  const { running, answer, delivered } = run({
    answers: answers(
      { expect: 'local', bytes: first },
      { expect: 'statement' },
      { expect: 'local', bytes: last, closesAll: true },
    ),
  })
  answer(between)
  expect(delivered).toEqual([first, between, last])
  expect(running.hasClosedAll).toBe(true)
})

test('an error is delivered with the end of its unit, and what is behind it has not come', () => {
  const { running, delivered, results } = run({
    answers: answers({ expect: 'statement' }, { expect: 'local', bytes: PARSE_COMPLETE, closesAll: true }),
  })
  running.error({ M: 'no' })
  expect(delivered).toEqual([])
  running.ready()
  running.end('E')
  expect(delivered).toEqual([errorResponse({ M: 'no', D: 'translated' })])
  expect(results).toMatchObject([{ failed: true, reached: 0, hasClosedAll: false }])
})

test('a read that writes is to be sent again, and nothing of it is delivered', () => {
  const { running, answer, delivered, results } = run({ bare: true })
  answer(message('T'))
  running.error(WRITES)
  expect(running.ready()).toBe(true)
  running.end('I')
  expect(delivered).toEqual([])
  expect(results).toMatchObject([{ retry: true, failed: false }])
})

test('the last completion of a string comes after the end of its transaction, and what is noticed there before it', () => {
  const ending = { sql: ['release a'], state, failure: state, holdsCompletion: true, waits: false }
  const [first, last] = [commandComplete('INSERT 0 1'), commandComplete('INSERT 0 2')]
  const notice = noticeResponse({ M: 'from a trigger' })
  const { running, answer, delivered } = run({ ending })
  expect(running.messages()).toEqual([query('release a')])
  answer(first)
  answer(last)
  expect(delivered).toEqual([first])
  expect(running.ready()).toBe(false)
  running.notice(notice)
  expect(running.ready()).toBe(true)
  expect(delivered).toEqual([first, notice, last])
})

test('or an error in its place', () => {
  const ending = { sql: ['release a'], state, failure: initialState(2), holdsCompletion: true, waits: false }
  const { running, answer, delivered, results } = run({ ending })
  answer(commandComplete('INSERT 0 1'))
  running.ready()
  running.error({ M: 'a deferred constraint', P: '3' })
  running.ready()
  running.end('E')
  expect(delivered).toEqual([errorResponse({ M: 'a deferred constraint', D: 'translated' })])
  expect(results).toMatchObject([{ failed: true, state: initialState(2) }])
})

test('an ending that waits is sent when the unit has succeeded, and never when it has failed', () => {
  const ending = { sql: ['release a'], state, failure: state, holdsCompletion: false, waits: true }
  const succeeded = run({ ending })
  expect(succeeded.running.messages()).toEqual([])
  expect(succeeded.running.ready()).toBe(false)
  expect(succeeded.written).toEqual([query('release a')])
  expect(succeeded.running.ready()).toBe(true)
  const failed = run({ ending })
  failed.running.error({ M: 'no' })
  expect(failed.running.ready()).toBe(true)
  expect(failed.written).toEqual([])
})

test('the client is asked for rows of a COPY; once it is gone the server is told that none come', () => {
  const copying = run({})
  copying.answer(COPY_IN)
  expect([copying.copies(), copying.running.isCopying, copying.written]).toEqual([1, true, []])
  copying.running.abandon()
  expect(copying.written).toEqual([COPY_FAIL])
  const abandoned = run({})
  abandoned.running.abandon()
  abandoned.answer(COPY_IN)
  expect([abandoned.copies(), abandoned.written]).toEqual([0, [COPY_FAIL]])
})

test.each(['BEGIN', 'START TRANSACTION', 'COMMIT', 'PREPARE TRANSACTION'])(
  '%s is noted: nobody meant it',
  (tag) => {
    const { running, answer, results } = run({})
    answer(commandComplete('SELECT 1'))
    answer(commandComplete(tag))
    running.end('T')
    expect(results).toMatchObject([{ unseen: tag }])
  },
)
