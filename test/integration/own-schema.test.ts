import { Client, Pool } from 'pg'
import { testTransaction } from '../../src/index.ts'
import { withClient } from '../support/both-ways.ts'
import { useDatabase } from '../support/database.ts'
import { withRoundTrips } from '../support/round-trips.ts'

const { close, configure, parallel, rollback, start } = testTransaction
const database = useDatabase(`
  create table notes (id serial primary key, body text);
  create schema app;
  create table app.settings (name text)`)

const OWN = /^sandbox_[0-9a-f]{16}$/
const OWN_FIRST = /^sandbox_[0-9a-f]{16}, "\$user", public$/
const PLAIN = '"$user", public'

let pool: Pool
beforeAll(() => {
  configure({ isolation: 'schema' })
  pool = new Pool({ connectionString: database.url() })
})
beforeEach(start)
afterEach(rollback)
afterAll(async () => {
  await close()
  await pool.end()
  const left = await database.outside("select nspname from pg_namespace where nspname like 'sandbox%'")
  expect(left).toEqual([])
  expect(await database.outside("select tablename from pg_tables where schemaname = 'public'")).toEqual([
    { tablename: 'notes' },
  ])
  expect(await database.countOutside('notes')).toBe(0)
})

async function pathOf(queryable: Pool | Client): Promise<string> {
  const { rows } = await queryable.query<{ search_path: string }>('show search_path')
  return rows[0]?.search_path ?? ''
}

async function schemaOf(table: string): Promise<string> {
  const { rows } = await pool.query<{ name: string }>(
    `select relnamespace::regnamespace::text as name from pg_class where oid = '${table}'::regclass`,
  )
  return rows[0]?.name ?? ''
}

test('a table that is made without a schema lands in that of the test, and hides one of the same name', async () => {
  await pool.query('insert into notes (body) values (1)')
  await pool.query('create table notes (body text)')
  expect((await pool.query('select * from notes')).rows).toEqual([])
  expect((await pool.query('select body from public.notes')).rows).toEqual([{ body: '1' }])
  expect(await schemaOf('notes')).toMatch(OWN)
})

test('a mere read finds the schema first in the path', async () => {
  expect(await pathOf(pool)).toMatch(OWN_FIRST)
  const { rows } = await pool.query('select current_schema() as own, current_schemas(false)::text[] as path')
  expect(rows).toEqual([{ own: expect.stringMatching(OWN), path: [expect.stringMatching(OWN), 'public'] }])
})

test('each test has another schema, each client of a test the same', async () => {
  const schemas: string[] = []
  for (let i = 0; i < 2; i += 1) {
    await start()
    const path = await pathOf(pool)
    expect(await withClient(database.url(), pathOf)).toBe(path)
    schemas.push(path)
    await rollback()
  }
  expect(schemas[0]).not.toBe(schemas[1])
})

test('deeper levels stay in the schema of the outer one', async () => {
  await pool.query('create table outer_one (id int)')
  const path = await pathOf(pool)
  await start()
  expect(await pathOf(pool)).toBe(path)
  await pool.query('create table inner_one (id int)')
  await rollback()
  expect(await pathOf(pool)).toBe(path)
  expect(await schemaOf('outer_one')).toMatch(OWN)
  await expect(pool.query('select * from inner_one')).rejects.toMatchObject({ code: '42P01' })
})

test('scopes side by side make the same table, and none waits for another', async () => {
  const made = await Promise.all(
    [1, 2, 3].map((id) =>
      parallel(async () => {
        await pool.query('create table users (id int primary key)')
        await pool.query('insert into users values ($1)', [id])
        return { rows: (await pool.query('select id from users')).rows, schema: await schemaOf('users') }
      }),
    ),
  )
  expect(made.map(({ rows }) => rows)).toEqual([[{ id: 1 }], [{ id: 2 }], [{ id: 3 }]])
  expect(new Set(made.map(({ schema }) => schema)).size).toBe(3)
})

