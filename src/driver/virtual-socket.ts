/** The stream that stands under a client in place of its network socket. */
import { Duplex } from 'node:stream'
import type { Sandbox } from '../session/sandbox.ts'
import type { Level } from '../session/scope.ts'
import type { VirtualConnection } from '../session/virtual-connection.ts'
import { nextTick } from './next-tick.ts'

export class VirtualSocket extends Duplex {
  /** The level in which the query that is being written was called; undefined outside the sandbox. */
  level: Level | undefined
  readonly #sandbox: Sandbox
  readonly #connection: VirtualConnection
  /**
   * What is to be told to the client: all at once when the present step has ended. A network never answers inside a
   * call either, and what it brings together is read together.
   */
  #outbox: Buffer[] = []

  constructor(sandbox: Sandbox, connection: (socket: VirtualSocket) => VirtualConnection) {
    super({ allowHalfOpen: false })
    this.#sandbox = sandbox
    this.level = sandbox.level
    this.#connection = connection(this)
  }

  get connection(): VirtualConnection {
    return this.#connection
  }

  /** Hands bytes to the client; false when it reads more slowly. */
  tell(bytes: Buffer): boolean {
    if (this.#outbox.length === 0) nextTick(() => this.#flush())
    this.#outbox.push(bytes)
    return this.readableLength < this.readableHighWaterMark
  }

  /** Ends the client's connection, after what it has been told. */
  hangUp(reason?: Error): void {
    nextTick(() => {
      if (reason !== undefined) this.destroy(reason)
      else if (!this.destroyed && !this.readableEnded) this.push(null)
    })
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

  /** In the level of the query, so that what its callbacks call belongs there, too. */
  #flush(): void {
    const told = this.#outbox
    this.#outbox = []
    this.#sandbox.runIn(this.level, () => {
      for (const bytes of told) if (!this.destroyed && !this.readableEnded) this.push(bytes)
    })
  }
}
