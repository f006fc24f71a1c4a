import fc from 'fast-check'
import { query, readQuery, readQueryIn } from '../../../src/protocol/frontend.ts'
import { message } from '../../../src/protocol/frames.ts'

function written(...bytes: number[]): Buffer {
  return message('Q', Buffer.from(bytes), Buffer.alloc(1))
}

const BACKSLASH = 0x5c

test.each([
  ['GBK', [0xe4, 0xb8, 0xad, BACKSLASH]],
  ['BIG5', [0xe4, 0xbb, 0xa5, BACKSLASH]],
  ['UHC', [0xad, BACKSLASH]],
  ['JOHAB', [0x8f, 0xad, BACKSLASH]],
  ['SJIS', [0xb1, 0x83, BACKSLASH]],
  ['SHIFT_JIS_2004', [0x83, BACKSLASH]],
  ['GB18030', [0x81, 0x30, 0x81, 0x30, 0xad, BACKSLASH]],
])('in %s a backslash may be the end of a character', (encoding, bytes) => {
  const text = readQueryIn(encoding, written(...bytes, BACKSLASH))
  expect(text.split('\\')).toHaveLength(2)
  expect(query(text)).toEqual(written(...bytes, BACKSLASH))
})

test('in an encoding whose characters have no byte below 128 behind their first it is one', () => {
  expect(readQueryIn('EUC_JP', written(0xa4, 0xa4, BACKSLASH))).toContain('\\')
})

test('a text in UTF-8 is read as it is, with the sign for what could not be read in it, too', () => {
  const text = "select '中 \u{1f45c} \uFFFD'"
  expect(readQuery(query(text))).toBe(text)
})

test('whatever bytes a client has written are written again', () => {
  const bytes = fc.uint8Array({ min: 1 }).map((array) => [...array])
  const encoding = fc.constantFrom(undefined, 'UTF8', 'LATIN1', 'GBK', 'SJIS', 'GB18030', 'JOHAB')
  fc.assert(
    fc.property(bytes, encoding, (given, name) => {
      expect(query(readQueryIn(name, written(...given)))).toEqual(written(...given))
    }),
  )
})
