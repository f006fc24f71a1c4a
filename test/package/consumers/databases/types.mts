import {
  type DatabaseFixtures,
  databaseFixtures,
  restore,
  sqlFiles,
  type TestDatabase,
} from 'pg-sandbox/databases'
import { test as base } from 'vitest'

const test = base.extend<DatabaseFixtures>(databaseFixtures({ tables: [sqlFiles('migrations')] }))

test('a fixture has its type', async ({ databaseWithTables, databaseFactory }) => {
  const database: TestDatabase = databaseWithTables
  const port: number = database.port
  await using other = await databaseFactory.create('orders', { schema: `s${port}` })
  await restore('one user', { database: other, make: async () => {} })
})
