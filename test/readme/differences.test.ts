/** Each line of "What differs inside a test transaction", tried on a real server. */
import { setTimeout as sleep } from 'node:timers/promises'
import { Pool, type PoolClient } from 'pg'
import { testTransaction } from '../../src/index.ts'
import { useDatabase } from '../support/database.ts'
import { section } from './support/readme.ts'

const SCHEMA = [
  'create table users (id serial primary key, email text unique)',
  'create table parents (id int primary key)',
  'create table children (parent int references parents deferrable initially deferred)',
  "create type mood as enum ('sad')",
  'create procedure commits() language plpgsql as $$ begin commit; end $$',
]

let pool: Pool
// In front of the hook that drops the database, which would wait for the sandbox's connection.
afterAll(async () => {
  await pool.end()
  await testTransaction.close()
})

const database = useDatabase()

beforeAll(async () => {
  for (const sql of SCHEMA) await database.outside(sql)
  await testTransaction.start()
  pool = new Pool({ connectionString: database.url(), max: 2 })
})
beforeEach(testTransaction.start)
afterEach(testTransaction.rollback)

async function value(sql: string, from: Pool | PoolClient = pool): Promise<unknown> {
  const { rows } = await from.query<unknown[]>({ text: sql, rowMode: 'array' })
  return rows[0]?.[0]
}

async function withClients(work: (one: PoolClient, other: PoolClient) => Promise<void>): Promise<void> {
  const [one, other] = [await pool.connect(), await pool.connect()]
  try {
    await work(one, other)
  } finally {
    one.release()
    other.release()
  }
}

async function transaction(client: PoolClient, ...statements: string[]): Promise<void> {
  for (const sql of ['BEGIN', ...statements, 'COMMIT']) await client.query(sql)
}

const insert = "INSERT INTO users (email) VALUES ('ada') RETURNING id"

