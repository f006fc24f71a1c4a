'use strict'

const assert = require('node:assert/strict')
const { writeFileSync } = require('node:fs')
const { Client } = require('pg')

/** Both ways of an application to find its database lead to the same one, which is told. */
module.exports.findsServer = async function findsServer() {
  const found = []
  for (const config of [{ connectionString: process.env.DATABASE_URL }, {}]) {
    const client = new Client(config)
    await client.connect()
    const { rows } = await client.query("select current_database() as name, current_setting('port') as port")
    found.push(rows[0])
    await client.end()
  }
  assert.deepEqual(found[0], found[1])
  writeFileSync(process.env.FOUND_FILE, JSON.stringify(found[0]))
}
