/**
 * Waits for promises with a limit, by one timer for all of them: a timer for each step would cost as much as the step.
 * Without it a program that hangs would tell nothing.
 *
 * @example
 * const patience = new Patience(3000)
 * await patience.for(client.send([unit]), () => 'select 1')
 */
export class Patience {
  readonly #waits = new Set<{ readonly since: number; readonly giveUp: () => void }>()
  readonly #limit: number
  readonly #timer: NodeJS.Timeout

  /** @param limit in milliseconds */
  constructor(limit: number) {
    this.#limit = limit
    this.#timer = setInterval(() => this.#look(), 100)
    this.#timer.unref()
  }

  /** What `work` gives; an error with the name of `what` when it takes too long. */
  async for<Result>(work: Promise<Result>, what: () => string): Promise<Result> {
    let giveUp = (): void => {}
    const exceeded = new Promise<never>((_, reject) => {
      giveUp = () => reject(new Error(`${what()} has not settled within ${this.#limit} ms`))
    })
    const wait = { since: Date.now(), giveUp }
    this.#waits.add(wait)
    try {
      return await Promise.race([work, exceeded])
    } finally {
      this.#waits.delete(wait)
    }
  }

  end(): void {
    clearInterval(this.#timer)
  }

  #look(): void {
    for (const { since, giveUp } of this.#waits) if (Date.now() - since > this.#limit) giveUp()
  }
}
