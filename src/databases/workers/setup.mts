/** The same for Vitest, which waits for the module. */
import { useWorkerDatabase } from './index.ts'

await useWorkerDatabase()
