/** What all parts of the package share in one realm: the only global slot. */
import { AsyncLocalStorage } from 'node:async_hooks'
import { DEFAULT_OPTIONS, type SandboxOptions } from './options.ts'
import { Connections, type Level, Scope, settleAll } from './scope.ts'

export class Sandbox {
  readonly options: SandboxOptions = { ...DEFAULT_OPTIONS }
  readonly connections: Connections = new Connections()
  /** The parallel call inside which something is called. */
  readonly #parallel = new AsyncLocalStorage<Level>()
  readonly #parallelScopes = new Set<Scope>()
  #main: Scope | undefined
  /** The level for what is called inside a callback that belongs to a level, while it runs. */
  #bound: Level | undefined

  /** The level of what is called now, maybe one that has ended; undefined outside the sandbox. */
  get level(): Level | undefined {
    if (this.#bound?.ended) return this.#bound
    const given = this.#bound ?? this.#parallel.getStore()
    if (given === undefined) return this.#main?.level
    return given.scope.hasEnded ? given : given.scope.level
  }

  get isOpen(): boolean {
    return this.#main !== undefined || this.#parallelScopes.size > 0
  }

  /** Does the main line have a level open? */
  get hasLevels(): boolean {
    return this.#main?.hasLevels ?? false
  }

  /** Opens a level of the present scope, and the sandbox with the first. */
  startLevel(): void {
    const scope = this.#parallelScope ?? (this.#main ??= this.#newScope('main'))
    scope.startLevel()
  }

  async rollbackLevel(): Promise<void> {
    await (this.#parallelScope ?? this.#main)?.rollbackLevel()
  }

  /** Runs `work` in a scope of its own, which is undone when it settles. */
  async parallel<Result>(work: () => Result | PromiseLike<Result>): Promise<Result> {
    const scope = this.#newScope('parallel', (this.#parallelScope ?? this.#main)?.level)
    scope.startLevel()
    this.#parallelScopes.add(scope)
    try {
      return await this.#parallel.run(scope.level, work)
    } finally {
      if (this.#parallelScopes.delete(scope)) await scope.end()
    }
  }

  /** Runs `work` so that what it calls belongs to `level`. */
  runIn<Result>(level: Level | undefined, work: () => Result): Result {
    if (level === undefined) return work()
    const outer = this.#bound
    this.#bound = level
    try {
      return this.#inContext(level, work)
    } finally {
      this.#bound = outer
    }
  }

  /** Undoes everything and closes the real connections. Whatever is called from now on is outside. */
  async close(): Promise<void> {
    const scopes = [...this.#parallelScopes]
    if (this.#main !== undefined) scopes.push(this.#main)
    this.#parallelScopes.clear()
    this.#main = undefined
    try {
      await settleAll(scopes.map((scope) => scope.end()))
    } finally {
      await this.connections.end()
    }
  }

  #newScope(kind: 'main' | 'parallel', startedIn?: Level): Scope {
    const { connections, options } = this
    const leftBehind = (): Scope[] => [...this.#parallelScopes].filter((scope) => scope.isLeftBehind)
    return new Scope({ connections, options, leftBehind }, kind, startedIn)
  }

  get #parallelScope(): Scope | undefined {
    const scope = this.#parallel.getStore()?.scope
    return scope !== undefined && this.#parallelScopes.has(scope) ? scope : undefined
  }

  /** What `work` goes on with later belongs to the parallel scope, too. */
  #inContext<Result>({ scope }: Level, work: () => Result): Result {
    const present = this.#parallel.getStore()
    const wanted = this.#parallelScopes.has(scope) ? scope.level : undefined
    if (wanted?.scope === present?.scope) return work()
    return wanted === undefined ? this.#parallel.exit(work) : this.#parallel.run(wanted, work)
  }
}

const SLOT = Symbol.for('pg-sandbox.1')

/** One per realm, also when the package is loaded twice. */
export function sandbox(): Sandbox {
  const realm = globalThis as { [SLOT]?: Sandbox }
  realm[SLOT] ??= new Sandbox()
  return realm[SLOT]
}
