import { Client } from 'pg'
import { testTransaction } from '../../../src/index.ts'
import { look } from './look.ts'
import { type Program, type Step, textOf } from './program.ts'
import { RecordedClient } from './recorded-client.ts'
import { isBlocked, type Side } from './run.ts'
import { whoseAmong } from './whose.ts'

/**
 * What is around the levels of the programs: nothing; an outer level in which something was written, so that no level is a
 * whole transaction; or clients that were connected before, as those of an application's pool, and serve all programs.
 */
export type Situation = 'new clients' | 'written level' | 'earlier clients'

/** Clients in a level, which is rolled back at the end. */
export class SandboxedSide implements Side {
  readonly #url: string
  readonly #situation: Situation
  /** Those that were connected before the sandbox began, and those that came in their place. */
  readonly #earlier: RecordedClient[] = []
  #numbered: RecordedClient[] = []

  constructor(url: string, situation: Situation) {
    this.#url = url
    this.#situation = situation
  }

  /** Before the first program. */
  async begin(): Promise<void> {
    testTransaction.configure({ outsideQueryTimeout: 300 })
    if (this.#situation === 'earlier clients') {
      for (let index = 0; index < 4; index += 1) this.#earlier.push(await this.#connect())
    }
    if (this.#situation !== 'written level') return
    await testTransaction.start()
    const writer = new Client({ connectionString: this.#url })
    await writer.connect()
    await writer.query('insert into outer_level values (1)')
    await writer.end()
  }

  /** After the last program, or when one has failed. */
  async end(): Promise<void> {
    await testTransaction.close()
    for (const client of this.#earlier) if (!client.ended) await client.end()
    this.#earlier.length = 0
  }

  async open(clients: number): Promise<RecordedClient[]> {
    await testTransaction.start()
    this.#numbered = this.#earlier.slice(0, clients)
    while (this.#numbered.length < clients) this.#numbered.push(await this.#connect())
    return this.#numbered
  }

  async replace(client: RecordedClient): Promise<RecordedClient> {
    if (!client.ended) await client.end()
    const next = await this.#connect()
    const place = this.#earlier.indexOf(client)
    if (place >= 0) this.#earlier[place] = next
    return next
  }

  async level(steps: readonly Step[]): Promise<void> {
    await testTransaction.start()
    const noise = await this.#makeNoise(steps)
    await testTransaction.rollback()
    for (const client of noise.values()) await client.end()
  }

  readonly deliver = async (): Promise<void> => {
    for (let turn = 0; turn < 2; turn += 1) await new Promise((resolve) => setImmediate(resolve))
  }

  async finish(program: Program): Promise<string[]> {
    for (const client of this.#earlier) await client.rollBack()
    for (const client of this.#numbered) {
      if (this.#earlier.includes(client)) await client.renew()
      else if (!client.ended) await client.end()
    }
    const last = await this.#connect()
    const seen = await look(last, textOf(program.steps))
    await last.end()
    await testTransaction.rollback()
    return seen
  }

  async #connect(): Promise<RecordedClient> {
    const client = new RecordedClient(
      new Client({ connectionString: this.#url }),
      whoseAmong(() => this.#numbered),
    )
    await client.connect()
    return client
  }

  /** Runs steps that nobody compares, each client connected when it is first needed. */
  async #makeNoise(steps: readonly Step[]): Promise<Map<number, RecordedClient>> {
    const clients = new Map<number, RecordedClient>()
    for (const step of steps) {
      const others = [...clients].filter(([number]) => !('client' in step) || number !== step.client)
      if (
        isBlocked(
          step,
          others.map(([, client]) => client),
        )
      )
        continue
      if (step.kind === 'level') {
        await this.level(step.steps)
        continue
      }
      if (step.kind === 'pages' || step.kind === 'end') continue
      const client = clients.get(step.client) ?? (await this.#connect())
      clients.set(step.client, client)
      await client.send(step.kind === 'pipeline' ? step.units : [step])
    }
    return clients
  }
}
