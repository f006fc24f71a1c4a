/** Statements of the sandbox that nobody waits for: what is run next goes behind them. Kept by a Conversation. */
import { statementsExchange } from '../exchange/exchange.ts'
import { RunningExchange } from './running-exchange.ts'
import type { Joined } from './prefix.ts'
import { type ExchangeResult, UNHEARD } from './server-connection.ts'
import { setImmediate } from '../clock/clock.ts'
import type { Wire } from './wire.ts'

interface Unsent {
  readonly sql: readonly string[]
  readonly done: (result?: ExchangeResult) => void
}

export class SentAhead {
  readonly #wire: Wire
  /** Those that the server has not answered yet. */
  readonly unanswered: RunningExchange[] = []
  unsent: readonly Unsent[] = []

  constructor(wire: Wire) {
    this.#wire = wire
  }

  get isAwaited(): boolean {
    return this.unanswered.length + this.unsent.length > 0
  }

  /**
   * Sends them with what is run in the same breath, or else by themselves.
   *
   * @param done without a result where they have succeeded together with others
   */
  push(sql: readonly string[], done: Unsent['done']): void {
    if (this.unsent.length === 0) setImmediate(() => this.send())
    this.unsent = [...this.unsent, { sql, done }]
    this.#wire.ref()
  }

  /** Leaves them to a unit, to go in front of what prepares it. */
  join(): readonly Joined[] {
    const { unsent } = this
    this.unsent = []
    return unsent
  }

  /** What is to be sent now; the answers are awaited. */
  messages(): readonly Buffer[] {
    return this.join().flatMap(({ sql, done }) => {
      const exchange = statementsExchange(sql)
      this.unanswered.push(new RunningExchange(this.#wire, exchange, UNHEARD, done))
      return exchange.messages
    })
  }

  send(): void {
    const { socket } = this.#wire
    for (const bytes of this.messages()) if (socket.writable) socket.write(bytes)
  }
}