describe('a path that the application sets', () => {
  test('takes the place of the schema, for its client alone', async () => {
    await withClient(database.url(), async (client) => {
      await client.query('set search_path to app')
      expect(await pathOf(client)).toBe('app')
      expect(await pathOf(pool)).toMatch(OWN_FIRST)
      expect(await pathOf(client)).toBe('app')
      expect((await client.query('select * from settings')).rows).toEqual([])
    })
  })

  test('comes after the schema of the next test', async () => {
    await withClient(database.url(), async (client) => {
      await client.query("select set_config('search_path', 'app', false)")
      await rollback()
      await start()
      expect(await pathOf(client)).toMatch(/^sandbox_[0-9a-f]{16}, app$/)
      expect(await pathOf(pool)).toMatch(OWN_FIRST)
      await client.query('set search_path to public')
      expect(await pathOf(client)).toBe('public')
    })
  })

  test('ends with its transaction where it is local, and where that is rolled back', async () => {
    await withClient(database.url(), async (client) => {
      const path = await pathOf(client)
      for (const [set, end] of [
        ['set local search_path to app', 'commit'],
        ['set local search_path to app', 'rollback'],
        ['set search_path to app', 'rollback'],
      ] as const) {
        await client.query('begin')
        await client.query(set)
        expect(await pathOf(client)).toBe('app')
        await client.query(end)
        expect(await pathOf(client)).toBe(path)
      }
    })
  })

  test.each(['reset search_path', 'set search_path to default', 'reset all'])(
    'goes with %s, and the schema is first again',
    async (reset) => {
      await withClient(database.url(), async (client) => {
        const path = await pathOf(client)
        await client.query('set search_path to app')
        await client.query(reset)
        expect(await pathOf(client)).toBe(path)
        await client.query('begin; set search_path to app')
        await client.query(reset)
        expect(await pathOf(client)).toBe(path)
        await client.query(`commit; set search_path to app; ${reset}; create table made_after (id int)`)
        expect(await pathOf(client)).toBe(path)
        expect(await schemaOf('made_after')).toMatch(OWN)
      })
    },
  )

  test('goes with DISCARD ALL, too', async () => {
    await withClient(database.url(), async (client) => {
      const path = await pathOf(client)
      await client.query('set search_path to app')
      await client.query('discard all')
      expect(await pathOf(client)).toBe(path)
    })
  })

  test('may be empty', async () => {
    await withClient(database.url(), async (client) => {
      await client.query("set search_path to ''")
      await rollback()
      await start()
      expect(await pathOf(client)).toMatch(/^sandbox_[0-9a-f]{16}, ""$/)
      await client.query('create table somewhere (id int)')
      expect(await schemaOf('somewhere')).toMatch(OWN)
    })
  })
})

test('a failed statement, and a transaction that is rolled back, stay in the schema', async () => {
  await expect(pool.query('select * from nowhere')).rejects.toMatchObject({ code: '42P01' })
  await pool.query('create table things (id int primary key)')
  const client = await pool.connect()
  await client.query('begin')
  await client.query('insert into things values (1)')
  await expect(client.query('insert into things values (1)')).rejects.toMatchObject({ code: '23505' })
  await client.query('rollback')
  client.release()
  expect((await pool.query('select * from things')).rows).toEqual([])
  expect(await schemaOf('things')).toMatch(OWN)
})

test('a role of the application makes its tables in it', async () => {
  await withClient(database.url(), async (client) => {
    await client.query('set role app_user')
    await rollback()
    await start()
    await client.query('create table mine (id int)')
    expect(await schemaOf('mine')).toMatch(OWN)
  })
})

test('after close() a client keeps the path that it has set, without the schema', async () => {
  const client = new Client(database.url())
  await client.connect()
  await client.query('set search_path to app')
  const other = new Client(database.url())
  await other.connect()
  expect(await pathOf(other)).toMatch(OWN_FIRST)
  await close()
  expect([await pathOf(client), await pathOf(other), await pathOf(pool)]).toEqual(['app', PLAIN, PLAIN])
  await client.end()
  await other.end()
  await start()
})

test('nothing of it waits for an answer of its own', async () => {
  await withRoundTrips(database.url(), (trips, url) =>
    withClient(url, async (client) => {
      await client.query('select 1')
      const counted = await trips.count(async () => {
        await start()
        await client.query("insert into notes (body) values ('a')")
        await client.query('select * from notes')
        await rollback()
      })
      expect(counted).toBe(2)
    }),
  )
})

test('a role that must not make schemas is told what it lacks', async () => {
  const name = new URL(database.url()).pathname.slice(1)
  await database.outside(`revoke create on database ${name} from app_user`)
  await withClient(database.url({ user: 'app_user', password: 'secret' }), async (client) => {
    await expect(client.query('select 1')).rejects.toMatchObject({ code: 'PG_SANDBOX_NO_PRIVILEGE' })
    configure({ isolation: 'transaction' })
    expect((await client.query('select 1 as one')).rows).toEqual([{ one: 1 }])
    configure({ isolation: 'schema' })
  })
})
