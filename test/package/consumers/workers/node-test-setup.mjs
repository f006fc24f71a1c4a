import { sqlFiles, useWorkerDatabase } from 'pg-sandbox/workers'

await useWorkerDatabase({ layers: [sqlFiles('workers/schema.sql')] })
