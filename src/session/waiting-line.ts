/** The line of those who wait for a session: units of clients, and turns that take it for themselves. */
import type { Requester } from './requester.ts'
import type { Unit } from './unit.ts'

/** Takes the session alone: nothing behind it runs before it has ended. Ends at once when it returns nothing. */
export interface Turn {
  readonly take: () => Promise<void> | undefined
}

export class Line {
  #entries: (Unit | Turn)[] = []

  get length(): number {
    return this.#entries.length
  }

  /** The units that wait, first come first. */
  get units(): Unit[] {
    return this.#entries.filter(isUnit)
  }

  /** Connections that cannot go on before the line does: what they wait for stands behind it in a client they share. */
  keptWaiting(running: Unit | Turn | undefined): readonly number[] {
    const all = running !== undefined && isUnit(running) ? [running, ...this.units] : this.units
    return all.flatMap(({ requester }) => requester.keptWaiting)
  }

  push(entry: Unit | Turn): void {
    this.#entries.push(entry)
  }

  /** In front of everyone else. */
  pushFirst(turn: Turn): void {
    this.#entries.unshift(turn)
  }

  /** Takes out the first unit that may run and stands before every turn, or else the turn at the front. */
  shift(mayRun: (unit: Unit) => boolean): Unit | Turn | undefined {
    if (this.#entries.length === 0) return undefined
    const turn = this.#entries.findIndex((entry) => !isUnit(entry))
    const unit = this.#entries.findIndex((entry) => isUnit(entry) && mayRun(entry))
    const index = unit !== -1 && (turn === -1 || unit < turn) ? unit : turn
    if (index === -1 || (index === turn && index > 0)) return undefined
    return this.#entries.splice(index, 1)[0]
  }

  remove(unit: Unit): void {
    this.#entries = this.#entries.filter((entry) => entry !== unit)
  }

  hasUnitOf(requester: Requester): boolean {
    return this.units.some((unit) => unit.requester === requester)
  }

  /** Takes out all units, or those of one client. */
  removeUnits(requester?: Requester): Unit[] {
    const removed = this.units.filter((unit) => requester === undefined || unit.requester === requester)
    this.#entries = this.#entries.filter((entry) => !removed.includes(entry as Unit))
    return removed
  }
}

export function isUnit(entry: Unit | Turn): entry is Unit {
  return 'requester' in entry
}
