/**
 * Finds out a unit of a parallel scope that waits for a lock which the test outside holds.
 *
 * The test waits for the scope and the scope for the lock: a deadlock the server cannot see. Only then is there
 * something to say; a lock of another parallel scope is freed when that one ends.
 */
import { readRows } from '../protocol/rows.ts'
import type { IdleConnections } from './idle-connections.ts'
import type { SandboxOptions } from './options.ts'
import type { PinnedConnection } from './pinned-connection.ts'
import { clearTimeout, setTimeout } from './timers.ts'
import type { Requester } from './unit.ts'

export class LockWatch {
  readonly #connections: IdleConnections
  readonly #options: SandboxOptions
  readonly #holders: () => readonly number[]
  #timer: NodeJS.Timeout | undefined

  /** @param holders process ids of connections that hold locks until the scope has ended */
  constructor(connections: IdleConnections, options: SandboxOptions, holders: () => readonly number[]) {
    this.#connections = connections
    this.#options = options
    this.#holders = holders
  }

  /** Looks from time to time, until stopped, whether the connection waits for one of the holders. */
  start(pinned: PinnedConnection, requester: Requester, found: () => void): void {
    this.#timer = setTimeout(
      () => void this.#look(pinned, requester, found),
      this.#options.outsideQueryTimeout,
    )
  }

  stop(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
  }

  async #look(pinned: PinnedConnection, requester: Requester, found: () => void): Promise<void> {
    const timer = this.#timer
    const blockers = await this.#blockersOf(pinned.server.processId, requester)
    if (this.#timer !== timer) return
    const holders = this.#holders()
    if (blockers.some((processId) => holders.includes(processId))) found()
    else this.start(pinned, requester, found)
  }

  async #blockersOf(processId: number, requester: Requester): Promise<number[]> {
    const chunks: Buffer[] = []
    try {
      const asking = await this.#connections.take(requester)
      await asking.runOwn([`SELECT unnest(pg_catalog.pg_blocking_pids(${processId}))`], (bytes) =>
        chunks.push(bytes),
      )
      await this.#connections.give(asking)
    } catch {
      return [] // The server takes no further connection now; the next look may find more.
    }
    return readRows(Buffer.concat(chunks)).map(([id]) => Number(id))
  }
}
