import { blankDatabase, dropDatabases, type TestDatabase } from 'pg-sandbox/databases'
import { sqlFiles, workerDatabases } from 'pg-sandbox/workers'

const blank: () => Promise<TestDatabase> = blankDatabase
const end: () => Promise<void> = dropDatabases
const setUp = workerDatabases({ layers: [sqlFiles('migrations')] })

export = { blank, end, setUp }
