/** The kinds of databases as fixtures of Vitest, which its types are written after, so that nobody else needs it. */
import { dropDatabases } from '../drop-databases.ts'
import { type DatabaseFactory, databaseFactory } from './database-factory.ts'
import type { Contents } from './starting-contents.ts'
import {
  blankDatabase,
  databaseWithData,
  databaseWithSchema,
  databaseWithTables,
} from './starting-databases.ts'
import type { MakeOptions } from './take-database.ts'
import type { TestDatabase } from './test-database.ts'

/** What a test asks for by name. */
export interface DatabaseFixtures {
  readonly blankDatabase: TestDatabase
  readonly databaseWithTables: TestDatabase
  readonly databaseWithData: TestDatabase
  readonly databaseWithSchema: TestDatabase
  readonly databaseFactory: DatabaseFactory
  /** Drops what was made ahead when the file has run; the others ask for it. */
  readonly databasesOfFile: undefined
}

type Context = Pick<DatabaseFixtures, 'databasesOfFile'>
type Use<Value> = (value: Value) => Promise<void>
type Fixture<Value> = (context: Context, use: Use<Value>) => Promise<void>

/** What `test.extend` takes. */
export type DatabaseFixtureFunctions = {
  readonly [Name in Exclude<keyof DatabaseFixtures, 'databasesOfFile'>]: Fixture<DatabaseFixtures[Name]>
} & {
  readonly databasesOfFile: [(context: object, use: Use<undefined>) => Promise<void>, { scope: 'file' }]
}

/**
 * Each kind of database as a fixture for `test.extend` of Vitest 3.2 and later: made for tests that name it, and dropped
 * after the test.
 *
 * @param contents what the tables and rows are made from, and the schema. Default of the schema: `test`
 *
 * @example
 * import { test as base } from 'vitest'
 * const test = base.extend<DatabaseFixtures>(databaseFixtures({ tables: [sqlFiles('migrations')] }))
 *
 * test('rows are committed', async ({ databaseWithTables }) => {
 *   const pool = new Pool({ connectionString: databaseWithTables.url })
 * })
 */
export function databaseFixtures(contents: Contents & MakeOptions = {}): DatabaseFixtureFunctions {
  const { tables = [], data = [], schema = 'test', ...options } = contents
  return {
    databasesOfFile: [endOfFile, { scope: 'file' }],
    blankDatabase: fixture(() => blankDatabase(options)),
    databaseWithTables: fixture(() => databaseWithTables({ ...options, tables })),
    databaseWithData: fixture(() => databaseWithData({ ...options, tables, data })),
    databaseWithSchema: fixture(() => databaseWithSchema({ ...options, tables, data, schema })),
    databaseFactory: fixture(async () => databaseFactory(options)),
  }
}

/** Vitest reads the names of fixtures from the pattern of the first parameter, which may have no other form. */
// oxlint-disable-next-line no-empty-pattern -- see above
async function endOfFile({}: object, use: Use<undefined>): Promise<void> {
  await use(undefined)
  await dropDatabases()
}

function fixture<Value extends { drop(): Promise<void> }>(take: () => Promise<Value>): Fixture<Value> {
  // oxlint-disable-next-line no-unused-vars -- Vitest reads the pattern: what is named in it is set up before
  return async ({ databasesOfFile: _ }, use) => {
    const taken = await take()
    await use(taken)
    await taken.drop()
  }
}
