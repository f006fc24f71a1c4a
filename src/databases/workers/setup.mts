/** The set-up file of workers/setup.ts, for Vitest, which waits for the module. */
import { useWorkerDatabase } from './index.ts'

await useWorkerDatabase()
