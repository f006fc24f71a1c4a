import { message } from '../../../src/protocol/frames.ts'
import { assignedSetting } from '../../../src/transaction/settings.ts'
import { askWhatIsCarried, bringBack, readWhatIsCarried } from '../../../src/session/carry-over.ts'

/** A DataRow of text values. */
function row(...values: (string | null)[]): Buffer {
  const columns = values.map((value) => {
    const length = Buffer.alloc(4)
    length.writeInt32BE(value === null ? -1 : Buffer.byteLength(value))
    return Buffer.concat([length, Buffer.from(value ?? '')])
  })
  return message('D', Buffer.from([0, values.length]), ...columns)
}

test('what a client has in its session is read from the answer', () => {
  const answer = Buffer.concat([
    row('TimeZone', 'UTC', 'setting'),
    row('app.user', null, 'setting'),
    row('news', '', 'channel'),
    row('one', 'prepare one as select 1', 'prepare'),
    row('find', 'select $1', 'statement'),
    row('DateStyle', 'ISO, MDY', 'parameter'),
  ])
  expect(readWhatIsCarried(answer)).toEqual({
    settings: new Map([
      ['TimeZone', { kind: 'set', statement: "SELECT set_config('TimeZone', 'UTC', false)", value: 'UTC' }],
    ]),
    listening: new Set(['news']),
    prepares: ['prepare one as select 1'],
    statements: ['find'],
    parameters: new Map([['DateStyle', 'ISO, MDY']]),
  })
})

test("the application's own settings are asked for by name", () => {
  expect(askWhatIsCarried(['app.user', "it's"])).toContain("unnest(ARRAY['app.user', 'it''s']::text[])")
})

test('only what differs from the start-up is brought back', () => {
  const startup = new Map([['lock_timeout', assignedSetting('lock_timeout', '1')]])
  const settings = new Map([...startup, ['TimeZone', assignedSetting('TimeZone', 'UTC')]])
  expect(bringBack({ settings, listening: new Set(['a "b"']) }, startup)).toEqual([
    "SET TimeZone = 'UTC'",
    'LISTEN "a ""b"""',
  ])
  expect(bringBack({ settings: startup, listening: new Set() }, startup)).toEqual([])
})
