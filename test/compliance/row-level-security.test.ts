import { Client, Pool, type PoolClient } from 'pg'
import { useBothWays } from '../support/both-ways.ts'
import { useComparison } from './compare.ts'
import { type Recorder } from './recorder.ts'

const SCHEMA = `
  create table notes (id serial primary key, tenant text not null default current_setting('app.tenant', true), body text);
  alter table notes enable row level security;
  create policy of_tenant on notes using (tenant = current_setting('app.tenant', true));
  grant select, insert, update, delete on notes to app_user;
  grant usage on all sequences in schema public to app_user`

const { compare, compareInEachProtocol } = useComparison(
  `${SCHEMA}; insert into notes (tenant, body) values ('a', 'note of a'), ('b', 'note of b')`,
)

const notes = 'select tenant, body from notes order by id'

async function tenantBegins(client: Recorder, tenant: string): Promise<void> {
  await client.run('begin')
  await client.run('set local role app_user')
  await client.extended("select set_config('app.tenant', $1, true)", tenant)
}

describe('a tenant that is set for the transaction', () => {
  compareInEachProtocol(
    'sees its own rows in it, and none outside',
    async (a) => {
      await a.run(notes)
      await tenantBegins(a, 'a')
      await a.run(notes)
      await a.run("insert into notes (body) values ('new of a') returning tenant")
      await a.run('select count(*) from notes')
      await a.run("update notes set body = 'changed' where tenant = 'b'")
      await a.run('commit')
      await a.run('set role app_user')
      await a.run(notes)
      await a.run('delete from notes')
      await a.run('reset role')
      await a.run('select count(*), count(distinct tenant) from notes')
    },
    [
      'complete SELECT 2',
      'row ["a","note of a"]',
      'SELECT 1',
      'row ["2"]',
      'UPDATE 0',
      'SELECT 0',
      'DELETE 0',
      'row ["3","2"]',
    ],
  )

  compareInEachProtocol(
    'is another one in the next transaction',
    async (a) => {
      for (const tenant of ['a', 'b', 'nobody']) {
        await tenantBegins(a, tenant)
        await a.run(notes)
        await a.run(`insert into notes (body) values ('by ${tenant}')`)
        await a.run(tenant === 'b' ? 'rollback' : 'commit')
      }
      await a.run('set role app_user')
      await a.run(notes)
      await a.run('reset role')
      await a.run('select tenant, body from notes order by body')
    },
    ['"note of a"', 'SELECT 1', '"note of b"', 'SELECT 1', 'SELECT 0', 'SELECT 0', '"by a"', '"by nobody"'],
  )

  compareInEachProtocol(
    'is gone after a failure',
    async (a) => {
      await tenantBegins(a, 'a')
      await a.run("insert into notes (tenant, body) values ('b', 'smuggled')")
      await a.run(notes)
      await a.run('commit')
      await a.run("select current_user, current_setting('app.tenant', true)")
      await tenantBegins(a, 'b')
      await a.run('savepoint s')
      await a.run("update notes set tenant = 'a'")
      await a.run('rollback to s')
      await a.run(notes)
      await a.run('commit')
      await a.run('select count(*) from notes')
    },
    [
      'rejected 42501, status E',
      '25P02',
      'row ["postgres",""]',
      'rejected 42501',
      '"note of b"',
      'row ["2"]',
    ],
  )

  compareInEachProtocol(
    'of one client is not the other one’s',
    async (a, b) => {
      await tenantBegins(a, 'a')
      await a.run(notes)
      await a.run('commit')
      await tenantBegins(b, 'b')
      await b.run(notes)
      await b.run('commit')
      await a.run('set role app_user')
      await b.run('set role app_user')
      await a.run(notes)
      await b.run("set app.tenant to 'b'")
      await b.run(notes)
      await a.run(notes)
    },
    ['"note of a"', '"note of b"', 'SELECT 0', '"note of b"', 'SELECT 0'],
  )

  compare(
    'in strings, as some poolers and libraries send it',
    async (a) => {
      await a.simple(`begin; set local role app_user; set local app.tenant to 'a'; ${notes}; commit`)
      await a.simple(`set local role app_user; select set_config('app.tenant', 'b', true); ${notes}`)
      await a.simple(`set local role app_user; ${notes}; select current_user`)
      await a.simple("select current_user; select current_setting('app.tenant', true)")
      await a.simple("begin; set local role app_user; select set_config('app.tenant', 'a', true)")
      await a.simple("insert into notes (tenant) values ('b'); commit")
      await a.simple('rollback; select current_user; select count(*) from notes')
    },
    [
      '"note of a"',
      '"note of b"',
      'SELECT 0',
      '"app_user"',
      '"postgres"',
      '""',
      '42501, status E',
      'row ["2"]',
    ],
  )
})

