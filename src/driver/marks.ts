/**
 * Marks on sockets: which lead to the server itself, and which into the sandbox.
 *
 * The driver sets them on each socket that it makes or takes over, and reads them on each that it meets. Without them a
 * connection of the sandbox itself would be taken for one of the application, and let in again. The symbols are
 * registered, so that several copies of this package, and several realms, read each other's marks.
 */
import { REAL } from '../outside-client.ts'

/** On sockets that lead into the sandbox. */
const VIRTUAL = Symbol.for('pg-sandbox.virtual')

export function markReal<Stream extends object>(stream: Stream): Stream {
  Object.defineProperty(stream, REAL, { value: true, configurable: true })
  return stream
}

export function markVirtual(stream: object): void {
  Object.defineProperty(stream, VIRTUAL, { value: true })
}

export function isVirtual(stream: object): boolean {
  return VIRTUAL in stream
}
