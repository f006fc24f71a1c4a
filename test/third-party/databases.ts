import { createRequire } from 'node:module'
import path from 'node:path'
import pg from 'pg'

type Postgres = { url: string; version: string; stop(): Promise<void> }

const support = createRequire(path.join(import.meta.dirname, '..', '..', 'support', 'postgres.cjs'))

export function startServer(): Promise<Postgres> {
  support('./register-typescript.cjs')
  return (support('./postgres.cjs') as { startPostgres(): Promise<Postgres> }).startPostgres()
}

const TABLES = `create table accounts (id serial primary key, name text not null unique);`

const FUNCTIONS = `${TABLES}
create table orders (
  id serial primary key,
  account_id int not null references accounts deferrable initially deferred
);
create function open_account(given text) returns int language sql
  as 'insert into accounts (name) values (given) returning id';`

/** The databases on a server: two kinds, each for the plain runs and for the sandboxed ones. */
export class Databases {
  readonly #server: pg.Client
  readonly #url: string
  readonly #prefix = `pg_sandbox_test_${process.pid}_`
  readonly #made: string[] = []
  readonly #clients = new Map<string, pg.Client>()

  private constructor(url: string, server: pg.Client) {
    this.#url = url
    this.#server = server
  }

  static async on(url: string): Promise<Databases> {
    const databases = new Databases(url, await connect(url))
    await databases.#make('tables', TABLES)
    await databases.#make('functions', FUNCTIONS)
    return databases
  }

  /** A copy of one of the two, made when its name is new; gives its URL. */
  async copy(template: 'tables' | 'functions', name: string): Promise<string> {
    if (!this.#made.includes(name)) await this.#create(name, this.#prefix + template)
    return this.#urlOf(name)
  }

  async query(url: string, text: string): Promise<Record<string, unknown>[]> {
    const client = this.#clients.get(url) ?? (await connect(url))
    this.#clients.set(url, client)
    return [await client.query(text)].flat().at(-1)!.rows
  }

  async close(): Promise<void> {
    for (const client of this.#clients.values()) await client.end()
    for (const name of this.#made)
      await this.#server.query(`drop database if exists "${this.#prefix}${name}" with (force)`)
    await this.#server.end()
  }

  async #make(name: string, schema: string): Promise<void> {
    await this.#create(name, 'template0')
    const client = await connect(this.#urlOf(name))
    await client.query(schema)
    await client.end()
  }

  async #create(name: string, template: string): Promise<void> {
    this.#made.push(name)
    await this.#server.query(`create database "${this.#prefix}${name}" template "${template}"`)
  }

  #urlOf(name: string): string {
    const url = new URL(this.#url)
    url.pathname = `/${this.#prefix}${name}`
    return url.href
  }
}

async function connect(url: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url })
  client.on('error', () => {})
  await client.connect()
  return client
}
