/** Messages of the client. Source: https://www.postgresql.org/docs/current/protocol-message-formats.html */
import { escaped, isEscaped, isToEscape, unescaped } from './escaped-text.ts'
import { cString, type Frame, message, readCString } from './frames.ts'

export const FRONTEND = {
  query: 0x51, // Q
  parse: 0x50, // P
  bind: 0x42, // B
  describe: 0x44, // D
  execute: 0x45, // E
  close: 0x43, // C
  sync: 0x53, // S
  flush: 0x48, // H
  functionCall: 0x46, // F
  copyData: 0x64, // d
  copyDone: 0x63, // c
  copyFail: 0x66, // f
  terminate: 0x58, // X
  startUp: 0, // As FrameReader tells a message that has no type byte.
} as const

/** What Describe and Close name: a prepared statement or a portal. */
export type Target = 'S' | 'P'

const HEADER = 5
const ZERO = Buffer.alloc(1)
const ZERO_16 = Buffer.alloc(2)
const NO_ROW_LIMIT = Buffer.alloc(4)

export const FLUSH: Buffer = message('H')
export const SYNC: Buffer = message('S')
export const COPY_FAIL: Buffer = message('f', cString('the client is gone'))
export const TERMINATE: Buffer = message('X')

/** In one step, as each statement of the sandbox comes by here. */
export function query(sql: string): Buffer {
  if (isEscaped(sql)) return message('Q', unescaped(sql), ZERO)
  const length = Buffer.byteLength(sql)
  const bytes = Buffer.allocUnsafe(HEADER + length + 1)
  bytes[0] = FRONTEND.query
  bytes.writeUInt32BE(length + HEADER, 1)
  bytes.write(sql, HEADER)
  bytes[HEADER + length] = 0
  return bytes
}

/**
 * A statement of the sandbox inside an extended unit, where a Query message would end the unit: Parse, Bind, Execute, and
 * Close. The client may have an unnamed statement or portal at that point, so it has a name.
 */
export function extendedStatement(name: string, sql: string): Buffer {
  return Buffer.concat([
    message('P', cString(name), cString(sql), ZERO_16),
    message('B', cString(name), cString(name), ZERO_16, ZERO_16, ZERO_16),
    message('E', cString(name), NO_ROW_LIMIT),
    close('P', name),
    close('S', name),
  ])
}

export function close(target: Target, name: string): Buffer {
  return message('C', Buffer.from(target), cString(name))
}

export function readQuery(bytes: Buffer): string {
  return readQueryIn(undefined, bytes)
}

/** @param encoding the client's, as the server names it */
export function readQueryIn(encoding: string | undefined, bytes: Buffer): string {
  const { text, next } = readCString(bytes, HEADER)
  if (!BEYOND_ASCII.test(text)) return text
  const read = bytes.subarray(HEADER, next - 1)
  return isToEscape(read, text, encoding) ? escaped(read, encoding) : text
}

const BEYOND_ASCII = /[^\0-\x7f]/

export interface Parse {
  readonly name: string
  readonly sql: string
}

/** A client's message. What a Parse message says is asked for again and again, so it may have been read already. */
export interface ClientFrame extends Frame {
  readonly parse?: Parse
  /** Is it a Query message that breaks the protocol, so that the server will not read its text? */
  readonly isFaulty?: true
}

export function parseIn({ bytes, parse: known }: ClientFrame): Parse {
  return known ?? readParse(bytes)
}

export function readParse(bytes: Buffer): Parse {
  const name = readCString(bytes, HEADER)
  return { name: name.text, sql: readCString(bytes, name.next).text }
}

export function readBind(bytes: Buffer): { readonly portal: string; readonly statement: string } {
  const portal = readCString(bytes, HEADER)
  return { portal: portal.text, statement: readCString(bytes, portal.next).text }
}

