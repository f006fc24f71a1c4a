import assert from 'node:assert/strict'
import { createRequire } from 'node:module'
import pg from 'pg'
import * as imported from 'pg-sandbox/databases'

const required = createRequire(import.meta.url)('pg-sandbox/databases')
assert.deepEqual(Object.keys(imported).toSorted(), Object.keys(required).toSorted())

const tables = [imported.madeBy('1', ({ run }) => run('create table notes (text text)'))]
const database = await required.databaseWithTables({ tables, strategy: 'WAL_LOG' })
const pool = new pg.Pool({ connectionString: database.url })
pool.on('error', () => {})
const write = () => pool.query("insert into notes values ('once')")
for (let times = 0; times < 2; times += 1) {
  await imported.restore('one note', { database, make: write })
  assert.equal((await pool.query('select * from notes')).rowCount, 1)
  await write()
}
await pool.end()
await imported.dropDatabases()
