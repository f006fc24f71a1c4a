/**
 * The real connection of a session: opened when a unit first needs it, and again after it was lost. Each Session has one;
 * without it a test that asks nothing would log in, and one that ends could not give up a login that goes on.
 */
import * as errors from '../errors.ts'
import type { IdleConnections } from './idle-connections.ts'
import type { PinnedConnection } from './pinned-connection.ts'
import type { ConnectionEvents, Opener, ServerConnection } from './server-connection.ts'
import { limit } from '../clock/clock.ts'

interface LazyConnectionEvents extends Pick<ConnectionEvents, 'prefixError'> {
  readonly opened: (pinned: PinnedConnection) => void
  readonly lost: (pinned: PinnedConnection, reason: Error | undefined) => void
}

export class LazyConnection {
  readonly #connections: IdleConnections
  readonly #events: LazyConnectionEvents
  #opening: Promise<PinnedConnection> | undefined
  #giveUp: (reason: Error) => void = () => {}
  #released = false
  /** A connection of an attempt that was given up is closed when it comes after all. */
  #attempts = 0
  /** The connection, while it is open. */
  pinned: PinnedConnection | undefined

  constructor(connections: IdleConnections, events: LazyConnectionEvents) {
    this.#connections = connections
    this.#events = events
  }

  /** Lets a client in: the server must have accepted its login, on the real connection or on one made to ask. */
  async admit(opener: Opener): Promise<ServerConnection> {
    const { server } = await this.open(opener)
    await this.#connections.verify(opener)
    return server
  }

  /** The connection. A client waits for another's login, but when that fails it tries its own. */
  async open(opener: Opener): Promise<PinnedConnection> {
    while (this.#opening !== undefined) {
      const opened = await this.#opening.catch(() => undefined)
      if (opened !== undefined) return opened
    }
    const givenUp = new Promise<never>((_, reject) => {
      this.#giveUp = reject
    })
    this.#opening = Promise.race([this.#open(opener), givenUp])
    return this.#opening
  }

  /** Waits for the connection no longer: closes it, or fails those who wait for it to be opened. */
  giveUp(): void {
    if (this.pinned !== undefined) return this.pinned.destroy()
    this.#opening = undefined
    this.#attempts += 1
    this.#giveUp(errors.lateQuery('connect'))
  }

  /** A test has ended: an attempt that goes on for longer than this is given up, so that the next one makes its own. */
  limitOpening(milliseconds: number): void {
    const opening = this.#opening
    if (opening === undefined || this.pinned !== undefined) return
    const lift = limit(milliseconds, () => {
      if (opening === this.#opening && this.pinned === undefined) this.giveUp()
    })
    opening.then(lift, lift)
  }

  /** Gives the connection away; one that is still being opened is closed when it comes. */
  release(): PinnedConnection | undefined {
    const { pinned } = this
    this.#released = true
    if (pinned !== undefined) pinned.events = undefined
    this.#forget()
    return pinned
  }

  #forget(): void {
    this.pinned = undefined
    this.#opening = undefined
  }

  async #open(opener: Opener): Promise<PinnedConnection> {
    this.#attempts += 1
    const attempt = this.#attempts
    try {
      const pinned = await this.#connections.take(opener)
      if (this.#released || attempt !== this.#attempts) {
        void pinned.end()
        throw errors.lateQuery('connect')
      }
      if (pinned.isClosed) throw pinned.closing
      pinned.events = { prefixError: this.#events.prefixError, lost: (reason) => this.#lose(pinned, reason) }
      this.pinned = pinned
      this.#events.opened(pinned)
      return pinned
    } catch (error) {
      if (attempt === this.#attempts) this.#opening = undefined
      throw error
    }
  }

  #lose(pinned: PinnedConnection, reason: Error | undefined): void {
    if (pinned !== this.pinned) return
    this.#forget()
    this.#events.lost(pinned, reason)
  }
}
