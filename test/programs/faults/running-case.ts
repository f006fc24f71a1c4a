/** A program with its faults while it runs: the file, the test, the next test, and the end of all of them. */
import { connectionOf } from './actions.ts'
import { Actor } from './actor.ts'
import { Injection, type Place } from './injection.ts'
import { Ledger } from './ledger.ts'
import { runNextTest } from './next-test.ts'
import { told } from './outcomes.ts'
import { pause } from './pause.ts'
import { type Case, givesUp, isStall, type Moment } from './program.ts'
import type { RunningTest } from './running-test.ts'
import { take } from './take-step.ts'

export class RunningCase {
  readonly #plan: Case
  readonly #test: RunningTest
  readonly #actors: readonly Actor[]
  readonly #injections: readonly Injection[]
  #finished: Promise<unknown> = Promise.resolve()

  constructor(plan: Case, test: RunningTest) {
    this.#plan = plan
    this.#test = test
    this.#actors = plan.program.actors.map(
      (actor) => new Actor(actor, test, actor.scope === 'main' ? test.ledger : new Ledger(1)),
    )
    this.#injections = plan.faults.map((fault) => new Injection(fault, test, this.#actors))
  }

  get hasHappened(): boolean {
    return this.#injections[0]?.hasHappened ?? false
  }

  async run(): Promise<void> {
    const { world } = this.#test
    await this.#settled('connect before', Promise.all(this.#actors.map((actor) => actor.connectBefore())))
    const rows = await this.#settled('the start of the file', this.#startFile())
    await this.#runTest()
    await this.#settled('the next test', this.#runNextTests(rows))
    await this.#reaching('close', () => this.#mustPass('close()', world.sandbox.close()))
    await this.#injected('close')
    world.proxy.disarm()
    world.proxy.endStalls()
    await this.#settled('the program after close()', this.#finished)
    await this.#injected()
    await this.#settled('the end of the clients', this.#leave())
  }

  /** Fails when `promise` is pending for too long. */
  #settled<Result>(label: string, promise: Promise<Result>): Promise<Result> {
    return this.#test.world.patience.for(promise, () => label)
  }

  async #startFile(): Promise<number> {
    await this.#test.startLevel()
    const { pool, ledger } = this.#test
    if (!this.#plan.program.fileWrites) return 0
    const row = ledger.take()
    await pool.query(`insert into ledger values (${row})`)
    ledger.acknowledge([row], ledger.epoch)
    return 1
  }

  async #runTest(): Promise<void> {
    const test = this.#test
    await test.startLevel()
    this.#finished = Promise.all(this.#actors.map((actor, index) => this.#act(actor, index)))
    const isGivenUp = await this.#waitForProgram()
    const isSilent = this.#plan.faults.some(({ action }) => isStall(action))
    if (isGivenUp) test.isStopped = true
    else await this.#injected()
    // Who asks over a silent network waits for ever, and would do so without a sandbox.
    if (!isGivenUp && !isSilent) await this.#settled('the comparison of rows', test.verify(test.ledger))
    await this.#reaching('rollback', () => this.#rollbackAll())
    await this.#injected('rollback')
    await Promise.all(this.#injections.map(({ begun }) => begun))
    test.world.proxy.disarm()
    if (test.isStopped) for (const client of test.clients) connectionOf(client).stream.destroy()
    // In a stall a client may wait for its connection, but not after close().
    if (!isSilent) await this.#settled('the program after rollback()', this.#finished)
    await this.#injected()
    // The end of a connection that nobody was using has to be noticed: like pg, the sandbox tells of it otherwise.
    await pause(20)
  }

  /** Until the program has ended, or has been given up. */
  async #waitForProgram(): Promise<boolean> {
    const givingUp = this.#injections.filter(({ fault }) => givesUp(fault))
    if (givingUp.length === 0) {
      await this.#settled('the program', this.#finished)
      return false
    }
    const happened = Promise.race(givingUp.map((injection) => injection.happened))
    await Promise.race([this.#finished, happened.then(() => pause(100))])
    return givingUp.some(({ hasHappened }) => hasHappened)
  }

  async #act(actor: Actor, index: number): Promise<void> {
    const { scope, steps, through } = actor.plan
    const work = async (): Promise<void> => {
      for (const [number, step] of steps.entries()) {
        if (this.#test.isStopped) break
        await this.#reaching({ actor: index, step: number }, () => take(step, actor))
      }
      if (scope === 'parallel') await this.#test.verify(actor.ledger)
      if (through === 'pooled' || index % 2 === 1) await actor.leave()
    }
    if (scope === 'main') await work()
    else await this.#test.promises.track('parallel()', () => this.#test.world.sandbox.parallel(work))
  }

  async #reaching(place: Place, work: () => Promise<unknown>): Promise<void> {
    for (const injection of this.#injections) injection.reach(place, 'before')
    const worked = work()
    for (const injection of this.#injections) injection.reach(place, 'begun')
    await worked
  }

  /** Until nothing more comes of the faults: of all, or of those at one place. */
  #injected(at?: Moment['at']): Promise<unknown> {
    const injections = this.#injections.filter(({ fault }) => at === undefined || fault.when.at === at)
    return this.#settled('a fault', Promise.all(injections.map(({ done }) => done)))
  }

  async #rollbackAll(): Promise<void> {
    while (this.#test.levels > 1) await this.#mustPass('rollback()', this.#rollback())
  }

  async #rollback(): Promise<void> {
    const outcome = await this.#test.rollbackLevel()
    if ('error' in outcome) throw outcome.error
  }

  /** What the file has written for all its tests may be lost with the connection, but nothing else. */
  async #runNextTests(rows: number): Promise<void> {
    const test = this.#test
    if (test.world.isPlain) return
    const isClosed = this.#injections.some(
      ({ fault, hasHappened }) => fault.action.kind === 'closeMidway' && hasHappened,
    )
    if (rows > 0 && !isClosed) {
      await this.#runNextTest(rows, ['PG_SANDBOX_CONNECTION_LOST'])
      await this.#mustPass('rollback() of the file', test.world.sandbox.rollback())
    }
    await this.#runNextTest(0, [])
  }

  async #runNextTest(rows: number, allowed: readonly string[]): Promise<void> {
    try {
      await runNextTest(this.#test, rows)
    } catch (error) {
      const code = (error as { code?: string }).code ?? ''
      if (!allowed.includes(code)) this.#test.findings.push(`the next test has failed: ${told(error)}`)
    }
  }

  /** The pool works outside the sandbox, and ends. */
  async #leave(): Promise<void> {
    const test = this.#test
    for (const actor of this.#actors) await actor.leave()
    for (const client of test.clients) await test.promises.track('client.end()', () => client.end())
    if (test.isPoolEnded) return
    if (!test.world.isPlain)
      await test.pool.query('select 1').catch((error: unknown) => {
        test.findings.push(`the pool does not work after close(): ${told(error)}`)
      })
    await test.endPool()
  }

  /** Settles, and rejects with nothing but an error of the sandbox. */
  async #mustPass(label: string, promise: Promise<void>): Promise<void> {
    const rejected = promise.then(
      () => undefined,
      (error: unknown) => ({ error }),
    )
    const outcome = await this.#settled(label, rejected)
    if (outcome !== undefined && (outcome.error as Error | undefined)?.name !== 'SandboxError')
      this.#test.findings.push(`${label} has rejected with ${told(outcome.error)}`)
  }
}
