/** Each line of "What differs inside a test transaction", tried on a real server. */
import { setTimeout as sleep } from 'node:timers/promises'
import { Pool, type PoolClient, type Submittable } from 'pg'
import { testTransaction } from '../../src/index.ts'
import { useDatabase } from '../support/database.ts'
import { until } from '../support/until.ts'
import { section } from './support/readme.ts'

const Cursor: new (sql: string) => Submittable & {
  read(rows: number): Promise<unknown[]>
  close(): Promise<void>
} = require('pg-cursor')

const SCHEMA = [
  'create table users (id serial primary key, email text unique)',
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

function processId(client: PoolClient): number {
  return (client as unknown as { processID: number }).processID
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

  '`currval()` and `lastval()` are shared.': async () => {
    await withClients(async (one, other) => {
      const id = await value(insert, one)
      expect(await value("SELECT currval('users_id_seq')", other)).toBe(String(id))
      expect(await value('SELECT lastval()', other)).toBe(String(id))
    })
    await testTransaction.rollback()
    await testTransaction.start()
    expect(await value('SELECT lastval()')).toEqual(expect.stringMatching(/^\d+$/))
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
      expect(await value('SHOW transaction_isolation', one)).toBe('serializable')
      expect(await value("SELECT current_setting('transaction_isolation')", one)).toBe('read committed')
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

  'Only notifications of statements are delivered.': async () => {
    await withClients(async (listener, other) => {
      const received: unknown[] = []
      listener.on('notification', ({ payload }) => received.push(payload))
      await listener.query('LISTEN news')
      await transaction(other, "NOTIFY news, 'one'", "SELECT pg_notify('news', 'two')")
      await other.query({ text: 'SELECT pg_notify($1, $2)', values: ['news', 'three'] })
      await other.query("DO $$ BEGIN NOTIFY news, 'from a block'; END $$")
      await other.query("SELECT pg_notify('news', n::text) FROM generate_series(8, 9) n")
      await database.outside("SELECT pg_notify('news', 'from elsewhere')")
      await listener.query('SELECT 1')
      expect(received).toEqual(['one', 'two', 'three'])
      expect(await value('SELECT count(*)::int FROM pg_listening_channels()', listener)).toBe(0)
    })
  },

  'Advisory locks are shared.': async () => {
    await withClients(async (one, other) => {
      await one.query('SELECT pg_advisory_lock(1), pg_advisory_xact_lock(2)')
      expect(await value('SELECT pg_try_advisory_lock(1)', other)).toBe(true)
    })
    await testTransaction.rollback()
    // The ROLLBACK has been sent, and is not waited for.
    const held = "select from pg_locks where locktype = 'advisory'"
    await until(async () => (await database.outside(held)).length === 0)
    await testTransaction.start()
  },

  'Temporary tables are shared.': async () => {
    await withClients(async (one, other) => {
      await one.query('CREATE TEMP TABLE drafts (id int)')
      await expect(other.query('CREATE TEMP TABLE drafts (id int)')).rejects.toMatchObject({ code: '42P07' })
      const renamed = ['CREATE TEMP TABLE lines (id int) ON COMMIT DROP', 'ALTER TABLE lines RENAME TO kept']
      await transaction(one, ...renamed)
      expect(await value('SELECT count(*)::int FROM kept', one)).toBe(0)
    })
  },

  'Names of SQL `PREPARE` and of cursors are shared.': async () => {
    await withClients(async (one, other) => {
      await one.query('PREPARE three AS SELECT 3')
      expect(await value('EXECUTE three', other)).toBe(3)
      await one.query('DECLARE four CURSOR WITH HOLD FOR SELECT 4')
      expect(await value('FETCH four', other)).toBe(4)
    })
  },

  'A cursor `WITH HOLD` is not saved at `COMMIT`.': async () => {
    await withClients(async (client) => {
      await transaction(
        client,
        'DECLARE late CURSOR WITH HOLD FOR SELECT 1 / (1 - n) FROM generate_series(0, 1) n',
      )
      expect(await value('FETCH late', client)).toBe(1)
      await expect(client.query('FETCH late')).rejects.toMatchObject({ code: '22012' })
    })
  },

  'A setting made inside a function may last.': async () => {
    await withClients(async (one, other) => {
      const user = "SELECT coalesce(current_setting('app.user', true), '')"
      await transaction(one, "SELECT set_config('app.user', 'ada', true) FROM generate_series(1, 2)")
      expect(await value(user, one)).toBe('')
      await transaction(one, "DO $$ BEGIN PERFORM set_config('app' || '.user', 'ada', true); END $$")
      expect(await value(user, one)).toBe('ada')
      await one.query("DO $$ BEGIN PERFORM set_config('app' || '.team', 'blue', false); END $$")
      expect(await value("SELECT current_setting('app.team')", other)).toBe('blue')
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
      expect(processId(one)).not.toBe(processId(other))
      await one.query(insert)
      await expect(one.query('SELECT pg_terminate_backend(pg_backend_pid())')).rejects.toThrow()
      await expect(other.query('SELECT 1')).rejects.toMatchObject({ code: 'PG_SANDBOX_CONNECTION_LOST' })
    })
  },

  'A unit of the protocol that goes on after Flush ends when another client runs.': async () => {
    await withClients(async (one, other) => {
      const cursor = one.query(
        new Cursor("INSERT INTO users (email) VALUES ('ada'), ('bob') RETURNING email"),
      )
      expect(await cursor.read(1)).toEqual([{ email: 'ada' }])
      expect(await value('SELECT count(*)::int FROM users', other)).toBe(2)
      expect(await cursor.read(1)).toEqual([{ email: 'bob' }])
      await cursor.close()
    })
  },

  'A query of a client that is gone may be cancelled.': async () => {
    const client = await pool.connect()
    client.on('error', () => {})
    const gone = client.query("INSERT INTO users (email) SELECT 'ada' FROM pg_sleep(3)").catch(() => {})
    await sleep(50)
    client.release(true)
    expect(await value('SELECT count(*)::int FROM users')).toBe(0)
    await gone
  },

  '`query_timeout` counts the time in line.': async () => {
    await withClients(async (one, other) => {
      const busy = one.query('SELECT pg_sleep(0.5)')
      const query = { text: 'SELECT 1', query_timeout: 100 }
      await expect(other.query(query)).rejects.toThrow('Query read timeout')
      await busy
    })
  },

  'Limits of idleness have no effect.': async () => {
    await withClients(async (client) => {
      const limits = ['idle_in_transaction_session_timeout', 'idle_session_timeout']
      for (const name of limits) await client.query(`SET ${name} = 50`)
      await client.query('BEGIN')
      await client.query(insert)
      await sleep(200)
      await client.query('COMMIT')
      expect(await value('SELECT count(*)::int FROM users')).toBe(1)
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
