import path from 'node:path'
import { sql } from 'drizzle-orm'
import { drizzle, type NodePgDatabase } from 'drizzle-orm/node-postgres'
import { migrate } from 'drizzle-orm/node-postgres/migrator'
import { pgTable, serial, text } from 'drizzle-orm/pg-core'
import { type Adapter, ISOLATION_LEVELS, type Transaction } from '../instance.ts'
import { makePool, poolInstance } from './pg-pool.ts'

const accounts = pgTable('accounts', { id: serial().primaryKey(), name: text().notNull().unique() })

export const adapter: Adapter = {
  takesOnConnect: true,
  empty: 'drop schema if exists drizzle cascade',
  async open(url, options) {
    const pool = makePool(url, options)
    const db = drizzle({ client: pool })
    const { lend, close } = poolInstance(db.$client)
    return {
      ...handleOf(db),
      transaction: (work, { isolation, readOnly } = {}) =>
        db.transaction((tx) => work(handleOf(tx)), {
          ...(isolation && { isolationLevel: isolation }),
          ...(readOnly && { accessMode: 'read only' }),
        }),
      nests: true,
      isolationLevels: ISOLATION_LEVELS,
      readOnly: true,
      script: (statements) => db.execute(sql.raw(statements)),
      lend,
      migrations: {
        up: () => migrate(db, { migrationsFolder: folderOf('first') }),
        fail: () => migrate(db, { migrationsFolder: folderOf('both') }),
      },
      close,
    }
  },
}

function handleOf(db: Pick<NodePgDatabase, 'insert' | '$count' | 'execute' | 'transaction'>): Transaction {
  return {
    insert: async (name) => db.insert(accounts).values({ name }),
    count: async () => db.$count(accounts),
    raw: async (statement) => (await db.execute(sql.raw(statement))).rows,
    nested: (work) => db.transaction((inner) => work(handleOf(inner))),
  }
}

function folderOf(migrations: 'first' | 'both'): string {
  return path.join(import.meta.dirname, '..', '..', 'migrations', 'drizzle', migrations)
}
