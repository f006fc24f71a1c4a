/** A session's hold on its real connection: opened on demand, and again after it was lost. */
import type { IdleConnections } from './idle-connections.ts'
import type { PinnedConnection } from './pinned-connection.ts'
import type { ConnectionEvents, ServerConnection } from './server-connection.ts'
import type { Requester } from './unit.ts'

interface LinkEvents extends Pick<ConnectionEvents, 'prefixError'> {
  readonly opened: (pinned: PinnedConnection) => void
  readonly lost: (pinned: PinnedConnection, reason: Error | undefined) => void
}

export class Link {
  readonly #connections: IdleConnections
  readonly #events: LinkEvents
  #opening: Promise<PinnedConnection> | undefined
  /** The connection, while it is open. */
  pinned: PinnedConnection | undefined

  constructor(connections: IdleConnections, events: LinkEvents) {
    this.#connections = connections
    this.#events = events
  }

  /** Lets a client in: the server must have accepted its login, on the real connection or on one made to ask. */
  async admit(requester: Requester): Promise<ServerConnection> {
    const { server } = await this.open(requester)
    await this.#connections.verify(requester)
    return server
  }

  /** The connection. A client waits for another's login, but when that fails it tries its own. */
  async open(requester: Requester): Promise<PinnedConnection> {
    while (this.#opening !== undefined) {
      const opened = await this.#opening.catch(() => undefined)
      if (opened !== undefined) return opened
    }
    this.#opening = this.#open(requester)
    return this.#opening
  }

  /** Gives the connection away. */
  release(): PinnedConnection | undefined {
    const { pinned } = this
    if (pinned !== undefined) pinned.events = undefined
    this.pinned = undefined
    this.#opening = undefined
    return pinned
  }

  async #open(requester: Requester): Promise<PinnedConnection> {
    try {
      const pinned = await this.#connections.take(requester)
      pinned.events = { prefixError: this.#events.prefixError, lost: (reason) => this.#lose(pinned, reason) }
      this.pinned = pinned
      this.#events.opened(pinned)
      return pinned
    } catch (error) {
      this.#opening = undefined
      throw error
    }
  }

  #lose(pinned: PinnedConnection, reason: Error | undefined): void {
    if (pinned !== this.pinned) return
    this.release()
    this.#events.lost(pinned, reason)
  }
}
