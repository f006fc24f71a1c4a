/**
 * Sockets on which any driver begins to talk to a Postgres server while a level is open: each becomes a client of the
 * sandbox, so that a copy of `pg` nobody has patched, or another driver, does not commit for real. One that was open
 * before is found out when something is written to it.
 *
 * The way into the room any-driver/: what is done to sockets of the process (here), how a socket is taken over (take-over)
 * and its client let in (startup-phase, stand-in-client). driver/pg/ switches it on and off with its patches; this room
 * knows nothing of that one.
 */
import net from 'node:net'
import { unsandboxed } from '../../errors.ts'
import { ClientTraffic } from '../../protocol/client-traffic.ts'
import { TERMINATE } from '../../protocol/frontend.ts'
import { isOpening } from '../../protocol/startup.ts'
import { payloadOf } from '../../protocol/websocket.ts'
import { callSite } from '../../call-site.ts'
import { nextTick } from '../../clock/clock.ts'
import type { Sandbox } from '../../sandbox/sandbox.ts'
import { REAL } from '../../outside-client.ts'
import { markReal } from '../marks.ts'
import { PINNED_OPTIONS } from '../open-server.ts'
import type { RealPg } from '../real-pg.ts'
import { type Address, isPostgres, knowEnvironment, knowServer, pathOf, peerOf } from './addresses.ts'
import { releaseEncryption } from './encryption.ts'
import { takeOver } from './take-over.ts'
import { bytesOf } from './written.ts'

interface Interceptor {
  readonly realm: unknown
  connecting(socket: net.Socket, args: readonly unknown[]): void
  /** Is told the arguments of the method; returns whether it has taken the call over. */
  writing(socket: net.Socket, args: readonly unknown[]): boolean
}

type Method = (this: net.Socket, ...args: unknown[]) => unknown
type MethodName = 'connect' | '_writeGeneric'
type Replaced = Method & { [ORIGINAL]?: Method }

const ORIGINAL = Symbol.for('pg-sandbox.net.original')
const INTERCEPTOR = Symbol.for('pg-sandbox.net.interceptor')

/** One for all realms of the process, such as those of the files that a worker of Jest runs one after another. */
const slot = net.Socket as unknown as { [INTERCEPTOR]?: Interceptor | undefined }
const prototype = net.Socket.prototype as unknown as Partial<Record<MethodName, Replaced>>

const PASSWORD = 0x70 // p

/** The interceptor of a realm that has gone without a goodbye is forgotten. */
export function interceptSockets(sandbox: Sandbox, real: RealPg): void {
  knowEnvironment()
  slot[INTERCEPTOR] = interceptor(sandbox, real)
  replace(
    'connect',
    (original) =>
      function interceptedConnect(...args) {
        slot[INTERCEPTOR]?.connecting(this, args)
        return original.apply(this, args)
      },
  )
  replace(
    '_writeGeneric',
    (original) =>
      function interceptedWrite(...args) {
        // Before each write of any socket, so the sandbox's own are told first.
        if (REAL in this) return original.apply(this, args)
        const isTaken = slot[INTERCEPTOR]?.writing(this, args)
        return isTaken ? undefined : original.apply(this, args)
      },
  )
}

/** Bun has no writing to be replaced: connections from before are not found out there. */
function replace(name: MethodName, by: (original: Method) => Method): void {
  const original = prototype[name]
  if (original !== undefined && original[ORIGINAL] === undefined)
    prototype[name] = Object.assign(by(original), { [ORIGINAL]: original })
}

/** Puts the originals back, unless another realm has its interceptor in place. */
export function releaseSockets(): void {
  if (slot[INTERCEPTOR]?.realm !== globalThis) return
  slot[INTERCEPTOR] = undefined
  releaseEncryption()
  for (const name of ['connect', '_writeGeneric'] as const) {
    const original = prototype[name]?.[ORIGINAL]
    if (original !== undefined) prototype[name] = original
  }
}

/** Where connections were opened, for those who want to be told. */
const openings = new WeakMap<net.Socket, string>()

