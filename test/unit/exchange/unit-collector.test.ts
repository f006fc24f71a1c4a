import { serialize } from 'pg-protocol'
import type { Frame } from '../../../src/protocol/frames.ts'
import { UnitCollector } from '../../../src/exchange/unit-collector.ts'
import { FLUSH, query, SYNC, unit } from './extended-unit.ts'

const TEXT = serialize.query('select 1')
const ROW = serialize.copyData(Buffer.from('1\n'))
const PARSE = serialize.parse({ name: '', text: 'select 1' })

function types(messages: readonly Pick<Frame, 'type'>[]): string {
  return messages.map(({ type }) => String.fromCharCode(type)).join('')
}

function taken(frames: readonly Frame[], start = 0, collector = new UnitCollector()) {
  const { units, stop } = collector.take(frames, start)
  return { units: units.map(types), stop }
}

test('a Query is a unit, and so are messages up to Sync or Flush', () => {
  const frames = [...unit(TEXT), ...query('select $1', ['1']), ...unit(PARSE, FLUSH, SYNC)]
  expect(taken(frames)).toEqual({ units: ['Q', 'PBDES', 'PH', 'S'], stop: frames.length })
})

test('a unit may come in pieces', () => {
  const collector = new UnitCollector()
  const frames = query('select $1', ['1'])
  expect(taken(frames.slice(0, 2), 0, collector)).toEqual({ units: [], stop: 2 })
  expect(taken(frames, 2, collector)).toEqual({ units: ['PBDES'], stop: 5 })
})

test('messages that no Sync followed stand as a unit of their own before a Query', () => {
  expect(taken(unit(PARSE, TEXT)).units).toEqual(['PH', 'Q'])
})

test('a Flush after nothing asks for nothing', () => {
  expect(taken(unit(FLUSH, TEXT, FLUSH)).units).toEqual(['Q'])
})

test.each([
  ['a row', ROW],
  ['the end of a COPY', serialize.copyDone()],
  ['the failure of a COPY', serialize.copyFail('x')],
  ['Terminate', serialize.end()],
])('%s belongs to no unit', (_, message) => {
  const frames = unit(PARSE, message, SYNC)
  const collector = new UnitCollector()
  expect(taken(frames, 0, collector)).toEqual({ units: [], stop: 1 })
  expect(taken(frames, 1, collector)).toEqual({ units: [], stop: 1 })
  expect(taken(frames, 2, collector)).toEqual({ units: ['PS'], stop: 3 })
  expect(new UnitCollector().takeAll(frames).map(types)).toEqual(['PS'])
})

test('a message of the start-up belongs to no unit', () => {
  expect(taken([{ type: 0, bytes: Buffer.alloc(8) }, ...unit(TEXT)])).toEqual({ units: [], stop: 0 })
})

test('the text of a Parse message is read on the way', () => {
  const { units } = new UnitCollector().take(unit(PARSE, SYNC), 0)
  expect(units[0]?.[0]?.parse).toEqual({ name: '', sql: 'select 1' })
})

test('what is not complete can be forgotten', () => {
  const collector = new UnitCollector()
  collector.take(unit(PARSE), 0)
  collector.clear()
  expect(taken(unit(SYNC), 0, collector).units).toEqual(['S'])
})
