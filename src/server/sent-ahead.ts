/** Statements of our own that nobody waits for: what is run next goes behind them. */
import { ownExchange } from '../exchange/exchange.ts'
import { HeldOutput } from './held-output.ts'
import { begun, type Running, UNHEARD } from './running-exchange.ts'
import type { Joined } from './prefix.ts'
import type { ExchangeResult, ServerConnection } from './server-connection.ts'
import { setImmediate } from '../clock/clock.ts'

interface Unsent {
  readonly sql: readonly string[]
  readonly done: (result?: ExchangeResult) => void
}

export class Ahead {
  readonly #socket: ServerConnection['socket']
  readonly #unanswered: Running[] = []
  #unsent: Unsent[] = []

  constructor(socket: ServerConnection['socket']) {
    this.#socket = socket
  }

  /** The first that the server has not answered yet. */
  get first(): Running | undefined {
    return this.#unanswered[0]
  }

  get isAwaited(): boolean {
    return this.#unanswered.length + this.#unsent.length > 0
  }

  /**
   * Sends them with what is run in the same breath, or else by themselves.
   *
   * @param done without a result where they have succeeded together with others
   */
  push(sql: readonly string[], done: Unsent['done']): void {
    if (this.#unsent.length === 0) setImmediate(() => this.send())
    this.#unsent.push({ sql, done })
    this.#socket.ref?.()
  }

  /** Leaves them to a unit, to go in front of what prepares it. */
  join(): readonly Joined[] {
    const unsent = this.#unsent
    this.#unsent = []
    return unsent
  }

  send(): void {
    for (const { sql, done } of this.join()) {
      const exchange = ownExchange(sql)
      this.#unanswered.push(begun(exchange, UNHEARD, done, new HeldOutput(UNHEARD, false, 0)))
      for (const bytes of exchange.messages) if (this.#socket.writable) this.#socket.write(bytes)
    }
  }

  /** The first is answered. */
  shift(): void {
    this.#unanswered.shift()
  }
}
