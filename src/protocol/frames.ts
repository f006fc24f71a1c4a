/**
 * Cuts a byte stream into protocol messages.
 *
 * A message is one type byte and a length that counts itself; the first message of a client (and an SSL, GSS or
 * cancel request before it) has the length alone.
 * Source: https://www.postgresql.org/docs/current/protocol-message-formats.html
 *
 * The way into the room protocol/, which imports nothing: bytes become messages here, messages of the server are read and
 * made in backend.ts, those of a client in frontend.ts. Whoever has bytes of a client or a server calls it. Without the room
 * nobody could tell where an answer ends.
 */

/**
 * One message, or several of one bulk type that stand side by side, with their headers; of such a run the first and the
 * last may be cut off, where the reader gives parts.
 */
export interface Frame {
  /** The type byte; 0 for a message of the start-up phase. */
  readonly type: number
  readonly bytes: Buffer
}

/** DataRow and CopyData of a server are never looked into, so a run of them is handed on as one slice. */
const BULK: ReadonlySet<number> = new Set([0x44, 0x64])

/** The same of a client: a type byte means another message there, D is Describe. */
export const CLIENT_BULK: ReadonlySet<number> = new Set([0x64])

/** Stands for a message whose length cannot be, after which a server does not listen any more. */
export const BROKEN: Frame = { type: -1, bytes: Buffer.alloc(0) }

/** A length counts its own four bytes, and a message has less than a gigabyte. */
const LEAST = 4
const MOST = 0x3fff_ffff

export class FrameReader {
  /** True until the StartupMessage has been read: its messages have no type byte. */
  startup: boolean
  /** Are messages of a bulk type handed on as far as they have come, rather than copied together first? */
  givesParts = false
  readonly #bulk: ReadonlySet<number>
  /** The type of the message of which a part was given, and how many bytes of it are still to come. */
  #partType = 0
  #partLeft = 0
  #partial: Buffer[] = []
  #partialLength = 0
  #wanted = 0

  constructor({ startup = false, bulk = BULK }: { startup?: boolean; bulk?: ReadonlySet<number> } = {}) {
    this.startup = startup
    this.#bulk = bulk
  }

  /** How many bytes are still to come of a message of which a part was given. */
  get missing(): number {
    return this.#partLeft
  }

  /** The length of the message that has begun, as far as it is known. */
  get awaited(): number | undefined {
    return this.#partialLength >= (this.startup ? 4 : 5) ? this.#wanted : undefined
  }

  /** The messages that `chunk` completes. Slices of `chunk` where a message lies in one chunk, so it must not be reused. */
  read(chunk: Buffer): Frame[] {
    const frames: Frame[] = []
    let start = 0
    while (this.#partialLength > 0 && start < chunk.length) start = this.#fill(chunk, start, frames)
    while (start < chunk.length) {
      const type = this.startup ? 0 : this.#partLeft > 0 ? this.#partType : chunk[start]!
      const lengthAt = this.startup ? start : start + 1
      let stop = Infinity
      if (this.#bulk.has(type)) stop = this.#endOfRun(chunk, start, type)
      else if (lengthAt + 4 <= chunk.length) {
        const length = chunk.readUInt32BE(lengthAt)
        if (length < LEAST || length > MOST) return [...frames, BROKEN]
        stop = lengthAt + length
      }
      if (stop > chunk.length || stop === start) {
        this.#keep(chunk.subarray(start))
        break
      }
      frames.push({ type, bytes: chunk.subarray(start, stop) })
      if (this.startup) this.startup = !isStartupMessage(chunk, start)
      start = stop
    }
    return frames
  }

  /** Copies what the message that has begun still wants, and no more: the rest of a chunk stays where it is. */
  #fill(chunk: Buffer, start: number, frames: Frame[]): number {
    const end = Math.min(chunk.length, start + this.#wanted - this.#partialLength)
    this.#partial.push(chunk.subarray(start, end))
    this.#partialLength += end - start
    if (this.#partialLength < this.#wanted) return end
    const data = Buffer.concat(this.#partial, this.#partialLength)
    this.#partialLength = 0
    const left = this.#endOf(data)
    if (left < data.length || left > data.length + MOST) {
      frames.push(BROKEN)
      return chunk.length
    }
    if (left > data.length) this.#keep(data)
    else {
      frames.push({ type: this.startup ? 0 : data[0]!, bytes: data })
      if (this.startup) this.startup = !isStartupMessage(data, 0)
    }
    return end
  }

  /** The beginning of a message; where even its length is cut off, the length is wanted first. */
  #keep(bytes: Buffer): void {
    const end = this.#endOf(bytes)
    this.#partial = [bytes]
    this.#partialLength = bytes.length
    this.#wanted = end === Infinity ? (this.startup ? 4 : 5) : end
  }

  /** Where the message ends that begins with these bytes; Infinity where even its length is cut off. */
  #endOf(bytes: Buffer): number {
    const header = this.startup ? 0 : 1
    return header + 4 > bytes.length ? Infinity : header + bytes.readUInt32BE(header)
  }

  /** Where the last message of the run ends that is complete; or the end of the data, where a part may be given. */
  #endOfRun(data: Buffer, start: number, type: number): number {
    let stop = start + this.#partLeft
    while (stop < data.length && data[stop] === type) {
      const next = stop + 5 > data.length ? Infinity : stop + 1 + data.readUInt32BE(stop + 1)
      if (next > data.length && !(this.givesParts && next < Infinity)) break
      stop = next
    }
    this.#partType = type
    this.#partLeft = Math.max(0, stop - data.length)
    return Math.min(stop, data.length)
  }
}

const PROTOCOL_3 = 3

function isStartupMessage(bytes: Buffer, start: number): boolean {
  return bytes.readUInt16BE(start + 4) === PROTOCOL_3
}

/** Up to here it costs less to copy messages into one buffer than to have each handed on by itself. */
const WORTH_JOINING = 16 * 1024

/** The same bytes in as few buffers as is worth it. */
export function joined(messages: readonly Buffer[]): readonly Buffer[] {
  if (messages.length < 2) return messages
  let length = 0
  for (const bytes of messages) length += bytes.length
  return length > WORTH_JOINING ? messages : [Buffer.concat(messages, length)]
}

/** The bytes by themselves, where they are a small part of something larger that is not to be kept with them. */
export function apart(bytes: Buffer): Buffer {
  return bytes.buffer.byteLength - bytes.length > WORTH_JOINING ? Buffer.from(bytes) : bytes
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
  if (bytes[offset] === 0) return { text: '', next: offset + 1 }
  const end = bytes.indexOf(0, offset)
  const stop = end === -1 ? bytes.length : end
  return { text: bytes.toString('utf8', offset, stop), next: stop + 1 }
}
