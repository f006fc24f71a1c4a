/**
 * Databases that tests have to themselves.
 *
 * The heart of databases/ is in two files. `ensureTemplate` (templates/template) makes a database once from a recipe, for all
 * processes and later runs. A `ClonePool` (clones/clone-pool) copies the template ahead of the tests: a test takes a clone
 * with `take()`, commits in it, and gives the clone up with `release()`, which drops it.
 *
 *     const template = await ensureTemplate(server, recipe)
 *     const pool = new ClonePool(server, template)
 *     const clone = await pool.take()
 *     pool.release(clone)
 *
 * The rest is care: whose a database is and who may drop it (naming/), how a database is asked of a server (server/), and how
 * databases are handed out to tests (kinds/, snapshots/) and to workers of a runner (workers/). Imports run downward only, from
 * kinds, snapshots and workers, which do not know each other, to clones, templates, server and naming.
 *
 * @packageDocumentation
 */
export { dropDatabases } from './drop-databases.ts'
export { type DatabaseFixtureFunctions, type DatabaseFixtures, databaseFixtures } from './kinds/fixtures.ts'
export type { Contents, Data, Schema, Tables } from './kinds/starting-contents.ts'
export { type DatabaseFactory, databaseFactory } from './kinds/database-factory.ts'
export {
  blankDatabase,
  databaseWithData,
  databaseWithSchema,
  databaseWithTables,
} from './kinds/starting-databases.ts'
export type { MakeOptions } from './kinds/take-database.ts'
export { fixtureFiles } from './templates/layers/fixture-files.ts'
export { type Checkpoint, checkpoint, layers } from './templates/layers/layers.ts'
export { madeBy } from './templates/layers/made-by.ts'
export { schemaFirst } from './templates/layers/schema-first.ts'
export { shellCommand, type ShellCommandOptions } from './templates/layers/shell-command.ts'
export { sqlFiles } from './templates/layers/sql-files.ts'
export type { ProcessEnvironment } from './server/process-environment.ts'
export type { DatabaseInTheMaking, Layer, Recipe } from './templates/recipe.ts'
export { restore, type RestoreOptions, snapshot, type SnapshotOptions } from './snapshots/snapshot.ts'
export type { DatabaseFacts, TestDatabase } from './kinds/test-database.ts'
