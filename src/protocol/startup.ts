/** What a client says before its session begins. Source: https://www.postgresql.org/docs/current/protocol-message-formats.html */
import { message, readCString } from './frames.ts'

export type Opening =
  /** A wish for encryption. */
  | { readonly kind: 'encryption'; readonly by: 'TLS' | 'GSSAPI' }
  | { readonly kind: 'cancel'; readonly processId: number; readonly secretKey: number }
  /** The StartupMessage, with the values that it names. */
  | { readonly kind: 'startup'; readonly parameters: ReadonlyMap<string, string> }

const CANCEL = 80_877_102
const TLS = 80_877_103
const ENCRYPTION: readonly number[] = [TLS, 80_877_104]
const CODE = 4
const BODY = 8

/** Is it how a connection to a Postgres server begins? Of other protocols hardly any message looks like it. */
export function isOpening(data: Buffer): boolean {
  if (data.length < BODY || data.readInt32BE(0) !== data.length) return false
  const code = data.readInt32BE(CODE)
  return code >> 16 === 3 || code === CANCEL || ENCRYPTION.includes(code)
}

/** Longer ones are refused, as by the server: MAX_STARTUP_PACKET_LENGTH. */
const LONGEST = 10_000

/** May the first message of a client have this length? What begins otherwise, as TLS does, is none. */
export function isOpeningLength(length: number | undefined): boolean {
  return length === undefined || (length >= BODY && length <= LONGEST)
}

/** The answer to a wish for encryption: the session goes on without. */
export const NO_ENCRYPTION: Buffer = Buffer.from('N')
/** The other answer: it begins now. */
export const ENCRYPTION_BEGINS: Buffer = Buffer.from('S')

const HANDSHAKE = 0x16

/** Does TLS begin with these bytes? */
export function isHandshake(bytes: Buffer): boolean {
  return bytes[0] === HANDSHAKE
}

export const ASK_FOR_PASSWORD: Buffer = message('R', Buffer.from([0, 0, 0, 3]))

export function readOpening(bytes: Buffer): Opening {
  const code = bytes.readInt32BE(CODE)
  if (ENCRYPTION.includes(code)) return { kind: 'encryption', by: code === TLS ? 'TLS' : 'GSSAPI' }
  if (code === CANCEL)
    return { kind: 'cancel', processId: bytes.readInt32BE(BODY), secretKey: bytes.readInt32BE(BODY + 4) }
  return { kind: 'startup', parameters: readPairs(bytes) }
}

function readPairs(bytes: Buffer): ReadonlyMap<string, string> {
  const pairs = new Map<string, string>()
  for (let at = BODY; at < bytes.length && bytes[at] !== 0;) {
    const name = readCString(bytes, at)
    const value = readCString(bytes, name.next)
    pairs.set(name.text, value.text)
    at = value.next
  }
  return pairs
}

/** The password in a PasswordMessage. */
export function readPassword(bytes: Buffer): string {
  return readCString(bytes, 5).text
}
