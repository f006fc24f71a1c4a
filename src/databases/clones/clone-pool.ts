/**
 * Clones of one database, made ahead in the background.
 *
 * The room is where copies for single tests come from. Kinds, snapshots and the private databases of the sandbox take their
 * clones from a pool; nobody else copies a template for a test. Without the room, each test would wait for its copy, and
 * nobody would drop the copies.
 */
import { now } from '../../clock/clock.ts'
import { settleAll } from '../../settle-all.ts'
import { poolEnded } from '../errors.ts'
import type { CopyStrategy } from '../naming/mark.ts'
import type { ReleaseServer } from '../server/admin-connection.ts'
import { nextToTry, strategiesOf } from '../server/copy-strategy.ts'
import type { Server } from '../server/server.ts'
import { sweepOnce } from '../templates/sweep.ts'
import type { Template } from '../templates/template.ts'
import { type Clone, createClone, keepClone } from './clone.ts'

export interface ClonePoolOptions {
  /** How many are made ahead. Default: 2. */
  readonly ahead?: number | undefined
  /** How they are copied. Default: as the template says, else the faster of the ways in which the first are copied. */
  readonly strategy?: CopyStrategy | undefined
  /** Stands at the end of their names, for a person who looks at them. Default: nothing. */
  readonly suffix?: string | undefined
}

export interface ReleaseOptions {
  /** Is it kept for a person to look at? Its name and how to open it are printed. Default: no. */
  readonly keep?: boolean | undefined
  /** The name of the test that used it, for what is printed. Default: it is not named. */
  readonly test?: string | undefined
}

/**
 * Copies of a database in which tests can commit.
 *
 * A clone begins ahead of its test: `fill()`, and each `take()`, have as many made as the pool keeps ready, one after
 * another, each under a name that says which project, run and worker it belongs to. While the pool lives, the lock of the
 * run says that its clones are not to be swept.
 *
 * `take()` hands a clone to one test, and to no other after it. If making one fails, only the `take()` that waits for it
 * throws, and the next one tries again. The test may commit, change the schema, and leave sessions open.
 *
 * `release()` drops the clone in the background, with the sessions in it. With `keep`, as for a failed test, the clone stays
 * for a day, and the command that opens the clone is printed. `end()` drops what is left. If the process is killed before
 * `end()`, the lock of the run goes with it, and the sweep of a later run drops the clones.
 *
 * @example
 * const pool = new ClonePool(server, await ensureTemplate(server, recipe))
 * const clone = await pool.take()
 * const client = new Client({ connectionString: clone.url })
 * …
 * pool.release(clone)
 * await pool.end()
 */
export class ClonePool {
  readonly #server: Server
  readonly #from: Template | string
  readonly #ahead: number
  readonly #strategy: CopyStrategy | undefined
  readonly #suffix: string | undefined
  /** How long copies of a database that is no template have taken. */
  readonly #times = new Map<CopyStrategy, number>()
  /** Clones that are made ahead, in the order in which they are made. */
  readonly #made: Promise<Clone>[] = []
  /** The end of the clone before: one is made after another, so that the first is not the slower for the others. */
  #last: Promise<unknown> = Promise.resolve()
  /** The clones that are on the server, ready or taken. */
  readonly #clones = new Set<Clone>()
  /** What goes on in the background, or what it has failed with. */
  readonly #works = new Set<Promise<unknown>>()
  /** Lets the server's connection close, which is kept open from the first clone on. */
  #releaseServer: ReleaseServer | undefined
  #ending: Promise<void> | undefined

  /** @param from a template, or the name of a database in which no session is open while clones are made */
  constructor(server: Server, from: Template | string, options: ClonePoolOptions = {}) {
    const { ahead = 2, strategy, suffix } = options
    this.#server = server
    this.#from = from
    this.#ahead = ahead
    this.#suffix = suffix
    this.#strategy = strategy ?? (typeof from === 'string' ? undefined : from.strategy)
  }

  /** Begins to make clones ahead, so that the first `take()` need not wait. */
  fill(): void {
    while (this.#ending === undefined && this.#made.length < this.#ahead) this.#makeAhead()
  }

  /**
   * A clone that nobody has used: one that is ready, else the next to become ready.
   *
   * @throws {SandboxError} `PG_SANDBOX_NO_CREATEDB`; `PG_SANDBOX_DATABASE_IN_USE`; `PG_SANDBOX_TEST_ENDED` after `end()`
   */
  async take(): Promise<Clone> {
    if (this.#ending !== undefined) throw poolEnded()
    const making = this.#made.shift() ?? this.#make()
    this.fill()
    return making
  }

  /** Drops a clone in the background, also when sessions are open in it. Twice does no harm. */
  release(clone: Clone, { keep = false, test }: ReleaseOptions = {}): void {
    if (!this.#clones.delete(clone)) return
    this.#note(keep ? keepClone(this.#server, clone, test) : this.#server.dropDatabase(clone.name))
  }

  /**
   * Waits for what goes on in the background, and drops the clones that are ready or were not given back. Twice does no
   * harm.
   *
   * @throws what has kept a clone from being dropped
   */
  end(): Promise<void> {
    this.#ending ??= this.#end()
    return this.#ending
  }

  #makeAhead(): void {
    const making = this.#make()
    this.#made.push(making)
    making.catch(() => {
      // Whoever asks next finds out whether it fails still.
      const index = this.#made.indexOf(making)
      if (index !== -1) void this.#made.splice(index, 1)
    })
  }

  #make(): Promise<Clone> {
    this.#releaseServer ??= this.#server.keepOpen()
    const making = this.#last.then(() => this.#create())
    const over = making.then(
      () => {},
      () => {},
    )
    this.#last = over
    this.#note(over)
    return making
  }

  async #create(): Promise<Clone> {
    const server = this.#server
    await sweepOnce(server)
    const strategy = await this.#chooseStrategy()
    const start = now()
    const clone = await createClone(server, this.#from, { strategy, suffix: this.#suffix })
    if (strategy !== undefined) this.#times.set(strategy, now() - start)
    this.#clones.add(clone)
    return clone
  }

  async #chooseStrategy(): Promise<CopyStrategy | undefined> {
    if (this.#strategy !== undefined || typeof this.#from !== 'string') return this.#strategy
    // CLONE fails on many file systems, and nobody's test is to fail for a trial.
    const strategies = strategiesOf(await this.#server.version()).filter((strategy) => strategy !== 'CLONE')
    return nextToTry(strategies, this.#times)
  }

  #note(work: Promise<unknown>): void {
    this.#works.add(work)
    // What has failed stays, for end() to tell.
    work.then(
      () => this.#works.delete(work),
      () => {},
    )
  }

  async #end(): Promise<void> {
    await Promise.allSettled(this.#works)
    for (const clone of this.#clones) this.release(clone)
    try {
      await settleAll([...this.#works])
    } finally {
      await this.#releaseServer?.()
    }
  }
}
