/**
 * Finds out a unit that waits for a lock which another connection of the same test holds until the test has ended.
 *
 * It is a deadlock that the server cannot see: of a parallel scope with the test that waits for it, or of two sessions
 * of one test, such as two users'. Only then is there something to say; a lock of a parallel scope beside it is freed
 * when that one ends.
 */
import { readRows } from '../protocol/rows.ts'
import { Alarm } from './alarm.ts'
import type { IdleConnections } from './idle-connections.ts'
import type { SandboxOptions } from './options.ts'
import type { PinnedConnection } from './pinned-connection.ts'
import type { Requester } from './unit.ts'

export class LockWatch {
  readonly #connections: IdleConnections
  readonly #options: SandboxOptions
  readonly #holders: () => readonly number[]
  readonly #alarm = new Alarm()
  /** Counts how often it was started or stopped. */
  #started = 0

  /** @param holders process ids of connections that are idle and keep their locks until the scope has ended */
  constructor(connections: IdleConnections, options: SandboxOptions, holders: () => readonly number[]) {
    this.#connections = connections
    this.#options = options
    this.#holders = holders
  }

  /** Looks from time to time, until stopped, whether the connection waits for one of the holders. */
  start(pinned: PinnedConnection, requester: Requester, found: () => void): void {
    this.#started += 1
    this.#alarm.set(this.#options.outsideQueryTimeout, () => void this.#look(pinned, requester, found))
  }

  stop(): void {
    this.#started += 1
    this.#alarm.lift()
  }

  async #look(pinned: PinnedConnection, requester: Requester, found: () => void): Promise<void> {
    const started = this.#started
    if (this.#holders().length === 0) return this.start(pinned, requester, found)
    const blockers = await this.#blockersOf(pinned.server.processId, requester)
    if (this.#started !== started) return
    const holders = this.#holders()
    if (blockers.some((processId) => holders.includes(processId))) found()
    // A statement in front of the unit may have been cancelled in its place.
    this.start(pinned, requester, found)
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
