import { ERROR_FIELDS } from './error-fields.ts'
import { inspect } from 'node:util'
import { Client, Pool, type PoolConfig } from 'pg'
import { testTransaction } from '../../src/index.ts'
import { type Backend, BACKENDS } from './backends.ts'
import { useDatabase } from './database.ts'

export type Urls = {
  /** Where to reach the database, as the superuser or as somebody else. */
  url(login?: { user: string; password?: string }): string
}

export type BothWays = {
  /**
   * Runs `body` without a sandbox, then in two tests of a sandbox, and expects the same outcome each time: the value
   * that it resolves to, or its error. Each run finds the tables empty; the sandboxed runs must leave them empty.
   * Gives the outcome, for expectations of its own.
   */
  expectSame(body: (urls: Urls) => Promise<unknown>): Promise<Outcome>
}

export type Outcome = { value: unknown } | { error: unknown }

/** All cases hold for each backend: PG_SANDBOX_TEST_ISOLATION=database runs them over another than the default. */
const { PG_SANDBOX_TEST_ISOLATION } = process.env
const fromEnvironment = BACKENDS.find((backend) => backend === PG_SANDBOX_TEST_ISOLATION) ?? 'transaction'

/**
 * Two databases with the same schema, one used plainly and one in a sandbox over `backend`.
 *
 * @example
 * const bothWays = useBothWays('create table notes (id int primary key)')
 * test('…', () => bothWays.expectSame(async ({ url }) => { … return rows }))
 */
export function useBothWays(schema = '', backend: Backend = fromEnvironment): BothWays {
  const plain = useDatabase(schema)
  const sandboxed = useDatabase(schema)

  beforeAll(testTransaction.close)
  afterEach(testTransaction.close)

  return {
    async expectSame(body) {
      await plain.outside(EMPTY_TABLES)
      // What a failed case has left there is none of this one's.
      await sandboxed.outside(EMPTY_TABLES)
      const expected = await outcomeOf(() => body(plain))

      await sandboxed.leave()
      testTransaction.configure({ isolation: backend })
      await testTransaction.start()
      for (const run of ['first', 'second']) {
        await testTransaction.start()
        const actual = await outcomeOf(() => body(sandboxed))
        await testTransaction.rollback()
        expect({ [`the ${run} sandboxed run`]: actual }).toEqual({ [`the ${run} sandboxed run`]: expected })
      }
      await testTransaction.close()
      testTransaction.configure({ isolation: 'transaction' })
      const [left] = await sandboxed.outside(COUNT_ROWS)
      expect({ 'rows left in the sandboxed database': left?.n }).toEqual({
        'rows left in the sandboxed database': 0,
      })
      return expected
    },
  }
}

const EMPTY_TABLES = `do $$ declare name text; begin
  for name in select quote_ident(tablename) from pg_tables where schemaname = 'public' loop
    execute 'truncate table ' || name || ' restart identity cascade';
  end loop;
end $$`

const COUNT_ROWS = `select coalesce(sum((xpath('/row/n/text()', query_to_xml(
  format('select count(*) as n from %I', tablename), false, true, '')))[1]::text::int), 0)::int as n
  from pg_tables where schemaname = 'public'`

async function outcomeOf(body: () => Promise<unknown>): Promise<Outcome> {
  try {
    return { value: await body() }
  } catch (error) {
    return { error: describeError(error) }
  }
}

const FIELDS = ['name', ...ERROR_FIELDS, 'routine', 'errno', 'syscall']

/** What an error tells, as plain data. */
export function describeError(error: unknown): Record<string, unknown> {
  if (typeof error !== 'object' || error === null) return { thrown: error }
  const known = FIELDS.map((field) => [field, Reflect.get(error, field)] as const)
  return {
    class: error.constructor.name,
    ...Object.fromEntries(known.filter(([, value]) => value !== undefined)),
  }
}

/** The error that `promise` rejects with, as plain data; fails when it resolves. */
export async function rejection(promise: Promise<unknown>): Promise<Record<string, unknown>> {
  let value: unknown
  try {
    value = await promise
  } catch (error) {
    return describeError(error)
  }
  throw new Error(`expected a rejection, not ${inspect(value, { depth: 2 }).slice(0, 300)}`)
}

/** Lends a connected client to `work`, and ends it. */
export async function withClient<Result>(
  connection: ConstructorParameters<typeof Client>[0],
  work: (client: Client) => Promise<Result>,
): Promise<Result> {
  const client = new Client(connection)
  await client.connect()
  try {
    return await work(client)
  } finally {
    await client.end()
  }
}

/** Lends a pool to `work`, and ends it. */
export async function withPool<Result>(
  config: PoolConfig,
  work: (pool: Pool) => Promise<Result>,
): Promise<Result> {
  const pool = new Pool(config)
  try {
    return await work(pool)
  } finally {
    await pool.end()
  }
}
