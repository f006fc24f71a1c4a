const { sqlFiles, workerDatabases } = require('pg-sandbox/workers')

module.exports = workerDatabases({ layers: [sqlFiles('workers/schema.sql')] })
