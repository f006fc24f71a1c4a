/** What was made of a text once is made again, without being made anew. */
import { exchangeOf } from '../../../src/exchange/make-exchange.ts'
import { Names } from '../../../src/exchange/client-names.ts'
import { resting } from '../../../src/exchange/resting-states.ts'
import { begin } from '../../../src/transaction/block.ts'
import type { TransactionState } from '../../../src/transaction/state.ts'
import type { Requester } from '../../../src/session/requester.ts'
import { type Unit, unitOf } from '../../../src/session/unit.ts'
import { analyze } from '../../../src/sql/analyze.ts'
import { query as simple } from '../../../src/protocol/frontend.ts'
import { SYNC, query, sent, unit } from './extended-unit.ts'
import { FollowedSession, idle } from '../transaction/followed-session.ts'
import { serialize } from 'pg-protocol'

function requester(): Requester {
  return { names: new Names(1), analyze, preparedBefore: () => undefined } as unknown as Requester
}

function made(frames: Unit['frames'], state: TransactionState, by = requester()) {
  return exchangeOf(
    unitOf(by, frames, () => {}),
    state,
  )
}

const dirty = (): TransactionState => {
  const session = new FollowedSession()
  session.write()
  return session.state
}
const inBlock = begin(idle, {}).state

const texts = [
  'insert into t values ($1)',
  'select $1::int',
  'update t set n = $1; delete from t',
  'create table t (n int)',
  'select pg_advisory_lock($1)',
  'select set_config($1, $2, false)',
  'commit',
  "notify c, 'p'",
  '',
]

describe.each(texts)('%s', (text) => {
  test.each([
    ['before anything', idle],
    ['after a write', dirty()],
    ['in a transaction block', inBlock],
  ])('%s, is the same the second time, as with values and as without', (_, state) => {
    resting(state)
    const again = resting(state)
    for (const frames of [() => query(text, ['1']), () => unit(simple(text))]) {
      const fresh = made(frames(), { ...state })
      const [first, second] = [made(frames(), again), made(frames(), again)]
      expect(withoutNumbers(first)).toEqual(withoutNumbers(fresh))
      expect(withoutNumbers(second)).toEqual(withoutNumbers(fresh))
    }
  })
})

/** Statements of our own inside a unit have a new name each. */
function withoutNumbers(value: unknown): string {
  return JSON.stringify(value, (_, inner) => (inner instanceof Map ? [...inner] : inner)).replaceAll(
    /\{"type":"Buffer","data":\[[\d,]*\]\}/g,
    (bytes) =>
      Buffer.from(JSON.parse(bytes).data)
        .toString('latin1')
        .replaceAll(/own \d+/g, 'own'),
  )
}

test('the names are left as they are the first time', () => {
  for (const state of [idle, inBlock]) {
    resting(state)
    const again = resting(state)
    const clients = [requester(), requester()]
    for (const client of clients) made(query('insert into t values ($1)', ['1']), again, client)
    const [first, second] = clients.map(({ names }) => [...names.statements, ...names.portals])
    expect(second).toEqual(first)
  }
})

test('values are sent as they are now, and not kept', () => {
  const again = resting(idle)
  const sql = 'insert into t values ($1)'
  const values = ['one', 'two', 'three'].map((value) =>
    Buffer.concat([...made(query(sql, [value]), again).messages]).toString('latin1'),
  )
  expect(values.map((bytes) => /one|two|three/.exec(bytes)?.[0])).toEqual(['one', 'two', 'three'])
})

test('what has names is made anew', () => {
  const again = resting(idle)
  const client = requester()
  const named = query('insert into t values ($1)', ['1'], 'name')
  made(named, again, client)
  expect(sent(made(named, again, client))[0]).toMatch(/^Parse pg-sandbox/)
})

test('a portal that is open beside it stays so', () => {
  resting(inBlock)
  const again = resting(inBlock)
  const client = requester()
  const named = unit(
    serialize.parse({ text: 'select 1', types: [] }),
    serialize.bind({ portal: 'p' }),
    serialize.execute({ portal: 'p', rows: 1 }),
    SYNC,
  )
  made(named, again, client)
  for (const value of ['1', '2']) made(query('insert into t values ($1)', [value]), again, client)
  expect([...client.names.portals.keys()]).toEqual(['p', ''])
})
