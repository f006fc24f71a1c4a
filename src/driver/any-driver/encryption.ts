/**
 * TLS of drivers other than `pg`: it is between the sandbox and the server. A driver that has been promised encryption calls
 * tls.connect() over its socket; it gets the socket back, and the sandbox logs in with what the driver has asked for.
 *
 * startup-phase.ts asks the server whether it has TLS and makes the promise, take-over.ts marks the socket, interception.ts
 * takes the replacement away. Without it a driver that insists on TLS could not come into the sandbox.
 */
import { syncBuiltinESMExports } from 'node:module'
import net from 'node:net'
import tls from 'node:tls'
import { nextTick } from '../../clock/clock.ts'
import { markReal } from '../marks.ts'
import { type Address, connectTo } from './addresses.ts'

/** What a driver hands to tls.connect(), but for the socket: certificates and what is to be verified. */
export type Encryption = Readonly<Record<string, unknown>>

type Connect = (...args: unknown[]) => unknown
interface Encryptable extends net.Socket {
  /** Returns whether the encryption is the sandbox's. */
  [ENCRYPT]?(encryption: Encryption): boolean
}

const ENCRYPT = Symbol.for('pg-sandbox.encrypt')
const ORIGINAL = Symbol.for('pg-sandbox.tls.original')

const loaded = tls as unknown as { connect: Connect & { [ORIGINAL]?: Connect } }

export function markEncryptable(socket: net.Socket, encrypt: (encryption: Encryption) => boolean): void {
  Object.defineProperty(socket, ENCRYPT, { value: encrypt })
}

/** From now on tls.connect() gives a socket back that leads into the sandbox. Modules that import it by its name see it, too. */
export function interceptEncryption(): void {
  const { connect } = loaded
  if (connect[ORIGINAL] !== undefined) return
  const intercepted: Connect = function interceptedConnect(this: unknown, ...args) {
    const options = args.find(isObject) as { socket?: Encryptable } | undefined
    const { socket, ...encryption } = options ?? {}
    if (socket?.[ENCRYPT] === undefined) return connect.apply(this, args)
    if (!socket[ENCRYPT](encryption)) {
      nextTick(() => socket.destroy(disconnected()))
      return socket
    }
    const callback = args.find((arg) => typeof arg === 'function') as (() => void) | undefined
    if (callback !== undefined) socket.once('secureConnect', callback)
    nextTick(() => socket.emit('secureConnect'))
    return Object.assign(socket, { encrypted: true, authorized: true })
  }
  loaded.connect = Object.assign(intercepted, { [ORIGINAL]: connect })
  syncBuiltinESMExports()
}

/** As Node says it of a server that has no TLS, and is sent the beginning of it all the same. */
function disconnected(): Error {
  const text = 'Client network socket disconnected before secure TLS connection was established'
  return Object.assign(new Error(text), { code: 'ECONNRESET' })
}

function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null
}

export function releaseEncryption(): void {
  const original = loaded.connect[ORIGINAL]
  if (original === undefined) return
  loaded.connect = original
  syncBuiltinESMExports()
}

const YES = 0x53 // S

/** Has the server TLS? Rejects where it cannot be reached. @param request as the client has written it */
export function offersEncryption(address: Address, request: Buffer): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const socket = connectTo(markReal(new net.Socket()), address)
    socket.once('data', ([answer]) => {
      resolve(answer === YES)
      socket.destroy()
    })
    socket.once('error', reject).once('close', () => resolve(false))
    socket.write(request)
  })
}