describe('policies', () => {
  compareInEachProtocol(
    'row_security = off makes a query fail that the policy would cut',
    async (a) => {
      await tenantBegins(a, 'a')
      await a.run('savepoint s')
      await a.run('set local row_security to off')
      await a.run(notes)
      await a.run('rollback to s')
      await a.run(notes)
      await a.run('commit')
      await a.run('show row_security')
      await a.run('begin')
      await a.run('set local row_security to off')
      await a.run(notes)
      await a.run('commit')
    },
    ['rejected 42501, status E', '"note of a"', 'row ["on"]', 'complete SELECT 2'],
  )

  compareInEachProtocol(
    'a policy made and dropped by the client itself',
    async (a) => {
      await a.run("create policy all_of_it on notes for select using (body like 'note%')")
      await tenantBegins(a, 'a')
      await a.run('select count(*) from notes')
      await a.run('commit')
      await a.run('begin')
      await a.run('drop policy all_of_it on notes')
      await a.run('set local role app_user')
      await a.run(notes)
      await a.run('rollback')
      await tenantBegins(a, 'b')
      await a.run(notes)
      await a.run('commit')
    },
    ['row ["2"]', 'SELECT 0', 'SELECT 2'],
  )
})

describe('an application with a pool', () => {
  const { expectSame } = useBothWays(SCHEMA)

  /** What a web framework does for each request. */
  async function asTenant<Result>(
    pool: Pool,
    tenant: string,
    work: (client: PoolClient) => Promise<Result>,
  ): Promise<Result> {
    const client = await pool.connect()
    try {
      await client.query('BEGIN')
      await client.query('SET LOCAL ROLE app_user')
      await client.query("SELECT set_config('app.tenant', $1, true)", [tenant])
      const result = await work(client)
      await client.query('COMMIT')
      return result
    } catch (error) {
      await client.query('ROLLBACK')
      throw error
    } finally {
      client.release()
    }
  }

  const add = (pool: Pool, tenant: string, body: string): Promise<unknown> =>
    asTenant(pool, tenant, async (client) => client.query('INSERT INTO notes (body) VALUES ($1)', [body]))
  const list = (pool: Pool, tenant: string): Promise<string[]> =>
    asTenant(pool, tenant, async (client) =>
      (await client.query('SELECT body FROM notes ORDER BY body')).rows.map(({ body }) => body),
    )

  test.each([1, 3])('of %i clients keeps its tenants apart', (max) =>
    expectSame(async ({ url }) => {
      const pool = new Pool({ connectionString: url(), max })
      await Promise.all(['a', 'b', 'c'].map((tenant) => add(pool, tenant, `note of ${tenant}`)))
      await expect(
        asTenant(pool, 'a', async (client) => client.query("INSERT INTO notes (tenant) VALUES ('b')")),
      ).rejects.toMatchObject({ code: '42501' })
      const seen = await Promise.all(['a', 'b', 'c', 'd'].map((tenant) => list(pool, tenant)))
      const outside = await pool.query(
        "SELECT current_user, coalesce(current_setting('app.tenant', true), '') AS tenant",
      )
      const all = await pool.query('SELECT count(*)::int AS n FROM notes')
      await pool.end()
      expect(seen).toEqual([['note of a'], ['note of b'], ['note of c'], []])
      return [seen, outside.rows, all.rows]
    }),
  )

  test('that logs in as the restricted user sees nothing without a tenant', () =>
    expectSame(async ({ url }) => {
      const pool = new Pool({ connectionString: url({ user: 'app_user', password: 'secret' }), max: 2 })
      await add(pool, 'a', 'note of a')
      const seen = [await list(pool, 'a'), await list(pool, 'b')]
      const without = await pool.query('SELECT * FROM notes')
      const refused = await pool.query("INSERT INTO notes (tenant) VALUES ('a')").catch(({ code }) => code)
      await pool.end()
      expect([seen, without.rows, refused]).toEqual([[['note of a'], []], [], '42501'])
      return [seen, without.rows, refused]
    }))

  test('whose set-up writes as the owner of the tables and whose test runs as the user', () =>
    expectSame(async ({ url }) => {
      const client = new Client({ connectionString: url() })
      await client.connect()
      await client.query("INSERT INTO notes (tenant, body) VALUES ('a', 'one'), ('b', 'two')")
      await client.query('SET ROLE app_user')
      const none = await client.query('SELECT body FROM notes')
      await client.query("SET app.tenant = 'b'")
      const own = await client.query('SELECT body FROM notes')
      await client.query('RESET ALL; RESET ROLE')
      const all = await client.query('SELECT body FROM notes ORDER BY id')
      await client.end()
      expect(own.rows).toEqual([{ body: 'two' }])
      return [none.rows, own.rows, all.rows]
    }))
})
