/**
 * What the hooks of a block still call once one of them has closed the sandbox: it runs in a last level, which is rolled back when
 * nothing has been called for a while, or the block has ended.
 *
 * The sandbox makes one when a hook closes it. Without it a file's own afterAll, which runs after that of the sandbox, would
 * be committed, or would have to be refused.
 */
import { Alarm } from '../clock/alarm.ts'
import type { Block } from './runner-block.ts'
import type { Scope } from './scope.ts'

/** Milliseconds after the last call: hooks follow each other at once, and other test processes wait for what is locked here. */
const QUIET = 500

interface Surroundings {
  readonly open: () => Scope
  /** Called when a scope has ended. */
  readonly closed: () => Promise<void>
}

export class BehindClose {
  readonly #block: Block
  readonly #surroundings: Surroundings
  readonly #alarm = new Alarm()
  #scope: Scope | undefined

  constructor(block: Block, surroundings: Surroundings) {
    this.#block = block
    this.#surroundings = surroundings
  }

  /** The scope for what is called now; undefined after the block. */
  get scope(): Scope | undefined {
    if (!this.#block.isPresent()) return undefined
    this.#scope ??= this.#surroundings.open()
    this.#watch()
    return this.#scope
  }

  /** Undoes what was called so far. More may come. */
  async end(): Promise<void> {
    if (this.#scope === undefined) return
    await this.leave()
    await this.#surroundings.closed()
  }

  /** The same, when others still use the connections that are idle. */
  async leave(): Promise<void> {
    const scope = this.#scope
    this.#scope = undefined
    this.#alarm.lift()
    await scope?.end()
  }

  #watch(): void {
    this.#alarm.set(QUIET, () => {
      if (this.#scope?.isBusy) return this.#watch()
      // Nobody else waits for it.
      this.end().catch((error: Error) => process.emitWarning(error))
    })
  }
}
