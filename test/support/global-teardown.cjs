'use strict'

const { Client } = require('pg')

module.exports = async function globalTeardown() {
  await dropDatabases()
  await Reflect.get(globalThis, '__pgSandboxTestServer')?.stop()
}

/** The databases that test files have made with useDatabase(). */
async function dropDatabases() {
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
