/** What the backends do each in its own way, on purpose: one connection for all clients, or one for each. */
import type { Client } from 'pg'
import { testTransaction } from '../../../src/index.ts'
import { BACKENDS, useBackend } from '../../support/backends.ts'
import { describeError, withClient } from '../../support/both-ways.ts'

const SCHEMA = `
  create table notes (id int primary key, text text);
  create procedure add_and_commit() language plpgsql as $$ begin insert into notes values (1); commit; end $$`

describe.each(BACKENDS)("isolation: '%s'", (backend) => {
  const tests = useBackend(backend, SCHEMA)
  const isOwn = backend === 'database'

  const withTwo = (work: (one: Client, other: Client) => Promise<void>): Promise<void> =>
    withClient(tests.database.url(), (one) => withClient(tests.database.url(), (other) => work(one, other)))
  const valueOf = async (client: Client, sql: string): Promise<unknown> =>
    Object.values((await client.query(sql)).rows[0] as object)[0]

  test('two clients have a backend each where they have connections of their own', () =>
    withTwo(async (one, other) => {
      const pid = 'select pg_backend_pid()'
      const isSame = (await valueOf(one, pid)) === (await valueOf(other, pid))
      expect(isSame).toBe(!isOwn)
    }))

  test("a client's query waits for the transaction of another where they share a connection, and is then refused", () =>
    withTwo(async (one, other) => {
      testTransaction.configure({ outsideQueryTimeout: 100 })
      await one.query('begin')
      await one.query('insert into notes values (1)')
      const count = 'select count(*)::int as n from notes'
      const seen = await other.query(count).then(({ rows }) => rows, describeError)
      expect(seen).toMatchObject(isOwn ? [{ n: 0 }] : { code: 'PG_SANDBOX_OUTSIDE_QUERY' })
      await one.query('commit')
      expect((await other.query(count)).rows).toEqual([{ n: 1 }])
      testTransaction.configure({ outsideQueryTimeout: 1000 })
    }))

  describe('an advisory lock', () => {
    test('keeps another client out where it has a connection of its own', () =>
      withTwo(async (one, other) => {
        expect(await valueOf(one, 'select pg_try_advisory_lock(11)')).toBe(true)
        expect(await valueOf(other, 'select pg_try_advisory_lock(11)')).toBe(!isOwn)
      }))

    test('ends with the level in which it was taken', async () => {
      await testTransaction.start()
      await tests.pool.query('select pg_advisory_lock(12)')
      const takenOutside = 'select pg_try_advisory_lock(12) as taken'
      // Locks are those of a database, and there it is another one.
      expect(await tests.database.outside(takenOutside)).toEqual([{ taken: isOwn }])
      await tests.database.outside('select pg_advisory_unlock_all()')
      // Where no clone has been made ahead, one is copied for what comes now.
      await tests.database.leave()
      await testTransaction.rollback()
      // rollback() does not wait for the server's answer: what is asked next comes behind it.
      await tests.pool.query('insert into notes values (1)')
      expect(await tests.database.outside(takenOutside)).toEqual([{ taken: true }])
      await tests.database.leave()
    })
  })

  test('now() goes on between transactions where they are real ones', async () => {
    const now = async (): Promise<string> =>
      String((await tests.pool.query('select now()::text as now')).rows[0]?.now)
    await tests.pool.query('insert into notes values (1)')
    const before = await now()
    await new Promise((resolve) => setTimeout(resolve, 5))
    expect((await now()) === before).toBe(!isOwn)
  })

  test.each([
    ['VACUUM', 'vacuum notes', '25001'],
    ['CREATE INDEX CONCURRENTLY', 'create index concurrently on notes (text)', '25001'],
    ['a procedure that commits', 'call add_and_commit()', '2D000'],
  ])('%s works where the test has a database of its own alone', async (_, sql, code) => {
    const outcome = await tests.pool.query(sql).then(({ command }) => ({ command }), describeError)
    const refused = { code, hint: expect.stringContaining("isolation: 'database'") }
    expect(outcome).toMatchObject(isOwn ? { command: sql.split(' ')[0]?.toUpperCase() } : refused)
    await tests.pool.query('insert into notes values (2)')
  })

  test('a new table lands in a schema of the test where there is one', async () => {
    await tests.pool.query('create table made (id int)')
    const { rows } = await tests.pool.query<{ name: string }>(
      "select relnamespace::regnamespace::text as name from pg_class where relname = 'made'",
    )
    expect(rows[0]?.name).toMatch(backend === 'schema' ? /^sandbox_[0-9a-f]+$/ : /^public$/)
  })
})