const differences: Record<string, () => Promise<void>> = {
  '`now()` stands still.': async () => {
    expect(await value('SELECT now()::text')).not.toBe(await value('SELECT now()::text'))
    await pool.query(insert)
    const now = await value('SELECT now()::text')
    const clock = await value('SELECT clock_timestamp()::text')
    await sleep(5)
    expect(await value('SELECT now()::text')).toBe(now)
    expect(await value('SELECT clock_timestamp()::text')).not.toBe(clock)
  },

  'Sequences are not rolled back.': async () => {
    const first = await value(insert)
    await testTransaction.rollback()
    await testTransaction.start()
    expect(await value(insert)).toBe(Number(first) + 1)
  },

  'The transaction id stays.': async () => {
    await withClients(async (client) => {
      const ids: unknown[] = []
      for (const sql of ['SELECT txid_current()::text', 'SELECT pg_current_xact_id()::text']) {
        await client.query('BEGIN')
        ids.push(await value(sql, client))
        await client.query('COMMIT')
      }
      expect(ids[0]).toBe(ids[1])
    })
  },

  'Clients are not isolated from each other.': async () => {
    await withClients(async (one, other) => {
      await one.query(insert)
      expect(await value('SELECT email FROM users FOR UPDATE NOWAIT', other)).toBe('ada')
      await one.query('BEGIN ISOLATION LEVEL SERIALIZABLE')
      expect(await value('SHOW transaction_isolation', one)).toBe('read committed')
      await one.query('COMMIT')
    })
  },

  'Other processes see nothing.': async () => {
    await pool.query(insert)
    await expect(database.countOutside('users')).resolves.toBe(0)
  },

  'Some statements fail.': async () => {
    const text = section('What differs inside a test transaction')
    const [line = ''] = text.match(/^.*Some statements fail.*$/m) ?? []
    const refused = ['VACUUM', 'CREATE DATABASE', 'CREATE INDEX CONCURRENTLY', 'ALTER SYSTEM']
    const whole: Record<string, string> = {
      'CREATE DATABASE': 'CREATE DATABASE never_made',
      'CREATE INDEX CONCURRENTLY': 'CREATE INDEX CONCURRENTLY ON users (email)',
      'ALTER SYSTEM': "ALTER SYSTEM SET work_mem = '4MB'",
    }
    for (const statement of refused) {
      expect(line).toContain(`\`${statement}\``)
      await expect(pool.query(whole[statement] ?? statement)).rejects.toMatchObject({ code: '25001' })
    }
    await expect(pool.query('CALL commits()')).rejects.toMatchObject({ code: '2D000' })
    await expect(pool.query('DO $$ BEGIN COMMIT; END $$')).rejects.toMatchObject({ code: '2D000' })
  },

  "Deferred constraints are checked at the application's `COMMIT` only.": async () => {
    await withClients(async (client) => {
      const checked = transaction(client, 'INSERT INTO children VALUES (1)')
      await expect(checked).rejects.toMatchObject({ code: '23503' })
      expect(await value('SELECT count(*)::int FROM children')).toBe(0)
      await client.query('INSERT INTO children VALUES (2)')
      expect(await value('SELECT parent FROM children')).toBe(2)
    })
  },

  'Notifications are not delivered.': async () => {
    await withClients(async (listener, other) => {
      const received: unknown[] = []
      listener.on('notification', (notification) => received.push(notification))
      await listener.query('LISTEN news')
      await transaction(other, "NOTIFY news, 'one'", "SELECT pg_notify('news', 'two')")
      await database.outside("SELECT pg_notify('news', 'from elsewhere')")
      await sleep(50)
      await listener.query('SELECT 1')
      expect(received).toEqual([])
    })
  },

  'Advisory locks are shared.': async () => {
    await withClients(async (one, other) => {
      await one.query('SELECT pg_advisory_lock(1), pg_advisory_xact_lock(2)')
      expect(await value('SELECT pg_try_advisory_lock(1)', other)).toBe(true)
    })
    await testTransaction.rollback()
    const held = "select objid::int from pg_locks where locktype = 'advisory'"
    await expect(database.outside(held)).resolves.toEqual([])
    await testTransaction.start()
  },

  'Temporary tables are shared.': async () => {
    await withClients(async (one, other) => {
      await transaction(
        one,
        'CREATE TEMP TABLE drafts ON COMMIT DROP AS SELECT 1 AS id',
        'CREATE TEMP TABLE lines ON COMMIT DELETE ROWS AS SELECT 2 AS id',
      )
      expect(await value('SELECT id FROM drafts', other)).toBe(1)
      expect(await value('SELECT id FROM lines', other)).toBe(2)
    })
  },

  'Names of SQL `PREPARE` are shared.': async () => {
    await withClients(async (one, other) => {
      await one.query('PREPARE three AS SELECT 3')
      expect(await value('EXECUTE three', other)).toBe(3)
    })
  },

  'A local setting may last.': async () => {
    await withClients(async (client) => {
      await transaction(client, "SELECT set_config('app.user', 'ada', true)")
      expect(await value("SELECT coalesce(current_setting('app.user', true), '')", client)).toBe('')
      await transaction(client, "SELECT set_config('app.user', 'ada', true), 1")
      expect(await value("SELECT current_setting('app.user', true)", client)).toBe('ada')
    })
  },

  'A new enum value cannot be used.': async () => {
    await pool.query("ALTER TYPE mood ADD VALUE 'glad'")
    await expect(pool.query("SELECT 'glad'::mood")).rejects.toMatchObject({ code: '55P04' })
  },

  'All clients have one backend.': async () => {
    await withClients(async (one, other) => {
      // As with a real connection, a client that loses it says so.
      for (const client of [one, other]) client.on('error', () => {})
      const pid = await value('SELECT pg_backend_pid()', one)
      expect(await value('SELECT pg_backend_pid()', other)).toBe(pid)
      await one.query(insert)
      await expect(one.query('SELECT pg_terminate_backend(pg_backend_pid())')).rejects.toThrow()
      await expect(other.query('SELECT 1')).rejects.toMatchObject({ code: 'PG_SANDBOX_CONNECTION_LOST' })
    })
  },

  'A pool has no limit.': async () => {
    const clients = [await pool.connect(), await pool.connect(), await pool.connect()]
    expect(pool.totalCount).toBe(3)
    expect(pool.options.max).toBe(2)
    for (const client of clients) client.release()
  },
}

test('every line of the section is tried here', () => {
  const text = section('What differs inside a test transaction')
  const leads = Array.from(text.matchAll(/^- \*\*(.+?)\*\* \S/gm), ([, lead = '']) => lead)
  expect(leads).toHaveLength(text.match(/^- /gm)?.length ?? 0)
  expect(leads).toEqual(Object.keys(differences))
})

test.each(Object.entries(differences))('%s', async (_lead, tried) => {
  await tried()
})
