'use strict'

const assert = require('node:assert/strict')
const { appendFileSync } = require('node:fs')
const { Client } = require('pg')

/** Both ways of an application to find its database lead to the worker's own, which is told. */
module.exports.usesItsOwn = async function usesItsOwn() {
  const found = []
  for (const config of [{ connectionString: process.env.DATABASE_URL }, {}]) {
    const client = new Client(config)
    await client.connect()
    await client.query("begin; insert into notes (text) values ('eve')")
    const { rows } = await client.query(
      'select datname as name, oid, (select count(*)::int from notes) as notes from pg_database where datname = current_database()',
    )
    await client.query('rollback')
    found.push(rows[0])
    await client.end()
  }
  assert.deepEqual(found[0], found[1])
  assert.equal(found[0].notes, 2)
  const number = process.env.JEST_WORKER_ID ?? process.env.VITEST_POOL_ID
  assert.match(
    found[0].name,
    number === undefined ? /_worker_r\w+_k\w+$/ : new RegExp(`_worker_r\\w+_s2_w${number}$`),
  )
  appendFileSync(process.env.FOUND_FILE, `${found[0].oid}\n`)
}
