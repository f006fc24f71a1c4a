/** Which rows of the table `ledger` must be there, and which must not: as far as the server has acknowledged them. */

let lastNumber = 0

export class Ledger {
  /** What was acknowledged in each open level, the innermost last. */
  readonly #levels: Set<number>[]
  readonly #undone = new Set<number>()
  readonly #taken = new Set<number>()
  /** Goes up when a level begins or ends: what was under way meanwhile may belong to either. */
  epoch = 0

  constructor(levels: number) {
    this.#levels = Array.from({ length: levels }, () => new Set<number>())
  }

  /** A number of one's own. */
  take(): number {
    lastNumber += 1
    this.#taken.add(lastNumber)
    return lastNumber
  }

  /** These rows have been written and, in a transaction, committed. */
  acknowledge(numbers: readonly number[], epoch: number): void {
    if (epoch !== this.epoch) return
    for (const number of numbers) this.#levels.at(-1)?.add(number)
  }

  /** The transaction of these rows has been rolled back. */
  undo(numbers: readonly number[]): void {
    for (const number of numbers) this.#undone.add(number)
  }

  openLevel(): void {
    this.epoch += 1
    this.#levels.push(new Set())
  }

  undoLevel(): void {
    this.epoch += 1
    this.undo([...(this.#levels.pop() ?? [])])
  }

  /**
   * Taken before the rows are asked for; then tells what is wrong with them: a test never sees half of itself, nor
   * anything of another.
   */
  expectation(): (rows: readonly number[]) => string[] {
    const wanted = this.#levels.flatMap((level) => [...level])
    const unwanted = new Set(this.#undone)
    return (rows) => {
      const present = new Set(rows)
      return [
        ...wanted.filter((n) => !present.has(n)).map((n) => `row ${n} was acknowledged and is lost`),
        ...rows.filter((n) => unwanted.has(n)).map((n) => `row ${n} was rolled back and is there`),
        ...rows.filter((n) => !this.#taken.has(n)).map((n) => `row ${n} of another scope or test is there`),
      ]
    }
  }
}
