/** A socket as a client of the sandbox. */
import type net from 'node:net'
import type { Sandbox } from '../../sandbox/sandbox.ts'
import type { Address } from './addresses.ts'
import { nextTick } from '../../clock/clock.ts'
import { Outlet } from '../client-output.ts'
import { Reception } from './startup-phase.ts'
import { markVirtual, type RealPg } from '../open-server.ts'

type Done = (error?: Error | null) => void
type Written = { readonly chunk: Buffer | string; readonly encoding: BufferEncoding }

/** Makes a socket that is connected to a server a client of the sandbox, before anything has been written to it. */
export function welcome(socket: net.Socket, address: Address, sandbox: Sandbox, real: RealPg): void {
  const holder = socket as unknown as { _handle: { readStop?(): void; close(): void } | null }
  holder._handle?.readStop?.()
  holder._handle?.close()
  holder._handle = null
  takeOver(socket, address, sandbox, real)
}

/** The same for a socket that has not been connected: it is told that it is. */
export function connectInside(socket: net.Socket, address: Address, sandbox: Sandbox, real: RealPg): void {
  takeOver(socket, address, sandbox, real)
  nextTick(() => {
    if (socket.destroyed) return
    socket.emit('connect')
    socket.emit('ready')
    socket.read(0)
  })
}

function takeOver(socket: net.Socket, address: Address, sandbox: Sandbox, real: RealPg): void {
  markVirtual(socket)
  let { level } = sandbox
  const reception = new Reception(address, real, new Outlet(socket, sandbox, () => level))
  const write = (chunk: Buffer, done: Done): void => {
    ;({ level } = sandbox)
    reception.receive(chunk, level, done)
  }
  const destroy = socket._destroy
  Object.assign(socket, {
    _read: () => reception.resume(),
    _write: (chunk: Buffer | string, encoding: BufferEncoding, done: Done) =>
      write(bytesOf({ chunk, encoding }), done),
    _writev: (chunks: readonly Written[], done: Done) => write(Buffer.concat(chunks.map(bytesOf)), done),
    _final(done: Done) {
      reception.finish()
      done()
    },
    _destroy(error: Error | null, done: Done) {
      reception.close()
      destroy.call(socket, error, done)
    },
    ref: () => socket,
    unref: () => socket,
  })
}

function bytesOf({ chunk, encoding }: Written): Buffer {
  return typeof chunk === 'string' ? Buffer.from(chunk, encoding) : chunk
}
