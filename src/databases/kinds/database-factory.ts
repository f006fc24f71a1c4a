/** Several databases in one test. */
import { type Contents, recipeOf } from './starting-contents.ts'
import { takeDatabase, type MakeOptions } from './take-database.ts'
import type { TestDatabase } from './test-database.ts'

export interface DatabaseFactory {
  /**
   * A database of whatever kind.
   *
   * @param suffix stands at the end of its name: what the service is called, for example. Of a long one as much is left as
   *   there is room for
   */
  create(suffix: string, contents?: Contents): Promise<TestDatabase>
  /** Drops all that it has made, in the background. */
  drop(): Promise<void>
  /** The same, for `await using`. */
  [Symbol.asyncDispose](): Promise<void>
}

/** Characters of a suffix that fit into a name beside what tells whose it is. */
const ROOM = 10

/**
 * A factory for several databases in one test, such as those of services that talk to each other.
 *
 * @example
 * await using databases = databaseFactory()
 * const orders = await databases.create('orders', { tables: [sqlFiles('orders/migrations')] })
 * const billing = await databases.create('billing', { schema: 'billing', tables: [sqlFiles('billing/migrations')] })
 * const service = spawn('node', ['billing/server.js'], { env: { ...process.env, ...billing.env } })
 */
export function databaseFactory(options: MakeOptions = {}): DatabaseFactory {
  const made: TestDatabase[] = []
  const drop = async (): Promise<void> => {
    for (const database of made.splice(0)) await database.drop()
  }
  return {
    async create(suffix, contents = {}) {
      const database = await takeDatabase(recipeOf(contents), { ...options, suffix: suffix.slice(0, ROOM) })
      made.push(database)
      return database
    },
    drop,
    [Symbol.asyncDispose]: drop,
  }
}
