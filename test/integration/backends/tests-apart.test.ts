/** What a test leaves to the next one, and levels and scopes to each other: over every backend. */
import type { Pool } from 'pg'
import { testTransaction } from '../../../src/index.ts'
import { BACKENDS, useBackend } from '../../support/backends.ts'
import { rejection, withClient } from '../../support/both-ways.ts'

const SCHEMA = 'create table notes (id int primary key, text text); create sequence numbers'

const { parallel, rollback, start } = testTransaction

const add = (pool: Pool, id: number): Promise<unknown> => pool.query('insert into notes values ($1)', [id])

async function ids(pool: Pool): Promise<number[]> {
  const { rows } = await pool.query<{ id: number }>('select id from notes order by id')
  return rows.map(({ id }) => id)
}

async function nextNumber(pool: Pool): Promise<number> {
  const { rows } = await pool.query<{ n: number }>("select nextval('numbers')::int as n")
  return rows[0]?.n ?? 0
}

describe.each(BACKENDS)("isolation: '%s'", (backend) => {
  const tests = useBackend(backend, SCHEMA)
  beforeAll(() => add(tests.pool, 100))

  describe('a row', () => {
    test.each([1, 2])('that a test has committed is not there in another test (%i)', async () => {
      await add(tests.pool, 1)
      expect(await ids(tests.pool)).toEqual([1, 100])
    })

    test('of beforeAll is there again after a test that has deleted it', async () => {
      await start()
      await tests.pool.query('delete from notes')
      expect(await ids(tests.pool)).toEqual([])
      await rollback()
      expect(await ids(tests.pool)).toEqual([100])
    })

    test('is seen by each client of the test, and by nobody outside', async () => {
      await add(tests.pool, 1)
      const seen = await withClient(tests.database.url(), (client) =>
        client.query('select count(*)::int as n from notes'),
      )
      expect(seen.rows).toEqual([{ n: 2 }])
      expect(await tests.database.countOutside('notes')).toBe(0)
      await tests.database.leave()
    })
  })

  describe('a level in a test', () => {
    test('sees the rows of the test, and gives them back without its own', async () => {
      await add(tests.pool, 1)
      await start()
      await add(tests.pool, 2)
      await tests.pool.query('update notes set text = $1', ['changed'])
      expect(await ids(tests.pool)).toEqual([1, 2, 100])
      await rollback()
      const { rows } = await tests.pool.query('select id, text from notes order by id')
      expect(rows).toEqual([
        { id: 1, text: null },
        { id: 100, text: null },
      ])
    })

    test('undoes TRUNCATE', async () => {
      await add(tests.pool, 1)
      await start()
      await tests.pool.query('truncate notes')
      await rollback()
      expect(await ids(tests.pool)).toEqual([1, 100])
    })

    test('undoes tables that are made, changed and dropped', async () => {
      await start()
      await tests.pool.query('create table made (id int)')
      await tests.pool.query('alter table notes add column more int')
      await tests.pool.query('select more from notes')
      await start()
      await tests.pool.query('drop table notes')
      await rollback()
      expect((await tests.pool.query('select more from notes')).rows).toEqual([{ more: null }])
      await rollback()
      expect((await tests.pool.query("select to_regclass('made') as made")).rows).toEqual([{ made: null }])
      expect(await rejection(tests.pool.query('select more from notes'))).toMatchObject({ code: '42703' })
    })

    test('ends the transaction that a client has left open, and the client goes on', async () => {
      const client = await tests.pool.connect()
      await start()
      await client.query('begin')
      await client.query('insert into notes values (5)')
      await rollback()
      const { rows } = await client.query('select id from notes')
      client.release()
      expect(rows).toEqual([{ id: 100 }])
    })

    test('gives numbers of a sequence again where it has a database of its own alone', async () => {
      const first = await nextNumber(tests.pool)
      await start()
      expect(await nextNumber(tests.pool)).toBe(first + 1)
      await rollback()
      const expected = { transaction: first + 2, schema: first + 2, database: first + 1 }
      expect(await nextNumber(tests.pool)).toBe(expected[backend])
    })
  })

  describe('parallel scopes', () => {
    test('see neither the rows of each other nor those of the test; those of its file where they are committed', async () => {
      await add(tests.pool, 1)
      const ofFile = backend === 'database' ? [100] : []
      const scope = (id: number): Promise<number[]> =>
        parallel(async () => {
          await add(tests.pool, id)
          return ids(tests.pool)
        })
      expect(await Promise.all([scope(2), scope(3)])).toEqual([
        [2, ...ofFile],
        [3, ...ofFile],
      ])
      expect(await ids(tests.pool)).toEqual([1, 100])
    })

    test('roll back when their function throws, with its error', async () => {
      const failing = parallel(async () => {
        await add(tests.pool, 7)
        throw new Error('as the application has it')
      })
      await expect(failing).rejects.toThrow('as the application has it')
      expect(await ids(tests.pool)).toEqual([100])
    })
  })
})
