import { BACKEND } from '../../../src/protocol/backend.ts'
import { FrameReader } from '../../../src/protocol/frames.ts'
import { FLUSH, parse, query, SYNC } from '../../../src/protocol/frontend.ts'
import { RelayedUnit } from '../../../src/private-databases/relayed-unit.ts'
import type { Requester } from '../../../src/session/requester.ts'
import { unitOf } from '../../../src/session/unit.ts'
import { analyze } from '../../../src/sql/analyze.ts'

function relayed(...messages: Buffer[]): RelayedUnit {
  const frames = new FrameReader().read(Buffer.concat(messages))
  const requester = { analyze } as unknown as Requester
  return new RelayedUnit(unitOf(requester, frames, () => {}))
}

/** With which of the messages it is answered. */
function answer(unit: RelayedUnit, ...types: (keyof typeof BACKEND)[]): string | undefined {
  return types.find((type) => unit.isAnsweredBy(BACKEND[type]))
}

test('a query is answered with ReadyForQuery, also after an error', () => {
  const answered = answer(relayed(query('select')), 'error', 'notice', 'readyForQuery')
  expect(answered).toBe('readyForQuery')
})

test('so is what ends in Sync', () => {
  const unit = relayed(parse('', 'select 1'), SYNC)
  expect(answer(unit, 'parseComplete', 'readyForQuery')).toBe('readyForQuery')
  expect(unit.hasFailed).toBe(false)
})

test('what ends in Flush is answered with the last of its answers', () => {
  const unit = relayed(parse('a', 'select 1'), parse('b', 'select 2'), FLUSH)
  expect(answer(unit, 'parseComplete', 'notice')).toBeUndefined()
  expect(answer(unit, 'parseComplete')).toBe('parseComplete')
  expect(unit.hasFailed).toBe(false)
})

test('or with an error, after which the server waits for Sync', () => {
  const unit = relayed(parse('a', 'selec'), parse('b', 'select 2'), FLUSH)
  expect(answer(unit, 'error')).toBe('error')
  expect(unit.hasFailed).toBe(true)
})
