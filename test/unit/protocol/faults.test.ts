import { faultOf } from '../../../src/protocol/faults.ts'
import { BROKEN, CLIENT_BULK, FrameReader, message } from '../../../src/protocol/frames.ts'

function read(...chunks: Buffer[]): number[] {
  const reader = new FrameReader({ bulk: CLIENT_BULK })
  return chunks.flatMap((chunk) => reader.read(chunk)).map(({ type }) => type)
}

function faultIn(type: string, body: string): string | undefined {
  return faultOf({ type: type.charCodeAt(0), bytes: message(type, Buffer.from(body)) })
}

test.each([
  ['Q', 'select 1\0', undefined],
  ['Q', 'select 1', 'string'],
  ['Q', '', 'string'],
  ['Q', 'select 1\0\0', 'format'],
  ['D', 'Sname\0', undefined],
  ['D', 'S', 'string'],
  ['C', 'P\0x', 'format'],
  ['P', 'select 1', 'string'],
  ['P', '\0select 1\0\0\0', undefined],
  ['B', '', 'string'],
  ['E', '\0\0\0\0\0', undefined],
  ['S', '', undefined],
  ['S', 'x', 'format'],
  ['H', '\0', 'format'],
  ['d', 'x', undefined],
])('%s with %j: %s', (type, body, fault) => {
  expect(faultIn(type, body)).toBe(fault)
})

describe('a length that cannot be', () => {
  const sync = message('S')

  test.each([0, 3, 0x7fff_ffff, 0xffff_ffff])('%d ends the reading, wherever it is cut', (length) => {
    const wrong = Buffer.from('Q\0\0\0\0select 1\0')
    wrong.writeUInt32BE(length, 1)
    expect(read(Buffer.concat([sync, wrong, sync]))).toEqual([0x53, BROKEN.type])
    for (const cut of [1, 3, 4])
      expect(read(wrong.subarray(0, cut), wrong.subarray(cut))).toEqual([BROKEN.type])
  })
})