/** Servers behind Unix sockets, which do not tell what they are connected to. */
const unixPeers = new WeakMap<net.Socket, Address>()

function interceptor(sandbox: Sandbox, real: RealPg): Interceptor {
  return {
    realm: globalThis,
    connecting(socket, args) {
      const path = pathOf(args)
      if (path !== undefined) unixPeers.set(socket, path)
      const isToldOf = isWatched(sandbox, socket) && sandbox.options.onUnsandboxed !== 'route'
      if (isToldOf) openings.set(socket, callSite())
    },
    writing(socket, [, data, encoding, done]) {
      const peer = isWatched(sandbox, socket) ? (unixPeers.get(socket) ?? peerOf(socket)) : undefined
      if (peer === undefined) return false
      const bytes = bytesOf(data, encoding as BufferEncoding)
      if (isOpening(bytes)) return open(sandbox, real, socket, peer, bytes, done as () => void)
      const what = isPostgres(peer) ? useOf(bytes) : useByClient(socket, bytes)
      return what !== undefined && report(sandbox, socket, `${peer.host}:${peer.port}`, what)
    },
  }
}

/** What is written on sockets to servers that nobody has named. */
const traffic = new WeakMap<net.Socket, ClientTraffic>()

const BEING_OPENED = 'is being opened'
const BEING_USED = 'was opened before start(), and is being used'
const WEBSOCKET = 'through a WebSocket'

/** To log in, and to say goodbye, does no harm. */
function useOf(bytes: Buffer): string | undefined {
  const isHarmless = bytes[0] === 0 || bytes[0] === PASSWORD || bytes.equals(TERMINATE)
  return isHarmless ? undefined : BEING_USED
}

/** The same whatever the port, and through a WebSocket, where a client of Postgres writes the bytes. */
function useByClient(socket: net.Socket, bytes: Buffer): string | undefined {
  const payload = payloadOf(bytes)
  if (payload !== undefined && isOpening(payload)) return `${WEBSOCKET} ${BEING_OPENED}`
  const seen = traffic.get(socket) ?? new ClientTraffic()
  traffic.set(socket, seen)
  if (!seen.recognises(payload ?? bytes)) return undefined
  return payload === undefined ? BEING_USED : `${WEBSOCKET} ${BEING_USED}`
}

/** A connection begins as one to a Postgres server does. */
function open(
  sandbox: Sandbox,
  real: RealPg,
  socket: net.Socket,
  address: Address,
  data: Buffer,
  done: () => void,
): boolean {
  knowServer(address)
  // A connection of the sandbox itself, which the application passes on, as a proxy or tunnel does.
  if (data.includes(PINNED_OPTIONS)) {
    markReal(socket)
    return false
  }
  // A stream that is more than a socket has its own ways.
  const isPlain = Object.getPrototypeOf(socket) === net.Socket.prototype
  if (sandbox.options.onUnsandboxed !== 'route' || !isPlain)
    return report(sandbox, socket, `${address.host}:${address.port}`, BEING_OPENED)
  takeOver(socket, address, sandbox, real)
  socket._write(data, 'buffer' as BufferEncoding, done)
  return true
}

/** What costs most comes last. */
function isWatched(sandbox: Sandbox, socket: net.Socket): boolean {
  if (REAL in socket || isAccepted(socket) || sandbox.options.onUnsandboxed === 'allow') return false
  return sandbox.level !== undefined
}

/** Is it a connection of a server of this process, such as a proxy? What a server of Postgres says looks like a client's words. */
function isAccepted(socket: net.Socket): boolean {
  return Boolean((socket as { server?: unknown }).server)
}

/** Returns whether the connection must not go on. What ends a WebSocket is not told to the driver, so that a warning says it. */
function report({ options }: Sandbox, socket: net.Socket, server: string, what: string): boolean {
  const error = unsandboxed(server, what, openings.get(socket) ?? callSite())
  const isWarning = options.onUnsandboxed === 'warn'
  if (isWarning || what.startsWith(WEBSOCKET)) process.emitWarning(error)
  if (isWarning) markReal(socket)
  else nextTick(() => socket.destroy(error))
  return !isWarning
}
