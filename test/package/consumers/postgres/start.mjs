import assert from 'node:assert/strict'
import { createRequire } from 'node:module'
import pg from 'pg'
import * as imported from 'pg-sandbox/postgres'

const required = createRequire(import.meta.url)('pg-sandbox/postgres')
assert.equal(imported.startPostgres, required.startPostgres)
assert.deepEqual(Object.keys(imported).toSorted(), Object.keys(required).toSorted())

const { url, version } = await imported.startPostgres({ database: 'it\'s "a" test ü' })
const client = new pg.Client({ connectionString: url })
await client.connect()
const { rows } = await client.query(
  "select current_database() as name, current_setting('server_version') as version",
)
await client.end()
assert.deepEqual(rows, [{ name: 'it\'s "a" test ü', version }])
// Nobody stops the server, and the process ends all the same.
console.log(`port ${new URL(url).port}`)
