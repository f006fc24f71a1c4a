import path from 'node:path'
import { runner } from 'node-pg-migrate'
import pg from 'pg'
import type { Adapter } from '../instance.ts'
import { rowsOf } from './pg-queries.ts'

const dir = path.join(import.meta.dirname, '..', '..', 'migrations', 'node-pg-migrate')

export const adapter: Adapter = {
  async open(url) {
    const pool = new pg.Pool({ connectionString: url })
    const migrate = (direction: 'up' | 'down') =>
      runner({ databaseUrl: url, dir, direction, count: 1, migrationsTable: 'pgmigrations', log: () => {} })
    return {
      raw: (text) => rowsOf(pool, text),
      migrations: { up: () => migrate('up'), fail: () => migrate('up'), down: () => migrate('down') },
      close: () => pool.end(),
    }
  },
}
