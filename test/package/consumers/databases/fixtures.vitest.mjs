import assert from 'node:assert/strict'
import pg from 'pg'
import { databaseFixtures, sqlFiles } from 'pg-sandbox/databases'
import { test as base } from 'vitest'

const test = base.extend(
  databaseFixtures({ tables: [sqlFiles('workers/schema.sql')], schema: 'billing', strategy: 'WAL_LOG' }),
)

async function tablesIn(database) {
  const client = new pg.Client({ connectionString: database.url })
  await client.connect()
  const { rows } = await client.query(
    "select schemaname as schema from pg_tables where schemaname in ('public', 'billing')",
  )
  await client.end()
  return rows.map(({ schema }) => schema)
}

const seen = new Set()

for (const name of ['one', 'two'])
  test(name, async ({ blankDatabase, databaseWithTables, databaseWithSchema, databaseFactory }) => {
    assert.deepEqual(await tablesIn(blankDatabase), [])
    assert.deepEqual([...new Set(await tablesIn(databaseWithTables))], ['public'])
    assert.deepEqual([...new Set(await tablesIn(databaseWithSchema))], ['billing'])
    const { database } = await databaseFactory.create('orders')
    assert.equal(seen.has(database), false)
    seen.add(database)
  })
