/** Brings a fault about when its moment has come. */
import { AsyncResource } from 'node:async_hooks'
import { act } from './actions.ts'
import type { Actor } from './actor.ts'
import { pause } from './pause.ts'
import type { Fault, Moment } from './program.ts'
import type { RunningTest } from './running-test.ts'

/** Where the program is: at a step of an actor, or at its end. */
export type Place = Exclude<Moment, { at: 'step' }>['at'] | { readonly actor: number; readonly step: number }

export class Injection {
  readonly fault: Fault
  readonly #test: RunningTest
  readonly #actors: readonly Actor[]
  /** The test itself, outside of its parallel calls. */
  readonly #main = new AsyncResource('Injection')
  #isReached = false
  #happen = (): void => {}
  /** Settles when the fault has really happened: a connection may never carry the byte at which it is to be cut. */
  readonly happened: Promise<void> = new Promise((resolve) => {
    this.#happen = resolve
  })
  hasHappened = false
  /** Settles when it waits for its moment no longer. */
  begun: Promise<void> = Promise.resolve()
  /** Settles when nothing more comes of it. */
  done: Promise<void> = Promise.resolve()

  constructor(fault: Fault, test: RunningTest, actors: readonly Actor[]) {
    this.fault = fault
    this.#test = test
    this.#actors = actors
  }

  /** What is about to be done, or has just begun. */
  reach(place: Place, phase: 'before' | 'begun'): void {
    const { delay } = this.fault.when
    if (this.#isReached || (delay === 'before') !== (phase === 'before') || !this.#isAt(place)) return
    this.#isReached = true
    this.begun = delay === 'before' || delay === 0 ? Promise.resolve() : pause(delay)
    this.done = this.#inject()
  }

  #isAt(place: Place): boolean {
    const { when } = this.fault
    if (when.at !== 'step' || typeof place === 'string') return when.at === place
    const actor = when.actor % this.#actors.length
    const steps = this.#actors[actor]?.plan.steps.length ?? 1
    return place.actor === actor && place.step === when.step % steps
  }

  async #inject(): Promise<void> {
    const { action, when } = this.fault
    if (typeof when.delay === 'number' && when.delay > 0) await this.begun
    const { proxy } = this.#test.world
    // pg-pool forgets who waits for an idle client when it is ended in the same turn.
    if (action.kind === 'poolEnd') await pause(0)
    if (action.kind === 'cutFromClient' || action.kind === 'cutFromServer') {
      const direction = action.kind === 'cutFromClient' ? 'fromClient' : 'fromServer'
      void proxy.arm(direction, action.bytes, action.manner).then(() => this.#tell())
    } else if (action.kind === 'refused') void proxy.refuse(action.times).then(() => this.#tell())
    else {
      this.#tell()
      await this.#main.runInAsyncScope(() => act(action, this.#test, () => this.#client))
    }
  }

  #tell(): void {
    this.hasHappened = true
    this.#happen()
  }

  /** The client of the actor whose step it is, or else of any. */
  get #client(): Actor['client'] {
    const { when } = this.fault
    const own = when.at === 'step' ? this.#actors[when.actor % this.#actors.length] : undefined
    return own?.client ?? this.#actors.find(({ client }) => client !== undefined)?.client
  }
}
