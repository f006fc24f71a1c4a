import { Client } from 'pg'
import type { ProgramDatabase } from './database.ts'
import { type Program, textOf } from './program.ts'
import { RecordedClient } from './recorded-client.ts'
import type { Side } from './run.ts'
import { look } from './look.ts'
import { whoseAmong } from './whose.ts'

/**
 * Real connections with real commits. Connections are used again, as to open one takes as long as a whole program:
 * `DISCARD ALL` makes them new.
 */
export class PlainSide implements Side {
  readonly #database: ProgramDatabase
  readonly #clients: RecordedClient[] = []
  #numbered: RecordedClient[] = []
  /** The one that looks at the end. */
  #last: RecordedClient | undefined

  constructor(database: ProgramDatabase) {
    this.#database = database
  }

  async open(clients: number): Promise<RecordedClient[]> {
    this.#numbered = []
    for (let index = 0; index < clients; index += 1) this.#numbered.push(await this.#client(index))
    return this.#numbered
  }

  async replace(client: RecordedClient): Promise<RecordedClient> {
    await client.renew()
    return client.ended ? this.#client(this.#numbered.indexOf(client)) : client
  }

  async level(): Promise<void> {}

  async finish(program: Program): Promise<string[]> {
    // First those that may hold locks.
    await Promise.all(this.#numbered.map((client) => client.rollBack()))
    await Promise.all(this.#numbered.map((client) => client.renew()))
    this.#last ??= await this.#connect()
    this.#last.takeLines()
    const text = textOf(program.steps)
    const seen = await look(this.#last, text)
    await this.#database.reset(text, seen)
    return seen
  }

  async end(): Promise<void> {
    for (const client of [...this.#clients, this.#last]) await client?.end()
  }

  async #client(index: number): Promise<RecordedClient> {
    const present = this.#clients[index]
    return present && !present.ended ? present : (this.#clients[index] = await this.#connect())
  }

  async #connect(): Promise<RecordedClient> {
    const client = new RecordedClient(
      new Client({ connectionString: this.#database.url }),
      whoseAmong(() => this.#numbered),
    )
    await client.connect()
    return client
  }
}
