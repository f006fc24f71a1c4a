/** What all parts of the package share in one realm: the only global slot. */
import { AsyncLocalStorage } from 'node:async_hooks'
import { DEFAULT_OPTIONS, type SandboxOptions } from './options.ts'
import { Connections, Scope } from './scope.ts'

export class Sandbox {
  readonly options: SandboxOptions = { ...DEFAULT_OPTIONS }
  readonly connections: Connections = new Connections()
  /** The scope of a parallel call, for what is called inside it. */
  readonly #parallel = new AsyncLocalStorage<Scope>()
  readonly #parallelScopes = new Set<Scope>()
  #main: Scope | undefined

  /** The scope of what is called now; undefined outside the sandbox. */
  get scope(): Scope | undefined {
    return this.#parallel.getStore() ?? this.#main
  }

  /** Opens a level of the present scope, and the sandbox with the first. */
  startLevel(): void {
    this.#main ??= new Scope(this.connections, this.options)
    this.scope!.startLevel()
  }

  async rollbackLevel(): Promise<void> {
    await this.scope?.rollbackLevel()
  }

  /** Runs `work` in a scope of its own, which is undone when it settles. */
  async parallel<Result>(work: () => Result | PromiseLike<Result>): Promise<Result> {
    const scope = new Scope(this.connections, this.options, 1)
    this.#parallelScopes.add(scope)
    try {
      return await this.#parallel.run(scope, work)
    } finally {
      this.#parallelScopes.delete(scope)
      if (scope.ended === undefined) await scope.end('refuse')
    }
  }

  /** Runs `work` so that what it calls belongs to `scope`. */
  runIn<Result>(scope: Scope | undefined, work: () => Result): Result {
    const present = this.#parallel.getStore()
    const wanted = scope !== undefined && this.#parallelScopes.has(scope) ? scope : undefined
    if (wanted === present) return work()
    return wanted === undefined ? this.#parallel.exit(work) : this.#parallel.run(wanted, work)
  }

  /** Undoes everything and closes the real connections. Whatever is called from now on is outside. */
  async close(): Promise<void> {
    const main = this.#main
    this.#main = undefined
    const scopes = [...this.#parallelScopes]
    try {
      await Promise.all([main?.end('leave'), ...scopes.map((scope) => scope.end('refuse'))])
    } finally {
      await this.connections.end()
    }
  }
}

const SLOT = Symbol.for('pg-sandbox.1')

/** One per realm, also when the package is loaded twice. */
export function sandbox(): Sandbox {
  const realm = globalThis as { [SLOT]?: Sandbox }
  realm[SLOT] ??= new Sandbox()
  return realm[SLOT]
}
