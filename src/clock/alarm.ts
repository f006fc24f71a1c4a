/** A time limit that is set and lifted with each query: its timer is not touched by that, and looks again when it fires. */
import { now, setTimeout } from './clock.ts'

export class Alarm {
  #isArmed = false
  #due = 0
  #ring: (() => void) | undefined

  /** Calls `ring` once after this time, in place of what it was set to before. Keeps no process alive. */
  set(milliseconds: number, ring: () => void): void {
    this.#ring = ring
    const due = now() + milliseconds
    const isSooner = due < this.#due
    this.#due = due
    if (!this.#isArmed || isSooner) this.#arm(milliseconds)
  }

  lift(): void {
    this.#ring = undefined
  }

  #arm(milliseconds: number): void {
    this.#isArmed = true
    setTimeout(() => this.#look(), milliseconds).unref()
  }

  #look(): void {
    this.#isArmed = false
    const ring = this.#ring
    if (ring === undefined) return
    const left = this.#due - now()
    if (left > 0) return this.#arm(left)
    this.#ring = undefined
    ring()
  }
}
