/** Levels of one session: opened and undone in the same line as the units, so that the order is that of the calls. */
import * as errors from '../errors.ts'
import type { LevelEnd } from './scope-session.ts'
import type { Line } from './waiting-line.ts'
import type { LazyConnection } from '../server/lazy-connection.ts'
import type { SandboxOptions } from '../options.ts'
import type { Ownership } from './ownership.ts'
import type { PinnedConnection } from '../server/pinned-connection.ts'
import type { RealTransaction } from './real-transaction.ts'
import { rollbackLevel, startLevel } from '../exchange/resting-states.ts'
import { cancelThenClose } from '../clock/clock.ts'
import { restored } from '../transaction/belongings.ts'
import * as levels from '../transaction/levels.ts'
import type { Step } from '../transaction/state.ts'
import type { Requester } from './requester.ts'
import { refuseUnit } from './refused-unit.ts'
import type { UnitRunner } from './unit-runner.ts'

/** The session, as far as its levels take turns in it. */
interface Turns {
  /** The real connection, while it runs a unit of this client. */
  serving(requester: Requester): PinnedConnection | undefined
  /** Runs what is next in line, if it may. */
  next(): void
}

interface Parts {
  readonly line: Line
  readonly link: LazyConnection
  readonly options: SandboxOptions
  readonly ownership: Ownership
  readonly runner: UnitRunner
  readonly transaction: RealTransaction
}

export class SessionLevels {
  readonly #session: Turns
  readonly #parts: Parts
  /** How many levels are open, with those that wait in line for being opened. */
  opened: number

  constructor(session: Turns, parts: Parts, opened: number) {
    this.#session = session
    this.#parts = parts
    this.opened = opened
  }

  /** Has a client written anything in the session? */
  get hasWritten(): boolean {
    return this.#parts.transaction.hasWritten
  }

  /** Opens a level; at once when nobody is in line. */
  start(): void {
    this.opened += 1
    this.#parts.line.push({ take: () => this.#start() })
    this.#session.next()
  }

  /**
   * Undoes the innermost level once the running unit has ended. Units that still wait are refused.
   *
   * @param end the test that ends with the level
   */
  rollback({ test }: Pick<LevelEnd, 'test'>): Promise<void> {
    const { line, options, ownership, transaction: real } = this.#parts
    const { owner } = ownership
    this.opened = Math.max(0, this.opened - 1)
    // A transaction that nobody was using is only forgotten; one with a query under way will go on, and must not.
    const goesOn =
      owner !== undefined && (this.#session.serving(owner) !== undefined || line.hasUnitOf(owner))
    return this.#inTurn(test, () => {
      const step = rollbackLevel(real.state)
      this.#forgetOwner(step, goesOn)
      return real.applyAhead(step, 2 * options.rollbackTimeout)
    })
  }

  /** Undoes everything and gives the connection away; undefined when there is none. */
  async end({ test }: Pick<LevelEnd, 'test'>): Promise<PinnedConnection | undefined> {
    const { link, runner, transaction: real } = this.#parts
    this.opened = 0
    runner.abandon(test)
    try {
      await this.#inTurn(test, async () => {
        await link.pinned?.caughtUp()
        await this.#apply(levels.rollbackAll(real.state), true)
      })
    } catch (error) {
      await link.release()?.end()
      throw error
    }
    return link.release()
  }

  #start(): Promise<void> | undefined {
    const { transaction: real } = this.#parts
    // What was written outside every level belongs to nobody: a new level begins without it.
    const undone = real.state.levels === 0 ? this.#apply(levels.rollbackAll(real.state), false) : undefined
    const start = (): void => {
      real.moveTo(startLevel(real.state))
    }
    if (undone !== undefined) return undone.then(start)
    start()
    return undefined
  }

  /** Waits for the session, with a limit for the unit that is running; those behind it are refused. */
  async #inTurn(test: string | undefined, work: () => Promise<void> | undefined): Promise<void> {
    const { line, link, options, transaction: real } = this.#parts
    for (const unit of line.removeUnits()) refuseUnit(unit, (sql) => errors.testEnded(sql, test))
    link.limitOpening(2 * options.rollbackTimeout)
    const waiting = this.#queue(work)
    if (waiting !== undefined) await waiting.finally(this.#limitRunning())
    const failure = real.takeFailure()
    if (failure !== undefined) throw failure
  }

  /**
   * After `rollbackTimeout` what runs is stopped: the server is asked to cancel it, and told that no more rows come where
   * it reads them. After as long again the connection is closed, or no longer waited for where it is still being opened.
   */
  #limitRunning(): () => void {
    const { link, options } = this.#parts
    return cancelThenClose(options.rollbackTimeout, {
      cancel: () => link.pinned?.stop(),
      close: () => link.giveUp(),
    })
  }

  /** Does the work when the session is free; undefined where it was, and the work is done. */
  #queue(work: () => Promise<void> | undefined): Promise<void> | undefined {
    const { line, link } = this.#parts
    let isDone = false
    const worked = new Promise<void>((resolve, reject) => {
      const take = (): Promise<void> | undefined => {
        const working = work()
        isDone = working === undefined
        if (working === undefined) resolve()
        else working.then(resolve, reject)
        return working
      }
      line.push({ take })
      link.pinned?.resume()
      this.#session.next()
    })
    return isDone ? undefined : worked
  }

  /** Applies a step of the sandbox, and forgets the owner whose block it has ended. */
  #apply(step: Step, goesOn: boolean): Promise<void> | undefined {
    this.#forgetOwner(step, goesOn)
    return this.#parts.transaction.apply(step)
  }

  #forgetOwner(step: Step, goesOn: boolean): void {
    const { ownership, transaction: real } = this.#parts
    const { owner } = ownership
    const open = real.state.block ?? real.state.region
    if (step.state.block === undefined && owner !== undefined) {
      if (open !== undefined) owner.belongings = restored(owner.belongings, open.client)
      owner.cutOff = goesOn ? { error: errors.transactionEnded, status: 'E' } : undefined
      ownership.owner = undefined
    }
  }
}
