import { randomBytes } from 'node:crypto'
import { openOutside, type Row } from './outside.ts'

export type TestDatabase = {
  /** Where to reach it, as the superuser or as somebody else. */
  url(login?: { user: string; password?: string }): string
  /** Runs one statement from another process, so outside of any sandbox; gives the rows. */
  outside(text: string, values?: unknown[]): Promise<Row[]>
  /** How many rows of a table other users see. */
  countOutside(table: string): Promise<number>
  /** Ends the connection from outside, as nobody may be connected to a database that is cloned. */
  leave(): Promise<void>
  /** The server's version, `18` for example. */
  serverMajor(): Promise<number>
}

/**
 * Gives the test file, or the describe block, a fresh database of its own, dropped when all files have run. Call it twice for
 * two databases. `schema` is run in it from outside. The role `app_user` (password `secret`) may make tables in it.
 *
 * @example
 * const database = useDatabase('create table accounts (id int primary key)')
 * let pool: Pool
 * beforeAll(() => { pool = new Pool({ connectionString: database.url() }) })
 */
export function useDatabase(schema = ''): TestDatabase {
  const outside = openOutside()
  let url: string | undefined

  beforeAll(async () => {
    const server = serverUrl()
    const name = process.env.PG_SANDBOX_TEST_PREFIX + randomBytes(4).toString('hex')
    await outside.query(server, `create database ${name} template template0`)
    url = withChanges(server, (changed) => (changed.pathname = `/${name}`))
    await outside.query(url, GRANTS)
    if (schema) await outside.query(url, schema)
  })

  // The database is dropped when all tests have ended: hooks that come after this one may still look at it.
  afterAll(() => outside.close())

  const known = (): string => {
    if (!url)
      throw new Error('useDatabase() makes the database in beforeAll: ask for its url() in a hook or a test.')
    return url
  }
  return {
    url: (login) => (login ? withLogin(known(), login) : known()),
    outside: (text, values) => outside.query(known(), text, values),
    countOutside: async (table) => {
      const [row] = await outside.query(known(), `select count(*)::int as n from ${table}`)
      return Number(row?.n)
    },
    leave: () => outside.disconnect(known()),
    serverMajor: async () => {
      const [row] = await outside.query(known(), 'show server_version_num')
      return Math.floor(Number(row?.server_version_num) / 10_000)
    },
  }
}

const GRANTS = `do $$ begin
  if exists (select from pg_roles where rolname = 'app_user') then grant usage, create on schema public to app_user; end if;
end $$`

function serverUrl(): string {
  const url = process.env.PG_SANDBOX_TEST_SERVER
  if (!url) throw new Error('No server: useDatabase() belongs to tests of the Jest project "integration".')
  return url
}

function withLogin(url: string, login: { user: string; password?: string }): string {
  return withChanges(url, (changed) => {
    changed.username = login.user
    changed.password = login.password ?? ''
  })
}

function withChanges(url: string, change: (url: URL) => void): string {
  const changed = new URL(url)
  change(changed)
  return changed.href
}
