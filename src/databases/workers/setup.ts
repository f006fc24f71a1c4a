/**
 * A set-up file: `setupFiles: ['pg-sandbox/workers/setup']` gives each worker of Jest its own database. Jest waits for the
 * function that it exports.
 */
import { useWorkerDatabase } from './use-worker-database.ts'

module.exports = async (): Promise<void> => {
  await useWorkerDatabase()
}
