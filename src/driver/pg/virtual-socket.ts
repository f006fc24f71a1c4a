/** The stream that stands under a client in place of its network socket. */
import { Duplex } from 'node:stream'
import type { Sandbox } from '../../sandbox/sandbox.ts'
import type { Level } from '../../sandbox/level.ts'
import type { VirtualConnection } from '../../client/virtual-connection.ts'
import { nextTick } from '../../clock/clock.ts'
import { Outlet } from '../client-output.ts'
import { markVirtual } from '../open-server.ts'

export class VirtualSocket extends Duplex {
  /** The level in which the query that is being written was called; undefined outside the sandbox. */
  level: Level | undefined
  readonly #connection: VirtualConnection

  constructor(sandbox: Sandbox, connection: (outlet: Outlet) => VirtualConnection) {
    super({ allowHalfOpen: false })
    markVirtual(this)
    this.level = sandbox.level
    this.#connection = connection(new Outlet(this, sandbox, () => this.level))
  }

  get connection(): VirtualConnection {
    return this.#connection
  }

  // What `pg` calls on a net.Socket.

  connect(): this {
    nextTick(() => this.emit('connect'))
    return this
  }

  setNoDelay(): this {
    return this
  }

  setKeepAlive(): this {
    return this
  }

  ref(): this {
    this.#connection.ref()
    return this
  }

  unref(): this {
    this.#connection.unref()
    return this
  }

  override _read(): void {
    this.#connection.resume()
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    this.#connection.receive(chunk, this.level, done)
  }

  override _writev(chunks: { chunk: Buffer }[], done: (error?: Error | null) => void): void {
    const [first] = chunks
    const bytes = chunks.length === 1 ? first!.chunk : Buffer.concat(chunks.map(({ chunk }) => chunk))
    this._write(bytes, 'utf8', done)
  }

  override _final(done: (error?: Error | null) => void): void {
    this.#connection.finish()
    done()
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.#connection.close()
    done(error)
  }
}
