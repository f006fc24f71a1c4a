/** Rows of text values in a server's answer, for questions of our own. */
import { BACKEND } from './backend.ts'
import { FrameReader } from './frames.ts'

export function readRows(answer: Buffer): (string | null)[][] {
  const frames = new FrameReader({ bulk: new Set() }).read(answer)
  return frames.filter(({ type }) => type === BACKEND.dataRow).map(({ bytes }) => readRow(bytes))
}

function readRow(bytes: Buffer): (string | null)[] {
  const values: (string | null)[] = []
  for (let count = bytes.readUInt16BE(5), at = 7; values.length < count;) {
    const length = bytes.readInt32BE(at)
    values.push(length === -1 ? null : bytes.toString('utf8', at + 4, at + 4 + length))
    at += 4 + Math.max(0, length)
  }
  return values
}
