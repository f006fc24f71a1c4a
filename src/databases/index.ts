/**
 * Databases that tests have to themselves.
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
export { type Checkpoint, checkpoint, layers } from './templates/layers/layers.ts'
export { madeBy } from './templates/layers/made-by.ts'
export { schemaFirst } from './templates/layers/schema-first.ts'
export { shellCommand, type ShellCommandOptions } from './templates/layers/shell-command.ts'
export { sqlFiles } from './templates/layers/sql-files.ts'
export type { ProcessEnvironment } from './server/process-environment.ts'
export type { DatabaseInTheMaking, Layer, Recipe } from './templates/recipe.ts'
export { restore, type RestoreOptions, snapshot, type SnapshotOptions } from './snapshots/snapshot.ts'
export type { DatabaseFacts, TestDatabase } from './kinds/test-database.ts'
