/**
 * Takes a socket of any driver over: from now on the socket leads into the sandbox.
 *
 * interception.ts calls it for sockets that are connected to a server, sandboxSocket for those that it makes. The socket
 * object stays, as the driver holds it; its methods are replaced.
 */
import type net from 'node:net'
import { nextTick } from '../../clock/clock.ts'
import type { Sandbox } from '../../sandbox/sandbox.ts'
import { ClientOutput } from '../client-output.ts'
import { markVirtual } from '../marks.ts'
import type { RealPg } from '../real-pg.ts'
import type { Address } from './addresses.ts'
import { markEncryptable } from './encryption.ts'
import { StartupPhase } from './startup-phase.ts'
import { bytesOf } from './written.ts'

type Done = (error?: Error | null) => void

/** Takes over a socket that is connected to a server, before anything has been written to it. */
export function takeOver(socket: net.Socket, address: Address, sandbox: Sandbox, real: RealPg): void {
  const holder = socket as unknown as { _handle: { readStop?(): void; close(): void } | null }
  holder._handle?.readStop?.()
  holder._handle?.close()
  holder._handle = null
  leadInside(socket, address, sandbox, real)
}

/** The same for a socket that has not been connected: it is told that it is. */
export function connectInside(socket: net.Socket, address: Address, sandbox: Sandbox, real: RealPg): void {
  leadInside(socket, address, sandbox, real)
  nextTick(() => {
    if (socket.destroyed) return
    socket.emit('connect')
    socket.emit('ready')
    socket.read(0)
  })
}

function leadInside(socket: net.Socket, address: Address, sandbox: Sandbox, real: RealPg): void {
  markVirtual(socket)
  let { level } = sandbox
  const client = new StartupPhase(address, real, new ClientOutput(socket, sandbox, () => level))
  markEncryptable(socket, (encryption) => client.encrypt(encryption))
  const write = (chunk: Buffer, done: Done): void => {
    ;({ level } = sandbox)
    client.receive(chunk, level, done)
  }
  const destroy = socket._destroy
  Object.assign(socket, {
    _read: () => client.resume(),
    _write: (chunk: Buffer | string, encoding: BufferEncoding, done: Done) =>
      write(bytesOf(chunk, encoding), done),
    _writev: (chunks: readonly unknown[], done: Done) => write(bytesOf(chunks), done),
    _final(done: Done) {
      client.finish()
      done()
    },
    _destroy(error: Error | null, done: Done) {
      client.close()
      destroy.call(socket, error, done)
    },
    ref: () => socket,
    unref: () => socket,
  })
}
