import { sqlFiles, workerDatabases } from 'pg-sandbox/workers'

export default workerDatabases({ layers: [sqlFiles('workers/schema.sql')] })
