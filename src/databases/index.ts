/**
 * Databases that tests have to themselves.
 *
 * @packageDocumentation
 */
export { dropDatabases } from './endings.ts'
export { type DatabaseFixtureFunctions, type DatabaseFixtures, databaseFixtures } from './kinds/fixtures.ts'
export type { Contents, Data, Schema, Tables } from './kinds/contents.ts'
export { type DatabaseFactory, databaseFactory } from './kinds/database-factory.ts'
export { blankDatabase, databaseWithData, databaseWithSchema, databaseWithTables } from './kinds/kinds.ts'
export type { MakeOptions } from './kinds/sources.ts'
export { fixtureFiles } from './layers/fixture-files.ts'
export { type Checkpoint, checkpoint, layers } from './layers/layers.ts'
export { madeBy } from './layers/made-by.ts'
export { schemaFirst } from './layers/schema-first.ts'
export { shellCommand, type ShellCommandOptions } from './layers/shell-command.ts'
export { sqlFiles } from './layers/sql-files.ts'
export type { ProcessEnvironment } from './process-environment.ts'
export type { DatabaseInTheMaking, Layer, Recipe } from './recipe.ts'
export { restore, type RestoreOptions, snapshot, type SnapshotOptions } from './snapshots/snapshot.ts'
export type { DatabaseFacts, TestDatabase } from './test-database.ts'
