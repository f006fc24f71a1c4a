/** What must be the same after a program as before: the database, and what the process and the server hold. */
import { Client } from 'pg'
import type { Row } from '../../support/outside.ts'
import { until } from '../../support/until.ts'
import type { Program } from './program.ts'
import type { World } from './world.ts'

const CHECKSUM = `select md5(concat(
  (select string_agg(t::text, ',' order by id) from notes t),
  (select string_agg(t::text, ',' order by n) from ledger t),
  (select string_agg(t::text, ',' order by id) from parents t),
  (select string_agg(t::text, ',' order by id) from children t),
  (select string_agg(concat(relname, relkind), ',' order by oid) from pg_class where relnamespace = 'public'::regnamespace),
  (select count(*) from pg_prepared_xacts))) as sum`

/** All of ours: the process that looks from outside has one connection of its own. */
const CONNECTIONS = `select count(*)::int as n, coalesce(string_agg(concat(state, ': ', left(query, 60)), '; '), '') as doing
  from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid() and backend_type = 'client backend'`

export class Stock {
  readonly #world: World
  readonly #database: Program['database']
  readonly #sum: unknown
  readonly #held: string
  readonly #connect = Client.prototype.connect

  private constructor(world: World, database: Program['database'], sum: unknown) {
    this.#world = world
    this.#database = database
    this.#sum = sum
    this.#held = held(world)
  }

  static async take(world: World, database: Program['database']): Promise<Stock> {
    return new Stock(world, database, await checksum(world, database))
  }

  /** What is not as it was. Ends of connections take their time to be noticed. */
  async differences(limit: number): Promise<string[]> {
    const found: string[] = []
    let connections: Row | undefined
    const isAlone = async (): Promise<boolean> => {
      connections = (await this.#world.look(this.#database, CONNECTIONS))[0]
      return connections?.['n'] === 0
    }
    await until(isAlone, limit).catch(() => {
      found.push(`${String(connections?.['n'])} connections are left: ${String(connections?.['doing'])}`)
    })
    if ((await checksum(this.#world, this.#database)) !== this.#sum)
      found.push('the database is not as it was before')
    await until(() => held(this.#world) === this.#held, limit).catch(() => {
      found.push(`the process held ${this.#held}, and now ${held(this.#world)}`)
    })
    // close() leaves it patched where a parallel call may still be at work.
    await this.#world.sandbox.unpatch()
    if (Client.prototype.connect !== this.#connect) found.push('pg is still patched after unpatch()')
    return found
  }
}

async function checksum(world: World, database: Program['database']): Promise<unknown> {
  const [row] = await world.look(database, CHECKSUM)
  return row?.['sum']
}

/** Sockets and timers, and who listens to what lives longer than a program. */
function held({ pools }: World): string {
  const resources = process.getActiveResourcesInfo().toSorted()
  const emitters = { process, ...pools }
  const listeners = Object.entries(emitters).flatMap(([name, emitter]) =>
    emitter
      .eventNames()
      .map((event) => `${name} ${String(event)} ${emitter.listenerCount(event as 'error')}`),
  )
  return JSON.stringify([count(resources), listeners.toSorted()])
}

function count(names: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const name of names) counts[name] = (counts[name] ?? 0) + 1
  return counts
}
