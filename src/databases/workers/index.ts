/**
 * A database for each worker of a suite.
 *
 * @packageDocumentation
 */
export { madeBy } from '../templates/layers/made-by.ts'
export { shellCommand, type ShellCommandOptions } from '../templates/layers/shell-command.ts'
export { sqlFiles } from '../templates/layers/sql-files.ts'
export type { DatabaseInTheMaking, Layer, Recipe } from '../templates/recipe.ts'
export type { TemplateOptions } from '../templates/template.ts'
export { useWorkerDatabase, type WorkerDatabase } from './use-worker-database.ts'
export { type GlobalSetup, workerDatabases } from './worker-databases.ts'
