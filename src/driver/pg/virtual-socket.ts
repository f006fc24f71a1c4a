/**
 * The stream that stands under a client of `pg` in place of its network socket.
 *
 * client-socket.ts makes it; `pg` writes messages to it and reads answers from it as if it led to a server.
 */
import { Duplex } from 'node:stream'
import type { VirtualConnection } from '../../client/virtual-connection.ts'
import { nextTick } from '../../clock/clock.ts'
import type { Level } from '../../sandbox/level.ts'
import type { Sandbox } from '../../sandbox/sandbox.ts'
import { ClientOutput } from '../client-output.ts'
import { markVirtual } from '../marks.ts'

export class VirtualSocket extends Duplex {
  /** The level in which the query that is being written was called; undefined outside the sandbox. */
  level: Level | undefined
  readonly connection: VirtualConnection

  constructor(sandbox: Sandbox, connect: (output: ClientOutput) => VirtualConnection) {
    super({ allowHalfOpen: false })
    markVirtual(this)
    this.level = sandbox.level
    this.connection = connect(new ClientOutput(this, sandbox, () => this.level))
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
    this.connection.outside.connection?.ref()
    return this
  }

  unref(): this {
    this.connection.outside.connection?.unref()
    return this
  }

  override _read(): void {
    if (this.connection.isPaused) this.connection.resume()
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    this.connection.receive(chunk, this.level, done)
  }

  override _writev(chunks: { chunk: Buffer }[], done: (error?: Error | null) => void): void {
    const [first] = chunks
    const bytes = chunks.length === 1 ? first!.chunk : Buffer.concat(chunks.map(({ chunk }) => chunk))
    this.connection.receive(bytes, this.level, done)
  }

  override _final(done: (error?: Error | null) => void): void {
    this.connection.finish()
    done()
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.connection.close()
    done(error)
  }
}
