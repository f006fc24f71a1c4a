/** A TCP proxy that cuts a connection at an exact byte. */
import net from 'node:net'
import { markReal } from '../../../src/driver/marks.ts'
import type { Manner } from './program.ts'

export type Direction = 'fromClient' | 'fromServer'

interface Cut {
  readonly direction: Direction
  readonly manner: Manner
  bytes: number
  readonly done: () => void
}

interface Refusals {
  times: number
  readonly done: () => void
}

export class CuttingProxy {
  readonly #server: net.Server
  readonly #pairs = new Set<Pair>()
  #cuts: Cut[] = []
  #refusals: Refusals | undefined

  private constructor(target: net.TcpNetConnectOpts) {
    this.#server = net.createServer({ allowHalfOpen: true }, (client) => {
      if (this.#isRefused()) return client.destroy()
      // To the sandbox, the proxy is the network.
      const server = markReal(new net.Socket({ allowHalfOpen: true })).connect(target)
      const pair = new Pair(client, server, (direction, chunk) => this.#pass(pair, direction, chunk))
      this.#pairs.add(pair)
      client.once('close', () => this.#pairs.delete(pair))
    })
  }

  static async start(target: net.TcpNetConnectOpts): Promise<CuttingProxy> {
    const proxy = new CuttingProxy(target)
    await new Promise<void>((resolve) => proxy.#server.listen(0, '127.0.0.1', resolve))
    return proxy
  }

  get port(): number {
    return (this.#server.address() as net.AddressInfo).port
  }

  /** Cuts the connection that brings the last of these bytes, all connections counted from now on. */
  arm(direction: Direction, bytes: number, manner: Manner): Promise<void> {
    return new Promise((done) => this.#cuts.push({ direction, bytes, manner, done }))
  }

  /** Cuts all connections, and closes so many new ones at once. */
  refuse(times: number): Promise<void> {
    for (const pair of this.#pairs) pair.end('reset')
    return new Promise((done) => {
      this.#refusals = { times, done }
    })
  }

  /** From now on nothing more is cut or refused. */
  disarm(): void {
    this.#cuts = []
    this.#refusals = undefined
  }

  /** Ends the connections that were left in a stall. */
  endStalls(): void {
    for (const pair of this.#pairs) if (pair.isCut) pair.end('reset')
  }

  async close(): Promise<void> {
    for (const pair of this.#pairs) pair.end('reset')
    await new Promise((resolve) => this.#server.close(resolve))
  }

  #isRefused(): boolean {
    const refusals = this.#refusals
    if (refusals === undefined) return false
    refusals.times -= 1
    if (refusals.times === 0) this.#refusals = undefined
    refusals.done()
    return true
  }

  #pass(pair: Pair, direction: Direction, chunk: Buffer): void {
    const cuts = this.#cuts.filter((cut) => cut.direction === direction)
    const [due] = cuts.filter(({ bytes }) => bytes <= chunk.length).toSorted((a, b) => a.bytes - b.bytes)
    const dueBytes = due?.bytes ?? 0
    for (const cut of cuts) cut.bytes = Math.max(0, cut.bytes - chunk.length)
    if (due === undefined) return pair.write(direction, chunk)
    this.#cuts = this.#cuts.filter((cut) => cut !== due)
    pair.write(direction, chunk.subarray(0, dueBytes), () => pair.end(due.manner))
    pair.isCut = true
    due.done()
  }
}

/** The two sockets of a connection. */
class Pair {
  readonly #client: net.Socket
  readonly #server: net.Socket
  /** Passes nothing on any more. */
  isCut = false

  constructor(client: net.Socket, server: net.Socket, pass: (direction: Direction, chunk: Buffer) => void) {
    this.#client = client
    this.#server = server
    for (const socket of [client, server]) socket.setNoDelay(true).on('error', () => {})
    client.on('data', (chunk) => this.isCut || pass('fromClient', chunk))
    server.on('data', (chunk) => this.isCut || pass('fromServer', chunk))
    // In a stall the client waits for an answer to its end in vain; the server must not wait for minutes, as in life.
    client.on('end', () => (this.isCut ? server.destroy() : server.end()))
    server.on('end', () => this.isCut || client.end())
    client.on('close', () => server.destroy())
    server.on('close', () => this.isCut || client.destroy())
  }

  write(direction: Direction, bytes: Buffer, written = (): void => {}): void {
    const socket = direction === 'fromClient' ? this.#server : this.#client
    if (socket.destroyed) written()
    else socket.write(bytes, () => written())
  }

  end(manner: Manner): void {
    if (manner === 'stall') return
    for (const socket of [this.#client, this.#server]) {
      if (manner === 'reset') socket.resetAndDestroy()
      else socket.destroy()
    }
  }
}
