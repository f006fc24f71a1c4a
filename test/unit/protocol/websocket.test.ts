import { payloadOf } from '../../../src/protocol/websocket.ts'

/** A frame as a client sends it. */
function frame(payload: Buffer, first = 0x82): Buffer {
  const mask = Buffer.from([1, 2, 3, 4])
  const { length } = payload
  const header =
    length < 126
      ? Buffer.from([first, 0x80 | length])
      : length < 65_536
        ? Buffer.from([first, 0x80 | 126, length >> 8, length & 0xff])
        : Buffer.from([first, 0x80 | 127, 0, 0, 0, 0, 0, length >> 16, (length >> 8) & 0xff, length & 0xff])
  const masked = payload.map((byte, i) => byte ^ (mask[i % 4] ?? 0))
  return Buffer.concat([header, mask, masked])
}

test.each([0, 5, 125, 126, 65_535, 65_536, 70_000])('a payload of %i bytes is unmasked', (length) => {
  const payload = Buffer.alloc(length, 'Query')
  expect(payloadOf(frame(payload))).toEqual(payload)
})

test('text, a part of a message, and what is not masked are left', () => {
  const payload = Buffer.from('text')
  expect(payloadOf(frame(payload, 0x81))).toBeUndefined()
  expect(payloadOf(frame(payload, 0x02))).toBeUndefined()
  expect(payloadOf(Buffer.from([0x82, 4, ...payload]))).toBeUndefined()
  expect(payloadOf(frame(payload).subarray(0, 8))).toBeUndefined()
})
