/**
 * The line of those who wait for a session: units of clients, and turns that take it for themselves. A session asks for the
 * next of them whenever it is free. Without it the order of a test's queries and of its levels would not be that of the calls.
 */
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
  keptWaiting(running: Unit | undefined): readonly number[] {
    const all = running === undefined ? this.units : [running, ...this.units]
    return all.flatMap(({ requester }) => requester.keptWaiting)
  }

  push(entry: Unit | Turn): void {
    this.#entries.push(entry)
  }

  /** In front of everyone else. */
  pushFirst(turn: Turn): void {
    this.#entries.unshift(turn)
  }

  /**
   * Takes out who is first, in nearly every case. A unit that may not run lets the units behind it pass, up to the next turn.
   *
   * @param mayRun left out where every unit may
   */
  shift(mayRun?: (unit: Unit) => boolean): Unit | Turn | undefined {
    const first = this.#entries[0]
    if (mayRun === undefined || first === undefined || 'take' in first || mayRun(first))
      return this.#entries.shift()
    const index = this.#entries.findIndex((entry) => 'take' in entry || mayRun(entry))
    const found = this.#entries[index]
    if (found === undefined || 'take' in found) return undefined
    this.#entries.splice(index, 1)
    return found
  }

  remove(unit: Unit): void {
    this.#entries = this.#entries.filter((entry) => entry !== unit)
  }

  hasUnitOf(requester: Requester): boolean {
    return this.units.some((unit) => unit.requester === requester)
  }

  /** Takes out all units, or those of one client. */
  removeUnits(requester?: Requester): Unit[] {
    const isMeant = (unit: Unit): boolean => requester === undefined || unit.requester === requester
    const removed = this.units.filter(isMeant)
    this.#entries = this.#entries.filter((entry) => 'take' in entry || !isMeant(entry))
    return removed
  }
}

/** @example isUnit({ take: () => undefined }) // false */
export function isUnit(entry: Unit | Turn): entry is Unit {
  return !('take' in entry)
}
