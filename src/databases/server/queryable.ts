/** A connection to a server, as much of it as is needed to make databases; the only file of databases/ that knows `pg`. */
import type { Client as PgClient } from 'pg'
import { markOutside } from '../../outside-client.ts'
import { notReached } from '../errors.ts'
import { within } from '../../clock/clock.ts'
import type { Address } from './address.ts'

export interface Queryable {
  /** One statement, or several without values, which are then one transaction. */
  query<Row>(sql: string, values?: readonly unknown[]): Promise<Row[]>
  /** Statements one after another, each a transaction of its own, with no other query in between. */
  runInOrder(statements: readonly string[]): Promise<void>
  end(): Promise<void>
  /** Calls back once when the connection is lost. */
  onLost(callback: () => void): void
}

/** With what the types of `pg` leave out. */
type Client = PgClient & {
  ref(): void
  unref(): void
  readonly connection: { readonly stream: { destroy(): unknown } }
}

/** Milliseconds that a server has to let us in. */
const CONNECT_LIMIT = 20_000

/** Milliseconds that a server has to say goodbye. */
const END_LIMIT = 5000

/** Roles and databases may have limits that are meant for an application. */
const UNLIMITED = `SELECT set_config(name, '0', false) FROM pg_catalog.pg_settings WHERE name IN
  ('statement_timeout', 'lock_timeout', 'transaction_timeout', 'idle_session_timeout', 'idle_in_transaction_session_timeout')`

/** Connects past the sandbox. The connection keeps the process alive only while a query runs. */
export async function connect(address: Address): Promise<Queryable> {
  const config = typeof address === 'string' ? { connectionString: address } : address
  // Not loaded before it is needed: in Jest each test file loads what it imports anew.
  const { Client } = require('pg') as { Client: new (config: object) => Client }
  const client = new Client({
    ...(config as object),
    application_name: 'pg-sandbox',
    connectionTimeoutMillis: CONNECT_LIMIT,
    keepAlive: true,
  })
  markOutside(client).on('error', () => {}) // The next query tells.
  try {
    await client.connect()
    await client.query(UNLIMITED)
  } catch (error) {
    // A connection that is left in the middle of its login keeps every DROP DATABASE waiting.
    client.connection.stream.destroy()
    throw isUnreachable(error) ? notReached(`${client.host}:${client.port}`, error) : error
  }
  client.unref()
  return queryableOf(client)
}

/** Has the network failed, and not the login? */
function isUnreachable(error: unknown): boolean {
  const { code = '' } = error as { code?: string }
  return /^(?:ECONNREFUSED|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|ETIMEDOUT|ENOENT)$/.test(code)
}

function queryableOf(client: Client): Queryable {
  let line: Promise<unknown> = Promise.resolve()
  let waiting = 0

  /** One query after another: `pg` is about to give up the line in which its clients keep queries. */
  function inLine<Result>(work: () => Promise<Result>): Promise<Result> {
    waiting += 1
    client.ref()
    const result = line.then(work)
    const leave = (): void => {
      waiting -= 1
      if (waiting === 0) client.unref()
    }
    line = result.then(leave, leave)
    return result
  }

  return {
    query: <Row>(sql: string, values?: readonly unknown[]) =>
      inLine(async () => {
        const results = [await client.query(sql, values as unknown[] | undefined)].flat()
        return (results.at(-1)?.rows ?? []) as Row[]
      }),
    runInOrder: (statements) =>
      inLine(async () => {
        for (const statement of statements) await client.query(statement)
      }),
    async end() {
      client.ref()
      const late = (): Error => new Error(`The server has not closed the connection within ${END_LIMIT} ms.`)
      // When the network has gone silent, the server ends its side of the connection by itself.
      await within(END_LIMIT, client.end(), late).catch(() => client.connection.stream.destroy())
    },
    onLost: (callback) => void client.once('end', callback),
  }
}
