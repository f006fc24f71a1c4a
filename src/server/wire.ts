/**
 * The socket of a real connection: who listens to it, why it was lost, and how it is written to, cancelled and closed.
 *
 * Everything that has a real connection stands on a Wire: a session's, a client's in a clone, and a client's outside the
 * sandbox. One listener at a time hears the server, so that a question can be asked in between (`ask` in conversation.ts)
 * without the answer reaching a client.
 */
import { limit } from '../clock/clock.ts'
import { joined } from '../protocol/frames.ts'
import { COPY_FAIL, TERMINATE } from '../protocol/frontend.ts'
import type { ServerConnection } from './server-connection.ts'

/** Milliseconds that a server has to close a connection after the goodbye; a dead network never would. */
const GOODBYE_LIMIT = 2000

/** Is what a server says being heard right now? Whoever is told of it wrote in an earlier turn of the event loop. */
export const hearing: { isServer: boolean } = { isServer: false }

export interface WireListener {
  receive(chunk: Buffer): void
  /** The connection is closed. */
  lost(reason: Error | undefined): void
}

/** A connection of the server, or a socket of which nothing else is known. */
type Connected = Pick<ServerConnection, 'socket'> & Partial<Pick<ServerConnection, 'cancel'>>

export class Wire {
  readonly socket: ServerConnection['socket']
  listener: WireListener | undefined
  isClosed = false
  /** Is the server kept waiting, as a client does not read? */
  isPaused = false
  /** The error that has closed the connection. */
  reason: Error | undefined
  readonly #cancel: () => Promise<void>

  constructor(connected: Connected) {
    const { socket } = connected
    this.socket = socket
    this.#cancel = () => connected.cancel?.() ?? Promise.resolve()
    socket.on('data', (chunk: Buffer) => {
      hearing.isServer = true
      try {
        this.listener?.receive(chunk)
      } finally {
        hearing.isServer = false
      }
    })
    socket.on('error', (error: Error) => (this.reason = error))
    socket.on('close', () => {
      this.isClosed = true
      this.listener?.lost(this.reason)
    })
  }

  /** Sends messages in one write where that is worth it. Until `unref` is called, the process stays alive for the answer. */
  send(messages: readonly Buffer[]): void {
    const { socket } = this
    socket.ref?.()
    socket.cork()
    for (const bytes of joined(messages)) socket.write(bytes)
    socket.uncork()
  }

  /** Returns false when the socket is behind; `drained` is called when it is no longer. */
  write(bytes: Buffer, drained: () => void): boolean {
    if (this.socket.write(bytes)) return true
    this.socket.once('drain', drained)
    return false
  }

  /** Tells a server that reads rows of a COPY that no more will come. */
  failCopy(): void {
    this.socket.write(COPY_FAIL)
  }

  /** Asks the server to cancel what the connection runs; closes the connection where that cannot be asked. */
  cancel(): Promise<void> {
    return this.#cancel().catch(() => this.destroy())
  }

  pause(): void {
    this.isPaused = true
    this.socket.pause()
  }

  resume(): void {
    this.isPaused = false
    this.socket.resume()
  }

  ref(): void {
    this.socket.ref?.()
  }

  unref(): void {
    this.socket.unref?.()
  }

  /** Says goodbye, and waits for nothing. */
  leave(): void {
    if (this.socket.writable) this.socket.end(TERMINATE)
    else this.socket.destroy()
  }

  /** Says goodbye; settles when the connection is closed. */
  end(): Promise<void> {
    const { socket } = this
    return new Promise((resolve) => {
      if (socket.closed) return resolve()
      const lift = limit(GOODBYE_LIMIT, () => socket.destroy())
      socket.once('close', () => resolve(lift()))
      this.ref()
      this.leave()
    })
  }

  destroy(error?: Error): void {
    this.socket.destroy(error)
  }
}
