/** Limits how long units wait for an owner that is idle in its transaction: nearly always it waits for one of them. */
import type { SandboxOptions } from '../options.ts'
import { limit } from '../clock/clock.ts'
import type { Unit } from './unit.ts'

export class IdleOwnerTimers {
  readonly #options: SandboxOptions
  readonly #expired: (unit: Unit) => void
  readonly #timers = new Map<Unit, () => void>()
  /** Is anybody's time limited? */
  areSet = false

  constructor(options: SandboxOptions, expired: (unit: Unit) => void) {
    this.#options = options
    this.#expired = expired
  }

  /** @param waiting the units that wait for an idle owner now; those that waited before go on where they are */
  update(waiting: readonly Unit[]): void {
    for (const [unit, lift] of this.#timers) {
      if (waiting.includes(unit)) continue
      lift()
      this.#timers.delete(unit)
    }
    for (const unit of waiting) {
      if (this.#timers.has(unit)) continue
      this.#timers.set(
        unit,
        limit(this.#options.outsideQueryTimeout, () => {
          this.#timers.delete(unit)
          this.#expired(unit)
        }),
      )
    }
    this.areSet = this.#timers.size > 0
  }
}
