/** How long a step may take before the program counts as one that hangs. */
const LIMIT = 3000

/**
 * Waits for promises with a limit, by one timer for all of them: a timer for each step would cost too much.
 *
 * @example
 * const patience = new Patience()
 * await patience.for(client.send([unit]), 'select 1')
 */
export class Patience {
  #since = 0
  #giveUp: (() => void) | undefined
  readonly #timer: NodeJS.Timeout

  constructor(limit = LIMIT) {
    this.#timer = setInterval(() => {
      if (this.#giveUp && Date.now() - this.#since > limit) this.#giveUp()
    }, 100)
    this.#timer.unref()
  }

  async for<Result>(work: Promise<Result>, what: () => string): Promise<Result> {
    this.#since = Date.now()
    const limit = new Promise<never>((_, reject) => {
      this.#giveUp = () => reject(new Error(`no answer for ${LIMIT} ms: ${what()}`))
    })
    try {
      return await Promise.race([work, limit])
    } finally {
      this.#giveUp = undefined
    }
  }

  end(): void {
    clearInterval(this.#timer)
  }
}
