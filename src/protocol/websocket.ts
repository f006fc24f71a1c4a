/**
 * What a WebSocket carries to its server: the payload of a frame, which a client masks.
 *
 * The driver looks into the frames of each socket whose server nobody has named. Without it a driver that reaches its server
 * through a WebSocket would not be recognised.
 * Source: https://www.rfc-editor.org/rfc/rfc6455#section-5.2
 */
const BINARY = 0x82
const MASKED = 0x80
const MASK = 4

/** The payload of a binary message that is one frame; undefined for anything else. */
export function payloadOf(frame: Buffer): Buffer | undefined {
  if (frame.length < 2 + MASK || frame[0] !== BINARY || (frame[1]! & MASKED) === 0) return undefined
  const brief = frame[1]! & 0x7f
  const at = brief === 126 ? 4 : brief === 127 ? 10 : 2
  if (frame.length < at + MASK) return undefined
  const length = brief === 126 ? frame.readUInt16BE(2) : brief === 127 ? frame.readUInt32BE(6) : brief
  if (frame.length !== at + MASK + length) return undefined
  const payload = Buffer.from(frame.subarray(at + MASK))
  for (let i = 0; i < payload.length; i += 1) payload[i]! ^= frame[at + (i % MASK)]!
  return payload
}
