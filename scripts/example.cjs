'use strict'

// `npm run example`: runs the suite of examples/jest/ on a real server, then counts the rows it left.

const { spawn } = require('node:child_process')
const { once } = require('node:events')
const { readFileSync } = require('node:fs')
const path = require('node:path')
const { Client } = require('pg')
// oxlint-disable-next-line import/no-unassigned-import -- it hooks into require()
require('../test/support/register-typescript.cjs')
const { startPostgres } = require('../test/support/postgres.cjs')

const FOLDER = path.join(__dirname, '..', 'examples', 'jest')
const DATABASE = `pg_sandbox_example_test_${process.pid}`

async function main() {
  const postgres = await startPostgres()
  console.log(`PostgreSQL ${postgres.version}`)
  try {
    process.exitCode = await withDatabase(postgres.url, runExample)
  } finally {
    await postgres.stop()
  }
}

/**
 * @param {string} url
 * @returns {Promise<number>} the exit code
 */
async function runExample(url) {
  await query(url, readFileSync(path.join(FOLDER, 'schema.sql'), 'utf8'))
  const before = await countRows(url)
  const failed = (await runJest(url)) !== 0
  const after = await countRows(url)
  console.log('\nRows in each table before and after the suite, counted over a plain connection:')
  console.table(
    Object.fromEntries(
      Object.keys(after).map((table) => [table, { before: before[table], after: after[table] }]),
    ),
  )
  const same = Object.keys(after).every((table) => before[table] === after[table])
  console.log(same ? 'The tables are as empty as before.' : 'The suite left rows behind.')
  return failed || !same ? 1 : 0
}

/** @param {string} url */
async function runJest(url) {
  const jest = require.resolve('jest/bin/jest')
  const options = ['--config', path.join(FOLDER, 'jest.config.cjs'), ...process.argv.slice(2)]
  const child = spawn(process.execPath, [jest, ...options], {
    stdio: 'inherit',
    env: { ...process.env, DATABASE_URL: url },
  })
  const [code] = await once(child, 'exit')
  return code
}

/**
 * @param {string} server
 * @param {(url: string) => Promise<number>} work
 */
async function withDatabase(server, work) {
  const url = new URL(server)
  url.pathname = `/${DATABASE}`
  await query(server, `create database ${DATABASE}`)
  try {
    return await work(url.href)
  } finally {
    await query(server, `drop database ${DATABASE} with (force)`)
  }
}

/**
 * @param {string} url
 * @returns {Promise<Record<string, number>>}
 */
async function countRows(url) {
  const tables = await query(url, "select tablename from pg_tables where schemaname = 'public' order by 1")
  /** @type {Record<string, number>} */
  const counts = {}
  for (const { tablename } of tables) {
    const [row] = await query(url, `select count(*)::int as n from ${tablename}`)
    counts[tablename] = row.n
  }
  return counts
}

/**
 * @param {string} url
 * @param {string} text
 */
async function query(url, text) {
  const client = new Client({ connectionString: url })
  await client.connect()
  try {
    return (await client.query(text)).rows
  } finally {
    await client.end()
  }
}

main().catch((error) => {
  console.error(error)
  process.exitCode = 1
})
