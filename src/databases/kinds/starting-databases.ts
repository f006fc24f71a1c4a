/**
 * The kinds of databases that a test starts from: blank, with tables, with data, with a schema.
 *
 * The room is what `pg-sandbox/databases` hands out to a test that wants a database to itself, one by one, several at once,
 * or as fixtures of Vitest. The application's tests call it; nothing of the package does. Without the room, each test file
 * would keep the template, the pool of clones and the end of both by itself.
 */
import { type Data, recipeOf, type Schema, type Tables } from './starting-contents.ts'
import { type MakeOptions, takeDatabase } from './take-database.ts'
import type { TestDatabase } from './test-database.ts'

/**
 * A database with nothing in it that the server itself has not put there.
 *
 * The first of a kind is made while the test waits; after that some are made ahead, and to take one is a matter of a few
 * milliseconds. It takes a user who may create databases. Clients connect to it as to any other, and commit.
 *
 * @throws {SandboxError} `PG_SANDBOX_NO_SERVER`; `PG_SANDBOX_NO_CREATEDB`
 *
 * @example
 * afterAll(dropDatabases)
 *
 * test('the migrations run from nothing', async () => {
 *   await using database = await blankDatabase()
 *   await migrate(database.url)
 * })
 */
export function blankDatabase(options: MakeOptions = {}): Promise<TestDatabase> {
  return takeDatabase(recipeOf({}), options)
}

/**
 * A database with the application's tables: a clone of a template, which is made once, also for other processes and later
 * runs, and again when a layer changes.
 *
 * @throws {SandboxError} those of {@link blankDatabase} and of `ensureTemplate`
 *
 * @example
 * await using database = await databaseWithTables({ tables: [sqlFiles('migrations')] })
 * const pool = new Pool({ connectionString: database.url })
 */
export function databaseWithTables({ tables, ...options }: Tables & MakeOptions): Promise<TestDatabase> {
  return takeDatabase(recipeOf({ tables }), options)
}

/**
 * The same, with rows in the tables. Those are part of the template, too.
 *
 * @example
 * await databaseWithData({ tables: [sqlFiles('migrations')], data: [madeBy('1', threeCustomers)] })
 */
export function databaseWithData({ tables, data, ...options }: Data & MakeOptions): Promise<TestDatabase> {
  return takeDatabase(recipeOf({ tables, data }), options)
}

/**
 * The same, with an extra schema that stands first in the search path of all who connect: the tables are made there.
 *
 * @example
 * await databaseWithSchema({ schema: 'billing', tables: [sqlFiles('migrations')] })
 */
export function databaseWithSchema(contents: Schema & MakeOptions): Promise<TestDatabase> {
  return takeDatabase(recipeOf(contents), contents)
}
