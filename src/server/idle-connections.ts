/**
 * Real connections that no session uses, and the logins that the server has accepted, for one connection key. LazyConnection
 * takes them here, and a parallel scope gives them back at its end; without them each scope would log in anew.
 */
import { readRows } from '../protocol/rows.ts'
import type { SandboxOptions } from '../options.ts'
import type { Opener } from './server-connection.ts'
import { PinnedConnection } from './pinned-connection.ts'
import { lookUpSchema, type Schema, withSequences } from './look-up-schema.ts'
import { limit, within } from '../clock/clock.ts'
import { Wire } from './wire.ts'

/** Milliseconds that the server has to clear what a session has left, or to answer a question. */
const ANSWER_LIMIT = 2000

/** Enough for scopes that follow each other; more are closed when they come back. */
const KEPT = 8

export class IdleConnections {
  readonly #idle: PinnedConnection[] = []
  readonly #verified = new Set<string>()
  readonly #options: SandboxOptions
  readonly #processIds: Set<number>
  /** Questions that the server has not answered yet. */
  readonly #asked = new Set<Promise<unknown>>()
  #schema: Schema | undefined
  /** How often the idle connections have been closed: one that was taken before is closed when it comes back. */
  #ends = 0
  readonly #takenAt = new WeakMap<PinnedConnection, number>()

  /** @param processIds of the connections to all servers that have been opened here; it adds its own */
  constructor(options: SandboxOptions, processIds: Set<number>) {
    this.#options = options
    this.#processIds = processIds
  }

  /** Has a process of the server been opened here, by whatever scope or user? */
  isOurs(processId: number): boolean {
    return this.#processIds.has(processId)
  }

  /** An idle connection, or a new one with the opener's login. */
  async take(opener: Opener): Promise<PinnedConnection> {
    const ends = this.#ends
    const pinned = await this.#take(opener)
    this.#takenAt.set(pinned, ends)
    return pinned
  }

  async #take(opener: Opener): Promise<PinnedConnection> {
    const idle = this.#idle.pop()
    if (idle?.isClosed === false) {
      idle.events = undefined
      return idle
    }
    const pinned = new PinnedConnection(await opener.openServer())
    this.#processIds.add(pinned.server.processId)
    this.#verified.add(opener.login)
    await prepareConnection(pinned)
    const known = this.#schema ?? (await lookUpSchema(pinned))
    const schema = await withSequences(pinned, known, this.#options)
    if (pinned.isClosed) throw pinned.closing
    this.#schema = schema
    pinned.schema = schema
    return pinned
  }

  /** Rejects as the server does when it refuses the opener's login. */
  async verify(opener: Opener): Promise<void> {
    if (this.#verified.has(opener.login)) return
    const probe = new Wire(await opener.openServer())
    this.#verified.add(opener.login)
    await probe.end()
  }

  /** Takes back a connection with no transaction open, and clears what its session left: settings, locks, statements. */
  async give(pinned: PinnedConnection): Promise<void> {
    if (this.#isSuperfluous(pinned)) return pinned.end()
    pinned.known.clear()
    pinned.events = undefined
    // A network that has gone silent would never answer.
    const lift = limit(ANSWER_LIMIT, () => pinned.destroy())
    const cleared = await pinned.runStatements(['DISCARD ALL'])
    lift()
    if (cleared === undefined || cleared.failed) return pinned.end()
    await prepareConnection(pinned)
    if (this.#isSuperfluous(pinned)) return pinned.end()
    pinned.events = { lost: () => this.#forget(pinned), prefixError: () => {} }
    this.#idle.push(pinned)
  }

  /** Asks the server something beside the sessions; gives no rows where it takes no further connection now. */
  ask(opener: Opener, sql: string): Promise<(string | null)[][]> {
    const rows = this.#ask(opener, sql)
      .catch(() => [])
      .finally(() => this.#asked.delete(rows))
    this.#asked.add(rows)
    return rows
  }

  async #ask(opener: Opener, sql: string): Promise<(string | null)[][]> {
    const chunks: Buffer[] = []
    const pinned = await this.take(opener)
    const lift = limit(ANSWER_LIMIT, () => pinned.destroy())
    await pinned.runStatements([sql], (bytes) => chunks.push(bytes))
    lift()
    await this.give(pinned)
    return readRows(Buffer.concat(chunks))
  }

  #isSuperfluous(pinned: PinnedConnection): boolean {
    return this.#idle.length >= KEPT || this.#takenAt.get(pinned) !== this.#ends
  }

  /** Closes the idle connections, and waits for those on which a question is being asked: each closes its own. */
  async end(): Promise<void> {
    this.#ends += 1
    this.#schema = undefined
    this.#verified.clear()
    await Promise.all([...this.#idle.splice(0).map((pinned) => pinned.end()), this.#answers()])
  }

  async #answers(): Promise<void> {
    if (this.#asked.size === 0) return
    const late = (): Error => new Error('no answer')
    await within(ANSWER_LIMIT, Promise.all(this.#asked), late).catch(() => {})
  }

  #forget(pinned: PinnedConnection): void {
    const index = this.#idle.indexOf(pinned)
    if (index !== -1) this.#idle.splice(index, 1)
  }
}

/**
 * A test may think while its transaction is open: what limits that would end the connection. The same question tells whether
 * the session is the one that was logged in to, with the options of the login: a pooler may have refused or ignored those,
 * and its sessions are not ours to change.
 */
async function prepareConnection(pinned: PinnedConnection): Promise<void> {
  const chunks: Buffer[] = []
  const isOurs = `pg_catalog.pg_backend_pid() = ${pinned.server.processId}`
  const limits = "('idle_session_timeout', 'transaction_timeout')"
  await pinned.runStatements(
    [
      `SELECT ${isOurs} AND pg_catalog.current_setting('default_transaction_read_only') = 'on', (
        SELECT pg_catalog.count(pg_catalog.set_config(name, '0', false)) FROM pg_catalog.pg_settings
        WHERE name IN ${limits} AND ${isOurs})`,
    ],
    (bytes) => chunks.push(bytes),
  )
  const [[isPinned] = ['f']] = readRows(Buffer.concat(chunks))
  pinned.isPooled = isPinned !== 't'
}
