/** Messages of the server. Source: https://www.postgresql.org/docs/current/protocol-message-formats.html */
import type { Fields } from './fields.ts'
import { cString, message, readCString } from './frames.ts'

export type { Fields } from './fields.ts'

export const BACKEND = {
  authentication: 0x52, // R
  backendKeyData: 0x4b, // K
  bindComplete: 0x32, // 2
  closeComplete: 0x33, // 3
  commandComplete: 0x43, // C
  copyBoth: 0x57, // W
  copyData: 0x64, // d
  copyDone: 0x63, // c
  copyIn: 0x47, // G
  copyOut: 0x48, // H
  dataRow: 0x44, // D
  emptyQuery: 0x49, // I
  error: 0x45, // E
  functionCall: 0x56, // V
  noData: 0x6e, // n
  notice: 0x4e, // N
  notification: 0x41, // A
  parameterDescription: 0x74, // t
  parameterStatus: 0x53, // S
  parseComplete: 0x31, // 1
  portalSuspended: 0x73, // s
  readyForQuery: 0x5a, // Z
  rowDescription: 0x54, // T
} as const

/** Transaction status as ReadyForQuery reports it: idle, in a transaction, in a failed one. */
export type Status = 'I' | 'T' | 'E'

const HEADER = 5

export const AUTHENTICATION_OK: Buffer = message('R', Buffer.alloc(4))
export const BIND_COMPLETE: Buffer = message('2')
export const CLOSE_COMPLETE: Buffer = message('3')
export const NO_DATA: Buffer = message('n')
export const PARSE_COMPLETE: Buffer = message('1')
export const NO_PARAMETERS: Buffer = message('t', Buffer.alloc(2))

export const READY_FOR_QUERY: Readonly<Record<Status, Buffer>> = {
  I: message('Z', Buffer.from('I')),
  T: message('Z', Buffer.from('T')),
  E: message('Z', Buffer.from('E')),
}

export function readStatus(bytes: Buffer): Status {
  return String.fromCharCode(bytes[HEADER]!) as Status
}

export function commandComplete(tag: string): Buffer {
  return message('C', cString(tag))
}

export function readTag(bytes: Buffer): string {
  return readCString(bytes, HEADER).text
}

export function parameterStatus(name: string, value: string): Buffer {
  return message('S', cString(name), cString(value))
}

export function readParameterStatus(bytes: Buffer): { readonly name: string; readonly value: string } {
  const name = readCString(bytes, HEADER)
  return { name: name.text, value: readCString(bytes, name.next).text }
}

export function backendKeyData(processId: number, secretKey: number): Buffer {
  const body = Buffer.allocUnsafe(8)
  body.writeInt32BE(processId, 0)
  body.writeInt32BE(secretKey, 4)
  return message('K', body)
}

/** RowDescription of one column of type text, and DataRow of one value. */
export function textColumn(name: string): Buffer {
  return column(name, { type: 25, size: -1 })
}

/** The same of a boolean, which is `t` or `f` in a row. */
export function booleanColumn(name: string): Buffer {
  return column(name, { type: 16, size: 1 })
}

/** @param described the type's OID, and its bytes where all values have as many */
function column(name: string, described: { readonly type: number; readonly size: number }): Buffer {
  const rest = Buffer.alloc(18)
  rest.writeInt32BE(described.type, 6)
  rest.writeInt16BE(described.size, 10)
  rest.writeInt32BE(-1, 12)
  return message('T', ONE, cString(name), rest)
}

export function textRow(value: string): Buffer {
  const length = Buffer.alloc(4)
  length.writeInt32BE(Buffer.byteLength(value))
  return message('D', ONE, length, Buffer.from(value))
}

const ONE = Buffer.from([0, 1])

export function notificationResponse(processId: number, channel: string, payload: string): Buffer {
  const sender = Buffer.alloc(4)
  sender.writeInt32BE(processId)
  return message('A', sender, cString(channel), cString(payload))
}

export function errorResponse(fields: Fields): Buffer {
  return message('E', ...encodeFields(fields))
}

export function noticeResponse(fields: Fields): Buffer {
  return message('N', ...encodeFields(fields))
}

/** The fields of an ErrorResponse or NoticeResponse. */
export function readFields(bytes: Buffer): Record<string, string> {
  const fields: Record<string, string> = {}
  let offset = HEADER
  while (offset < bytes.length && bytes[offset] !== 0) {
    const { text, next } = readCString(bytes, offset + 1)
    fields[String.fromCharCode(bytes[offset]!)] = text
    offset = next
  }
  return fields
}

function encodeFields(fields: Fields): Buffer[] {
  const parts = Object.entries(fields).map(([code, value]) => cString(code + value))
  return [...parts, Buffer.from([0])]
}
