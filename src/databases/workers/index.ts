/**
 * A database for each worker of a suite.
 *
 * @packageDocumentation
 */
export { madeBy } from '../layers/made-by.ts'
export { shellCommand, type ShellCommandOptions } from '../layers/shell-command.ts'
export { sqlFiles } from '../layers/sql-files.ts'
export type { DatabaseInTheMaking, Layer, Recipe } from '../recipe.ts'
export type { TemplateOptions } from '../template.ts'
export { useWorkerDatabase, type WorkerDatabase } from './use-worker-database.ts'
export { type GlobalSetup, workerDatabases } from './worker-databases.ts'
