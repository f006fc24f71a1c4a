import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { promisify } from 'node:util'
import connectPgSimple from 'connect-pg-simple'
import session from 'express-session'
import pg from 'pg'
import type { Adapter } from '../instance.ts'

const Store = connectPgSimple(session)

/** A session store: `insert` stores a session, which replaces one with the same id. */
export const adapter: Adapter = {
  replaces: true,
  async prepare(url) {
    const client = new pg.Client({ connectionString: url })
    await client.connect()
    await client.query(
      readFileSync(createRequire(import.meta.url).resolve('connect-pg-simple/table.sql'), 'utf8'),
    )
    await client.end()
  },
  async open(url) {
    const pool = new pg.Pool({ connectionString: url })
    const store = new Store({ pool })
    const set = promisify<string, object, void>(store.set.bind(store))
    const get = promisify<string, { name: string }>(store.get.bind(store))
    return {
      insert: async (name) => {
        await set(name, { cookie: {}, name })
        if ((await get(name)).name !== name) throw new Error(`the session ${name} is not there`)
      },
      count: async () => (await pool.query('select count(*)::int as n from session')).rows[0].n,
      close: async () => {
        store.close()
        await pool.end()
      },
    }
  },
}
