/**
 * Tells the messages of a Postgres client from what other protocols write, by their form alone.
 *
 * The driver asks for each socket whose server nobody has named. Without it a connection from before the sandbox would be
 * known by its port only, and commit where that is not the usual one.
 * Source: https://www.postgresql.org/docs/current/protocol-message-formats.html
 */
import { FRONTEND } from './frontend.ts'

const HEADER = 5
/** Longer messages are not looked into: of other protocols none has come that far. */
const EXAMINED = 1024 * 1024
const LONGEST = 0x3f_ff_ff_ff

/** Does the body have the form that messages of a type have? Bulk data has none, so by itself it proves nothing. */
const FORMS: ReadonlyMap<number, (body: Buffer) => boolean> = new Map<number, (body: Buffer) => boolean>([
  [FRONTEND.query, (body) => afterStrings(body, 1) === body.length],
  [FRONTEND.parse, (body) => isParse(body, afterStrings(body, 2))],
  [FRONTEND.bind, (body) => (afterStrings(body, 2) ?? Infinity) + 6 <= body.length],
  [FRONTEND.describe, isTarget],
  [FRONTEND.close, isTarget],
  [FRONTEND.execute, (body) => (afterStrings(body, 1) ?? Infinity) + 4 === body.length],
  [FRONTEND.functionCall, (body) => body.length >= 10],
  [FRONTEND.sync, isEmpty],
  [FRONTEND.flush, isEmpty],
  [FRONTEND.copyDone, isEmpty],
  [FRONTEND.terminate, isEmpty],
  [FRONTEND.copyFail, (body) => afterStrings(body, 1) === body.length],
  [FRONTEND.copyData, () => true],
])

/** They make the server do nothing that lasts. */
const WITHOUT_EFFECT: ReadonlySet<number> = new Set([
  FRONTEND.copyData,
  FRONTEND.copyFail,
  FRONTEND.terminate,
])

/** What was written so far, as far as it tells how to read on. */
interface Reading {
  /** Has a message come that makes the server do something, and nothing that is no message? */
  readonly isRecognised: boolean
  /** The beginning of a message whose end has not come, where the message is short enough to be looked into. */
  readonly rest?: Buffer
  /** How many bytes of a longer one are still to come. */
  readonly missing?: number
}

const OTHER: Reading = { isRecognised: false }

/** What is written on one socket. */
export class ClientTraffic {
  #last: Reading = OTHER

  /** Is it what a Postgres client writes? Asked before the bytes go out, and told with the one that ends a message. */
  recognises(chunk: Buffer): boolean {
    const fresh = read(chunk)
    const continued = this.#continue(chunk)
    const isUnfinished = continued.rest !== undefined || continued.missing !== undefined
    this.#last = isUnfinished ? continued : fresh
    return fresh.isRecognised || continued.isRecognised
  }

  #continue(chunk: Buffer): Reading {
    const { rest, missing } = this.#last
    if (rest !== undefined) return read(Buffer.concat([rest, chunk]))
    if (missing === undefined) return OTHER
    if (missing > chunk.length) return { isRecognised: false, missing: missing - chunk.length }
    return missing === chunk.length ? { isRecognised: true } : read(chunk.subarray(missing), true)
  }
}

/** @param isRecognised for what stands in front of these bytes */
function read(bytes: Buffer, isRecognised = false): Reading {
  let at = 0
  while (at < bytes.length) {
    const type = bytes[at]!
    const form = FORMS.get(type)
    if (form === undefined) return OTHER
    if (at + HEADER > bytes.length) break
    const length = bytes.readUInt32BE(at + 1)
    if (length < 4 || length > LONGEST) return OTHER
    const end = at + 1 + length
    const isLong = length > EXAMINED
    if (end > bytes.length && isLong) return { isRecognised, missing: end - bytes.length }
    if (end > bytes.length) break
    if (!isLong && !form(bytes.subarray(at + HEADER, end))) return OTHER
    isRecognised ||= !WITHOUT_EFFECT.has(type)
    at = end
  }
  return at < bytes.length ? { isRecognised, rest: bytes.subarray(at) } : { isRecognised }
}

/** Where so many strings end that each end with a zero byte; undefined where one does not end. */
function afterStrings(body: Buffer, count: number): number | undefined {
  let at = 0
  for (let left = count; left > 0; left -= 1) {
    const end = body.indexOf(0, at)
    if (end === -1) return undefined
    at = end + 1
  }
  return at
}

function isParse(body: Buffer, at: number | undefined): boolean {
  return at !== undefined && at + 2 <= body.length && at + 2 + 4 * body.readUInt16BE(at) === body.length
}

function isTarget(body: Buffer): boolean {
  return (body[0] === 0x53 || body[0] === 0x50) && afterStrings(body.subarray(1), 1) === body.length - 1
}

function isEmpty(body: Buffer): boolean {
  return body.length === 0
}
