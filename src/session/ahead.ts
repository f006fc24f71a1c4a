/** Statements of our own that nobody waits for: what is run next goes behind them. */
import { type Exchange, ownExchange } from './exchange.ts'
import { HeldOutput } from './held-output.ts'
import { begun, type Running, UNHEARD } from './running-exchange.ts'
import type { ExchangeResult, ServerConnection } from './server-connection.ts'
import { setImmediate } from './timers.ts'

export class Ahead {
  readonly #socket: ServerConnection['socket']
  readonly #unanswered: Running[] = []
  #unsent: Exchange['messages'][number][] = []

  constructor(socket: ServerConnection['socket']) {
    this.#socket = socket
  }

  /** The first that the server has not answered yet. */
  get first(): Running | undefined {
    return this.#unanswered[0]
  }

  /** Sends them with what is run in the same breath, or else by themselves. */
  push(sql: readonly string[], done: (result: ExchangeResult) => void): void {
    const exchange = ownExchange(sql)
    this.#unanswered.push(begun(exchange, UNHEARD, done, new HeldOutput(UNHEARD, false, 0)))
    if (this.#unsent.length === 0) setImmediate(() => this.send())
    this.#unsent.push(...exchange.messages)
    this.#socket.ref?.()
  }

  send(): void {
    const unsent = this.#unsent
    this.#unsent = []
    for (const bytes of unsent) if (this.#socket.writable) this.#socket.write(bytes)
  }

  /** The first is answered. */
  shift(): void {
    this.#unanswered.shift()
  }
}
