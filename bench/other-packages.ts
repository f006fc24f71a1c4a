/** Packages of others, from bench/others/node_modules/, with the copy of `pg` there, which they patch. */
import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import path from 'node:path'
import type * as Pg from 'pg'
import type { Variant } from './variants.ts'
import type { Queryable } from './workload.ts'

const folder = path.join(__dirname, 'others')
const requireThere = createRequire(path.join(folder, 'package.json'))

export const INSTALL = 'npm ci --prefix bench/others'

export const otherNames: readonly string[] = ['pg-transactional-tests', 'pgsql-test']

function isInstalled(name: string): boolean {
  return existsSync(path.join(folder, 'node_modules', name))
}

/** Those that are installed. Loads them, before anything is patched. */
export function otherVariants(): readonly Variant[] {
  const found = [transactionalTests, pgsqlTest].filter(({ name }) => isInstalled(name))
  return found.map((other) => other.load())
}

export function versionsOfOthers(): Record<string, string> {
  const names = [...otherNames, 'pg'].filter(isInstalled)
  return Object.fromEntries(
    names.map((name) => [
      name,
      (requireThere(path.join(folder, 'node_modules', name, 'package.json')) as { version: string }).version,
    ]),
  )
}

interface Hooks {
  start(): void
  rollback(): Promise<void>
  close(): Promise<void>
}

const transactionalTests = {
  name: 'pg-transactional-tests',
  load(): Variant {
    const { Pool } = requireThere('pg') as typeof Pg
    const { testTransaction } = requireThere('pg-transactional-tests') as { testTransaction: Hooks }
    return {
      name: 'pg-transactional-tests',
      label: 'pg-transactional-tests',
      async begin(url) {
        const pool = new Pool({ connectionString: url })
        testTransaction.start()
        return {
          async test(work) {
            testTransaction.start()
            await work(pool)
            await testTransaction.rollback()
          },
          async end() {
            await testTransaction.close()
            await pool.end()
          },
        }
      },
    }
  },
}

interface TestClient extends Queryable {
  beforeEach(): Promise<void>
  afterEach(): Promise<void>
  close(): Promise<void>
}

interface Config {
  host: string
  port: number
  user: string
  password: string
  database: string
}

const pgsqlTest = {
  name: 'pgsql-test',
  load(): Variant {
    const { PgTestClient } = requireThere('pgsql-test') as {
      PgTestClient: new (config: Config) => TestClient
    }
    return {
      name: 'pgsql-test',
      label: 'pgsql-test',
      cannot: ({ hasTransactions }) =>
        hasTransactions
          ? 'COMMIT in a test commits, and the savepoint that it goes back to is gone'
          : undefined,
      async begin(url) {
        const { hostname: host, port, username: user, password, pathname } = new URL(url)
        const config = { host, port: Number(port), user, password, database: pathname.slice(1) }
        const client = new PgTestClient(config)
        await client.query('select 1')
        const connect = (): never => {
          throw new Error('pgsql-test has one client, no pool')
        }
        const database = { query: client.query.bind(client), connect }
        return {
          async test(work) {
            await client.beforeEach()
            await work(database)
            await client.afterEach()
          },
          end: () => client.close(),
        }
      },
    }
  },
}
