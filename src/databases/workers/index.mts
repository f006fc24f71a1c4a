export { madeBy, shellCommand, sqlFiles, useWorkerDatabase, workerDatabases } from './index.ts'
export type {
  DatabaseInTheMaking,
  GlobalSetup,
  Layer,
  Recipe,
  ShellCommandOptions,
  TemplateOptions,
  WorkerDatabase,
} from './index.ts'
