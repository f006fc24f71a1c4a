'use strict'

const { Client } = require('pg')

module.exports = async function globalTeardown() {
  await dropLeftDatabases()
  await Reflect.get(globalThis, '__pgSandboxTestServer')?.stop()
}

/** Databases that a test file could not drop: some connection was still open when it ended. */
async function dropLeftDatabases() {
  const { PG_SANDBOX_TEST_SERVER: server, PG_SANDBOX_TEST_PREFIX: prefix } = process.env
  if (!server || !prefix) return
  const client = new Client({ connectionString: server })
  await client.connect()
  const { rows } = await client.query('select datname from pg_database where starts_with(datname, $1)', [
    prefix,
  ])
  for (const { datname } of rows) await client.query(`drop database if exists "${datname}" with (force)`)
  await client.end()
}
