/**
 * Cuts a byte stream into protocol messages.
 *
 * A message is one type byte and a length that counts itself; the first message of a client (and an SSL, GSS or
 * cancel request before it) has the length alone.
 * Source: https://www.postgresql.org/docs/current/protocol-message-formats.html
 */

/** One message, or several of one bulk type that stand side by side, with their headers. */
export interface Frame {
  /** The type byte; 0 for a message of the start-up phase. */
  readonly type: number
  readonly bytes: Buffer
}

/** DataRow and CopyData are never looked into, so a run of them is handed on as one slice. */
const BULK: ReadonlySet<number> = new Set([0x44, 0x64])

export class FrameReader {
  /** True until the StartupMessage has been read: its messages have no type byte. */
  startup: boolean
  readonly #bulk: ReadonlySet<number>
  #partial: Buffer[] = []
  #partialLength = 0
  #wanted = 0

  constructor({ startup = false, bulk = BULK }: { startup?: boolean; bulk?: ReadonlySet<number> } = {}) {
    this.startup = startup
    this.#bulk = bulk
  }

  /** The messages that `chunk` completes. Slices of `chunk` where a message lies in one chunk, so it must not be reused. */
  read(chunk: Buffer): Frame[] {
    const data = this.#join(chunk)
    if (data === undefined) return []
    const frames: Frame[] = []
    let start = 0
    while (start < data.length) {
      const end = this.#endOfMessage(data, start)
      if (end > data.length) break
      const type = this.startup ? 0 : data[start]!
      const stop = this.#bulk.has(type) ? this.#endOfRun(data, end, type) : end
      frames.push({ type, bytes: data.subarray(start, stop) })
      if (this.startup && isStartupMessage(data, start)) this.startup = false
      start = stop
    }
    this.#keep(data, start)
    return frames
  }

  /** The kept bytes with `chunk`, or undefined while the message they began is not complete: joins once, not per chunk. */
  #join(chunk: Buffer): Buffer | undefined {
    if (this.#partialLength === 0) return chunk
    this.#partial.push(chunk)
    this.#partialLength += chunk.length
    if (this.#partialLength < this.#wanted) return undefined
    const data = Buffer.concat(this.#partial, this.#partialLength)
    this.#partial = []
    this.#partialLength = 0
    return data
  }

  #keep(data: Buffer, start: number): void {
    if (start === data.length) return
    this.#partial = [data.subarray(start)]
    this.#partialLength = data.length - start
    const end = this.#endOfMessage(data, start)
    this.#wanted = end === Infinity ? 0 : end - start
  }

  #endOfMessage(data: Buffer, start: number): number {
    const header = this.startup ? 0 : 1
    return start + header + 4 > data.length ? Infinity : start + header + data.readUInt32BE(start + header)
  }

  #endOfRun(data: Buffer, end: number, type: number): number {
    let stop = end
    while (data[stop] === type) {
      const next = this.#endOfMessage(data, stop)
      if (next > data.length) break
      stop = next
    }
    return stop
  }
}

const PROTOCOL_3 = 3

function isStartupMessage(data: Buffer, start: number): boolean {
  return data.readUInt16BE(start + 4) === PROTOCOL_3
}

/** A message of `type` with this body. */
export function message(type: string, ...body: readonly Buffer[]): Buffer {
  let length = 4
  for (const part of body) length += part.length
  const header = Buffer.allocUnsafe(5)
  header[0] = type.charCodeAt(0)
  header.writeUInt32BE(length, 1)
  return Buffer.concat([header, ...body], length + 1)
}

/** A string as the protocol writes it, ended by a zero byte. */
export function cString(text: string): Buffer {
  return Buffer.from(`${text}\0`)
}

/** The string that begins at `offset`, and where the next field begins. */
export function readCString(bytes: Buffer, offset: number): { readonly text: string; readonly next: number } {
  const end = bytes.indexOf(0, offset)
  const stop = end === -1 ? bytes.length : end
  return { text: bytes.toString('utf8', offset, stop), next: stop + 1 }
}
