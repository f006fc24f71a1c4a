/**
 * Messages of a client that break the protocol, and how the server finds that. UnitCollector asks for what a client has written:
 * what the sandbox reads and writes anew would be a right message, and be run.
 */
import { type Frame, message } from './frames.ts'
import { FRONTEND } from './frontend.ts'

/** A string that does not end, or something behind the end. */
export type Fault = 'string' | 'format'

/** Messages in which the server finds the same fault, before it does anything. */
export const FAULTY: Readonly<Record<Fault, Frame>> = {
  string: parseOf(Buffer.from('x')),
  format: parseOf(Buffer.from('\0\0\0\0x')),
}

function parseOf(body: Buffer): Frame {
  return { type: FRONTEND.parse, bytes: message('P', body) }
}

/** The fault of a message; undefined where there is none. What is passed on as it is may have others, which the server finds. */
export function faultOf({ type, bytes }: Frame): Fault | undefined {
  const end = bytes.length - 1
  if (BODILESS.has(type)) return end < HEADER ? undefined : 'format'
  const zero = bytes.indexOf(0, type === FRONTEND.describe || type === FRONTEND.close ? HEADER + 1 : HEADER)
  if (zero === -1) return NAMED.has(type) || ONE_STRING.has(type) ? 'string' : undefined
  return zero !== end && ONE_STRING.has(type) ? 'format' : undefined
}

const HEADER = 5
export const BODILESS: ReadonlySet<number> = new Set<number>([FRONTEND.sync, FRONTEND.flush])
/** Messages that a string ends. */
export const ONE_STRING: ReadonlySet<number> = new Set<number>([
  FRONTEND.query,
  FRONTEND.describe,
  FRONTEND.close,
])
const NAMED: ReadonlySet<number> = new Set<number>([FRONTEND.parse, FRONTEND.bind, FRONTEND.execute])
