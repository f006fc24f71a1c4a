/** A session's hold on its real connection: opened on demand, and again after it was lost. */
import type { IdleConnections } from './idle-connections.ts'
import type { PinnedConnection } from './pinned-connection.ts'
import type { ConnectionEvents, ServerConnection } from './server-connection.ts'
import type { Requester } from './unit.ts'

interface LinkEvents extends Pick<ConnectionEvents, 'prefixError'> {
  readonly opened: () => void
  readonly lost: (pinned: PinnedConnection, reason: Error | undefined) => void
}

export class Link {
  readonly #connections: IdleConnections
  readonly #events: LinkEvents
  #opening: Promise<PinnedConnection> | undefined
  /** The login that the connection is being or was opened with. */
  #opener: string | undefined
  /** The connection, while it is open. */
  pinned: PinnedConnection | undefined

  constructor(connections: IdleConnections, events: LinkEvents) {
    this.#connections = connections
    this.#events = events
  }

  /** Lets a client in: the server must have accepted its login, on the real connection or on one made to ask. */
  async admit(requester: Requester): Promise<ServerConnection> {
    // Another login's failure is not this one's.
    if (this.#opener !== requester.login) await this.#opening?.catch(() => {})
    const { server } = await this.open(requester)
    await this.#connections.verify(requester)
    return server
  }

  /** The connection, with this client's login when there is none yet. */
  open(requester: Requester): Promise<PinnedConnection> {
    if (this.#opening === undefined) {
      this.#opener = requester.login
      this.#opening = this.#open(requester)
    }
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
      this.#events.opened()
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
