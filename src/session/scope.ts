/** The main line of a test, or one parallel call: its sessions, and how many levels it has open. */
import { IdleConnections } from './idle-connections.ts'
import type { SandboxOptions } from './options.ts'
import { Session } from './session.ts'

/** Idle connections by connection key, shared by all scopes. */
export class Connections {
  readonly #byKey = new Map<string, IdleConnections>()

  for(key: string): IdleConnections {
    let connections = this.#byKey.get(key)
    if (connections === undefined) {
      connections = new IdleConnections()
      this.#byKey.set(key, connections)
    }
    return connections
  }

  async end(): Promise<void> {
    await Promise.all([...this.#byKey.values()].map((connections) => connections.end()))
  }
}

export class Scope {
  readonly #connections: Connections
  readonly #options: SandboxOptions
  readonly #sessions = new Map<string, Session>()
  #levels: number
  /** Ended scopes run nothing any more: those of a finished parallel call refuse, the main one leaves the sandbox. */
  ended: 'refuse' | 'leave' | undefined

  constructor(connections: Connections, options: SandboxOptions, levels = 0) {
    this.#connections = connections
    this.#options = options
    this.#levels = levels
  }

  /** The session for a connection key, made at its first use. */
  session(key: string): Session {
    let session = this.#sessions.get(key)
    if (session === undefined) {
      session = new Session(this.#connections.for(key), this.#levels, this.#options)
      this.#sessions.set(key, session)
    }
    return session
  }

  startLevel(): void {
    this.#levels += 1
    for (const session of this.#sessions.values()) session.startLevel()
  }

  async rollbackLevel(): Promise<void> {
    this.#levels = Math.max(0, this.#levels - 1)
    await settleAll([...this.#sessions.values()].map((session) => session.rollbackLevel()))
  }

  /** Undoes everything. The connections of a parallel scope become idle, those of the main line are closed. */
  async end(how: 'refuse' | 'leave'): Promise<void> {
    this.ended = how
    await settleAll([...this.#sessions].map(([key, session]) => this.#endSession(key, session)))
  }

  async #endSession(key: string, session: Session): Promise<void> {
    const pinned = await session.end()
    if (pinned === undefined) return
    await (this.ended === 'leave' ? pinned.end() : this.#connections.for(key).give(pinned))
  }
}

/** Waits for all, and only then rejects with the first error. */
async function settleAll(promises: readonly Promise<void>[]): Promise<void> {
  const results = await Promise.allSettled(promises)
  for (const result of results) if (result.status === 'rejected') throw result.reason
}
