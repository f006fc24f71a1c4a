export { madeBy, shellCommand, sqlFiles, useWorkerDatabase, workerDatabases } from './index.ts'
export type {
  DatabaseInTheMaking,
  GlobalSetup,
  Layer,
  Recipe,
  ShellCommandOptions,
  WorkerDatabase,
} from './index.ts'
