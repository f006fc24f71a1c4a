/**
 * Finds out a unit that waits for a lock which another connection of the same test keeps until the test has ended.
 *
 * It is a deadlock that the server cannot see: of a parallel scope with the test that waits for it, or of two sessions
 * of one test, such as two users'. A lock of a parallel scope beside it is freed when that one ends. Of a lock of another
 * process a warning tells, once, as the test may reach its time limit first.
 */
import { Alarm } from '../clock/alarm.ts'
import { type Blocker, warnOfForeignLocks } from '../warnings.ts'
import type { IdleConnections } from '../server/idle-connections.ts'
import type { SandboxOptions } from '../options.ts'
import type { PinnedConnection } from '../server/pinned-connection.ts'
import { sqlOf } from '../exchange/unit.ts'
import type { Requester } from './requester.ts'
import type { Unit } from './unit.ts'

export class LockWatch {
  readonly #connections: IdleConnections
  readonly #options: SandboxOptions
  readonly #lockKeepers: () => readonly number[]
  readonly #alarm = new Alarm()
  /** Counts how often it was started or stopped. */
  #started = 0

  /** @param lockKeepers process ids of connections that are idle and keep their locks until the scope has ended */
  constructor(connections: IdleConnections, options: SandboxOptions, lockKeepers: () => readonly number[]) {
    this.#connections = connections
    this.#options = options
    this.#lockKeepers = lockKeepers
  }

  /** Looks from time to time, until stopped, whether the connection waits for one of the lock keepers. */
  start(pinned: PinnedConnection, unit: Unit, found: () => void, isFirst = true): void {
    this.#started += 1
    const started = this.#started
    this.#alarm.set(this.#options.outsideQueryTimeout, () => {
      if (this.#started === started) void this.#look(pinned, unit, found, isFirst)
    })
  }

  /** The alarm need not be lifted: it rings once at most, and nobody looks. */
  stop(): void {
    this.#started += 1
  }

  async #look(pinned: PinnedConnection, unit: Unit, found: () => void, isFirst: boolean): Promise<void> {
    const started = this.#started
    if (isFirst || this.#lockKeepers().length > 0) {
      const blockers = await this.#blockersOf(pinned.server.processId, unit.requester)
      if (this.#started !== started) return
      const keepers = this.#lockKeepers()
      if (blockers.some(({ processId }) => keepers.includes(processId))) found()
      else if (isFirst) this.#warn(unit, blockers)
    }
    // A statement in front of the unit may have been cancelled in its place.
    this.start(pinned, unit, found, false)
  }

  /** A lock of another scope here is freed when that one ends, and needs no word. */
  #warn(unit: Unit, blockers: readonly Blocker[]): void {
    const foreign = blockers.filter(({ processId }) => !this.#connections.isOurs(processId))
    if (foreign.length > 0) warnOfForeignLocks(sqlOf(unit), this.#options.outsideQueryTimeout, foreign)
  }

  async #blockersOf(processId: number, requester: Requester): Promise<Blocker[]> {
    const rows = await this.#connections.ask(requester, blockersQuery(processId))
    return rows.map(([id, application = null, state = null, query = null]) => ({
      processId: Number(id),
      application,
      state,
      query,
    }))
  }
}

function blockersQuery(processId: number): string {
  return (
    'SELECT blocker, application_name, state, query ' +
    `FROM pg_catalog.unnest(pg_catalog.pg_blocking_pids(${processId})) AS blocker ` +
    'LEFT JOIN pg_catalog.pg_stat_activity ON pid = blocker'
  )
}
