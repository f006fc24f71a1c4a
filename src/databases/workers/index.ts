/**
 * A database for each worker of a suite.
 *
 * The room is `pg-sandbox/workers`: a global set-up that makes the template, a set-up file that gives each worker its
 * database, and the look that finds out whether a database of an earlier run is still as it was made. Runners load it;
 * nothing of the package does. Without the room, workers that share a database would see each other's rows.
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