/** The values of a Bind message that are in text format; null for NULL, and for binary ones unless `ofBinary` tells them. */
export function readBindValues(
  bytes: Buffer,
  ofBinary: (value: Buffer) => string | null = () => null,
): (string | null)[] {
  let offset = readCString(bytes, readCString(bytes, HEADER).next).next
  const formats = readInt16s(bytes, offset)
  offset += 2 + 2 * formats.length
  const values: (string | null)[] = []
  for (let count = bytes.readUInt16BE(offset), at = offset + 2; values.length < count;) {
    const length = bytes.readInt32BE(at)
    const binary = formats[formats.length === 1 ? 0 : values.length] === 1
    const value = bytes.subarray(at + 4, at + 4 + Math.max(0, length))
    if (length === -1) values.push(null)
    else values.push(binary ? ofBinary(value) : value.toString('utf8'))
    at += 4 + Math.max(0, length)
  }
  return values
}

function readInt16s(bytes: Buffer, offset: number): number[] {
  return Array.from({ length: bytes.readUInt16BE(offset) }, (_, i) => bytes.readUInt16BE(offset + 2 + 2 * i))
}

/** Describe or Close. */
export function readTarget(bytes: Buffer): { readonly target: Target; readonly name: string } {
  return { target: bytes[HEADER] === 0x53 ? 'S' : 'P', name: readCString(bytes, HEADER + 1).text }
}

export function readExecute(bytes: Buffer): { readonly portal: string } {
  return { portal: readCString(bytes, HEADER).text }
}

/** The Parse message under another name. */
export function renameParse(bytes: Buffer, name: string): Buffer {
  if (name === '' && isUnnamed(bytes)) return bytes
  return message('P', cString(name), bytes.subarray(readCString(bytes, HEADER).next))
}

/** The Bind message between other names. */
export function renameBind(bytes: Buffer, portal: string, statement: string): Buffer {
  if (portal === '' && statement === '' && isUnnamed(bytes)) return bytes
  const rest = readCString(bytes, readCString(bytes, HEADER).next).next
  return message('B', cString(portal), cString(statement), bytes.subarray(rest))
}

export function renameExecute(bytes: Buffer, portal: string): Buffer {
  if (portal === '' && isUnnamed(bytes)) return bytes
  return message('E', cString(portal), bytes.subarray(readCString(bytes, HEADER).next))
}

/** Describe or Close of another name. */
export function renameTarget(bytes: Buffer, name: string): Buffer {
  if (name === '' && isUnnamed(bytes)) return bytes
  return message(String.fromCharCode(bytes[0]!), bytes.subarray(HEADER, HEADER + 1), cString(name))
}

/** Where a message of the extended protocol has its names, while they are empty: a zero byte for each. */
const NAMES: ReadonlyMap<number, readonly number[]> = new Map<number, readonly number[]>([
  [FRONTEND.parse, [HEADER]],
  [FRONTEND.bind, [HEADER, HEADER + 1]],
  [FRONTEND.describe, [HEADER + 1]],
  [FRONTEND.execute, [HEADER]],
  [FRONTEND.close, [HEADER + 1]],
  [FRONTEND.sync, []],
])

/** Does a message of the extended protocol name neither statement nor portal? Most do not, and stay as they are. */
export function isUnnamed(bytes: Buffer): boolean {
  return NAMES.get(bytes[0]!)?.every((at) => bytes[at] === 0) ?? false
}

/** Are the messages of these types, and do they all name neither statement nor portal? */
export function areUnnamed(frames: readonly Frame[], types: readonly number[]): boolean {
  if (frames.length !== types.length) return false
  for (let i = 0; i < types.length; i += 1) {
    const { type, bytes } = frames[i]!
    if (type !== types[i]) return false
    for (const at of NAMES.get(type) ?? []) if (bytes[at] !== 0) return false
  }
  return true
}

/** A Parse message for a statement whose parameter types the server shall find. */
export function parse(name: string, sql: string): Buffer {
  return message('P', cString(name), cString(sql), ZERO_16)
}
