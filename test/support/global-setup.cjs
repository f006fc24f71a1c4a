'use strict'

const { randomBytes } = require('node:crypto')
const { startPostgres } = require('./postgres.cjs')

/** One server for all test files; `useDatabase()` makes each its own database on it. */
module.exports = async function globalSetup() {
  const postgres = await startPostgres()
  process.env.PG_SANDBOX_TEST_SERVER = postgres.url
  process.env.PG_SANDBOX_TEST_PREFIX = `pg_sandbox_test_${randomBytes(4).toString('hex')}_`
  Reflect.set(globalThis, '__pgSandboxTestServer', postgres)
}
