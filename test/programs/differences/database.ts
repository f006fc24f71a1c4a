import { DirectConnection } from './direct-connection.ts'
import { mayChangeCatalogs } from './look.ts'
import {
  ANY_ROWS_QUERY,
  CATALOG_QUERY,
  RESET_FUNCTIONS,
  ROWS_QUERY,
  type SchemaKind,
  schemaSql,
} from './schema.ts'

/**
 * A database of the programs, seen from outside of the sandbox. Knows whether it is as it was made, and makes it so
 * again: by a function that puts the rows back, or anew when the catalogs have changed.
 */
export class ProgramDatabase {
  readonly url: string
  readonly #direct: DirectConnection
  readonly #kind: SchemaKind
  readonly #isPlain: boolean
  #rows = ''
  #catalogs = ''

  private constructor(url: string, direct: DirectConnection, kind: SchemaKind, isPlain: boolean) {
    this.url = url
    this.#direct = direct
    this.#kind = kind
    this.#isPlain = isPlain
  }

  /** Fills an empty database. Call it while no level is open. */
  static async prepare(url: string, kind: SchemaKind, isPlain: boolean): Promise<ProgramDatabase> {
    const direct = await DirectConnection.open(url)
    const database = new ProgramDatabase(url, direct, kind, isPlain)
    await direct.run('set client_min_messages to error')
    await database.make()
    await direct.prepare('catalogs', CATALOG_QUERY)
    await direct.prepare('rows', ROWS_QUERY)
    if (isPlain) {
      // Neither triggers nor foreign keys while rows are put back.
      await direct.run('set session_replication_role = replica')
      await direct.prepare('reset', 'select harness.reset()')
      await direct.prepare('drop newer', 'select harness.drop_newer()')
    }
    await database.remember()
    return database
  }

  /** Drops all that is there, and makes it anew. */
  async make(): Promise<void> {
    await this.#direct.run(schemaSql(this.#kind))
    if (this.#isPlain) await this.#direct.run(RESET_FUNCTIONS)
  }

  /** Is it as it was made? Tells what is not, with the rows of all tables. Without `catalogs` looks at the rows alone. */
  async change({ catalogs = true } = {}): Promise<string | undefined> {
    const now = await this.#look(catalogs).catch((error: Error) => ['', error.message] as const)
    if (now[0] === this.#catalogs && now[1] === this.#rows) return undefined
    const seen = await this.#direct.run(ANY_ROWS_QUERY).catch((error: Error) => error.message)
    return `${now[0] === this.#catalogs ? 'rows' : 'catalogs'} have changed:\n${JSON.stringify(seen, undefined, 1)}`
  }

  /** Puts everything back after real commits of a program with this text, at whose end the rows were these. */
  async reset(text: string, rows: readonly string[]): Promise<void> {
    if (mayChangeCatalogs(text)) {
      const [, sums] = await this.#direct.execute('drop newer', 'catalogs').catch(() => [])
      if (JSON.stringify(sums) !== this.#catalogs) return this.#makeAnew()
    } else if (`[${rows.join(',')}]` === this.#rows) return
    await this.#direct.execute('reset')
  }

  async #makeAnew(): Promise<void> {
    const rows = this.#rows
    await this.make()
    await this.remember()
    if (this.#rows !== rows)
      throw new Error(`the tables were made with other rows: ${this.#rows}, not ${rows}`)
  }

  /** Takes what is there now for the state to be in. */
  async remember(): Promise<void> {
    ;[this.#catalogs, this.#rows] = await this.#look()
  }

  async #look(catalogs = true): Promise<readonly [catalogs: string, rows: string]> {
    if (!catalogs) return [this.#catalogs, JSON.stringify(await this.#direct.execute('rows'))]
    const [sums, ...rows] = await this.#direct.execute('catalogs', 'rows')
    return [JSON.stringify(sums), JSON.stringify(rows)]
  }

  end(): void {
    this.#direct.end()
  }
}
