/** The main line of a test, or one parallel call: its sessions, and how many levels it has open. */
import * as errors from '../errors.ts'
import type { Fields } from '../protocol/backend.ts'
import { IdleConnections } from './idle-connections.ts'
import { Notifications } from './notifications.ts'
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

/** What a query belongs to: called in this level, it must not run once the level has been rolled back. */
export class Level {
  readonly scope: Scope
  ended = false

  constructor(scope: Scope) {
    this.scope = scope
  }

  /** The error for a query of this level after its end. */
  ending(sql: string): Fields {
    return this.scope.isParallel ? errors.scopeEnded(sql) : errors.testEnded(sql)
  }
}

interface Surroundings {
  readonly connections: Connections
  readonly options: SandboxOptions
  readonly leftBehind: () => readonly Scope[]
}

export class Scope {
  /** Does it belong to a parallel call? */
  readonly isParallel: boolean
  readonly #connections: Connections
  readonly #options: SandboxOptions
  /** The level that waits for a parallel call. */
  readonly #startedIn: Level | undefined
  readonly #leftBehind: () => readonly Scope[]
  readonly #sessions = new Map<string, Session>()
  readonly #notifications = new Notifications()
  /** The first stands for what happens outside every level: undone before the next one begins. */
  #levels: Level[] = [new Level(this)]

  /**
   * @param startedIn the level that waits for this scope, when it belongs to a parallel call
   * @param leftBehind the scopes of parallel calls whose level has ended before them
   */
  constructor(
    { connections, options, leftBehind }: Surroundings,
    kind: 'main' | 'parallel',
    startedIn?: Level,
  ) {
    this.#connections = connections
    this.#options = options
    this.#leftBehind = leftBehind
    this.isParallel = kind === 'parallel'
    this.#startedIn = startedIn
  }

  /** Does its parallel call go on although the test that made it has ended? */
  get isLeftBehind(): boolean {
    return this.#startedIn?.ended === true
  }

  /** Connections that are idle here, or in the scopes that wait for this one, and keep their locks. */
  get #idle(): number[] {
    const own = [...this.#sessions.values()].flatMap(({ idleProcessId }) => idleProcessId ?? [])
    return this.#startedIn === undefined ? own : [...own, ...this.#startedIn.scope.#idle]
  }

  /** Connections whose locks are kept for as long as this scope may wait for them. */
  get #holders(): number[] {
    return [this, ...this.#leftBehind()].flatMap((scope) => scope.#idle)
  }

  /** The innermost level. */
  get level(): Level {
    return this.#levels.at(-1)!
  }

  get hasLevels(): boolean {
    return this.#levels.length > 1
  }

  /** The session for a connection key, made at its first use. */
  session(key: string): Session {
    let session = this.#sessions.get(key)
    if (session === undefined) {
      const holders = (): number[] => this.#holders
      const connections = this.#connections.for(key)
      session = new Session(connections, this.#levels.length - 1, this.#options, holders, this.#notifications)
      this.#sessions.set(key, session)
    }
    return session
  }

  startLevel(): void {
    if (this.#levels.length === 1) this.#renewBase()
    this.#levels.push(new Level(this))
    for (const session of this.#sessions.values()) session.levels.start()
  }

  async rollbackLevel(): Promise<void> {
    if (this.#levels.length === 1) this.#renewBase()
    else this.#levels.pop()!.ended = true
    await settleAll([...this.#sessions.values()].map((session) => session.levels.rollback()))
    this.#notifications.clear()
  }

  /** Has it ended? Nothing that belongs to it runs any more. */
  hasEnded = false

  /** Undoes everything. The connections of a parallel scope become idle, those of the main line are closed. */
  async end(): Promise<void> {
    this.hasEnded = true
    for (const level of this.#levels) level.ended = true
    await settleAll([...this.#sessions].map(([key, session]) => this.#endSession(key, session)))
  }

  #renewBase(): void {
    this.#levels[0]!.ended = true
    this.#levels = [new Level(this)]
  }

  async #endSession(key: string, session: Session): Promise<void> {
    const pinned = await session.levels.end()
    if (pinned === undefined) return
    await (this.isParallel ? this.#connections.for(key).give(pinned) : pinned.end())
  }
}

/** Waits for all, and only then rejects with the first error. */
export async function settleAll(promises: readonly Promise<void>[]): Promise<void> {
  const results = await Promise.allSettled(promises)
  for (const result of results) if (result.status === 'rejected') throw result.reason
}
