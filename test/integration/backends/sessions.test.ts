/** What belongs to the session of a client, as without a sandbox: over every backend. */
import { once } from 'node:events'
import { pipeline } from 'node:stream/promises'
import type { Readable, Writable } from 'node:stream'
import { type Client, Client as PgClient, type Submittable } from 'pg'
import { BACKENDS } from '../../support/backends.ts'
import { rejection, type Urls, useBothWays, withClient } from '../../support/both-ways.ts'

type Cursor = Submittable & { read(rows: number): Promise<unknown[]>; close(): Promise<void> }
const CursorClass: new (text: string) => Cursor = require('pg-cursor')
const copy: {
  from(text: string): Submittable & Writable
  to(text: string): Submittable & Readable
} = require('pg-copy-streams')

const SCHEMA = 'create table notes (id int primary key, text text); grant all on notes to app_user'

describe.each(BACKENDS)("isolation: '%s'", (backend) => {
  const { expectSame } = useBothWays(SCHEMA, backend)

  /** Lends two clients to `work`. */
  const expectSameOfTwo = (work: (one: Client, other: Client) => Promise<unknown>): Promise<unknown> =>
    expectSame(({ url }: Urls) => withClient(url(), (one) => withClient(url(), (other) => work(one, other))))
  const rowsOf = async (client: Client, sql: string): Promise<unknown> => (await client.query(sql)).rows

  test('SET holds for its client alone, also after a transaction', async () => {
    const outcome = await expectSameOfTwo(async (one, other) => {
      await one.query("set application_name = 'one'")
      await one.query('begin')
      await one.query("set local application_name = 'in the transaction'")
      const inside = await rowsOf(one, 'show application_name')
      await one.query('commit')
      await other.query("set application_name = 'other'")
      return [
        inside,
        await rowsOf(one, 'show application_name'),
        await rowsOf(other, 'show application_name'),
      ]
    })
    expect(outcome).toMatchObject({
      value: [
        [{ application_name: 'in the transaction' }],
        [{ application_name: 'one' }],
        [{ application_name: 'other' }],
      ],
    })
  })

  test('SET is undone by ROLLBACK', async () => {
    const outcome = await expectSameOfTwo(async (one) => {
      await one.query("set work_mem = '5MB'")
      await one.query('begin')
      await one.query("set work_mem = '6MB'")
      await one.query('rollback')
      return rowsOf(one, 'show work_mem')
    })
    expect(outcome).toEqual({ value: [{ work_mem: '5MB' }] })
  })

  test('SET ROLE holds for its client alone', async () => {
    const outcome = await expectSameOfTwo(async (one, other) => {
      await one.query('set role app_user')
      const user = 'select current_user::text as name'
      const names = [await rowsOf(one, user), (await rowsOf(other, user)) === (await rowsOf(one, user))]
      await one.query('reset role')
      return names
    })
    expect(outcome).toEqual({ value: [[{ name: 'app_user' }], false] })
  })

  test('a temporary table lives as long as it says', async () => {
    const outcome = await expectSameOfTwo(async (one) => {
      await one.query('create temp table kept (id int)')
      await one.query('begin')
      await one.query('insert into kept values (1)')
      await one.query('create temp table dropped (id int) on commit drop')
      await one.query('commit')
      return [await rowsOf(one, 'select id from kept'), await rejection(one.query('select id from dropped'))]
    })
    expect(outcome).toMatchObject({ value: [[{ id: 1 }], { code: '42P01' }] })
  })

  test('a prepared statement is used again, with other values and after an error', async () => {
    const outcome = await expectSameOfTwo(async (one, other) => {
      const add = (client: Client, id: number): Promise<unknown> =>
        client.query({ name: 'add', text: 'insert into notes values ($1) returning id', values: [id] })
      await add(one, 1)
      const error = await rejection(add(one, 1))
      await add(one, 2)
      await add(other, 3)
      return [error, await rowsOf(one, 'select id from notes order by id')]
    })
    expect(outcome).toMatchObject({ value: [{ code: '23505' }, [{ id: 1 }, { id: 2 }, { id: 3 }]] })
  })

  test('a prepared statement survives a column that is added and rolled back', async () => {
    const outcome = await expectSameOfTwo(async (one) => {
      const all = { name: 'all', text: 'select id from notes' }
      await one.query(all)
      await one.query('begin')
      await one.query('alter table notes add column more int')
      await one.query('insert into notes values (1)')
      await one.query('rollback')
      return (await one.query(all)).rows
    })
    expect(outcome).toEqual({ value: [] })
  })

  test('PREPARE and EXECUTE have names of their client', async () => {
    const outcome = await expectSameOfTwo(async (one, other) => {
      await one.query('prepare number(int) as select $1 + 1 as n')
      const n = await rowsOf(one, 'execute number(2)')
      await one.query('deallocate number')
      return [n, await rejection(other.query('execute nothing'))]
    })
    expect(outcome).toMatchObject({ value: [[{ n: 3 }], { code: '26000' }] })
  })

  test('a cursor of SQL is read in its transaction and closed with it', async () => {
    const outcome = await expectSameOfTwo(async (one) => {
      await one.query('begin')
      await one.query('declare pages cursor for select n from generate_series(1, 5) n')
      const page = await rowsOf(one, 'fetch 2 from pages')
      await one.query('commit')
      return [page, await rejection(one.query('fetch 2 from pages'))]
    })
    expect(outcome).toMatchObject({ value: [[{ n: 1 }, { n: 2 }], { code: '34000' }] })
  })

  test('a cursor of pg is read page by page', async () => {
    const outcome = await expectSameOfTwo(async (one) => {
      const cursor = one.query(new CursorClass('select n from generate_series(1, 5) n'))
      const pages = [await cursor.read(2), await cursor.read(2), await cursor.read(2)]
      await cursor.close()
      return [pages, await rowsOf(one, 'select 1 as n')]
    })
    expect(outcome).toMatchObject({ value: [[{}, {}, [{ n: 5 }]], [{ n: 1 }]] })
  })

  test('COPY writes rows and reads them', async () => {
    const outcome = await expectSameOfTwo(async (one, other) => {
      await pipeline(['1\tash\n', '2\tbirch\n'], one.query(copy.from('copy notes from stdin')))
      const chunks: string[] = []
      for await (const chunk of other.query(copy.to('copy (table notes order by id) to stdout')))
        chunks.push(String(chunk))
      return chunks.join('')
    })
    expect(outcome).toEqual({ value: '1\tash\n2\tbirch\n' })
  })

  test('a COPY that fails leaves no row, and its client goes on', async () => {
    const outcome = await expectSameOfTwo(async (one) => {
      const stream = one.query(copy.from('copy notes from stdin'))
      const error = await rejection(pipeline(['1\tash\n', '1\tbirch\n'], stream))
      return [error, await rowsOf(one, 'select * from notes')]
    })
    expect(outcome).toMatchObject({ value: [{ code: '23505' }, []] })
  })

  test('a notification comes when its transaction is committed, and not when it is rolled back', async () => {
    const outcome = await expectSameOfTwo(async (one, other) => {
      const heard: unknown[] = []
      other.on('notification', ({ channel, payload }) => heard.push([channel, payload]))
      await other.query('listen news')
      for (const [payload, ending] of [
        ['lost', 'rollback'],
        ['told', 'commit'],
      ] as const) {
        await one.query('begin')
        await one.query('select pg_notify($1, $2)', ['news', payload])
        const before = heard.length
        const told = ending === 'commit' ? once(other, 'notification') : undefined
        await one.query(ending)
        await told
        heard.push(['heard before its end', before])
      }
      return heard
    })
    expect(outcome).toEqual({
      value: [
        ['heard before its end', 0],
        ['news', 'told'],
        ['heard before its end', 1],
      ],
    })
  })

  test('a login that the server refuses is refused', async () => {
    const outcome = await expectSame(({ url }) =>
      rejection(new PgClient(url({ user: 'nobody_of_this_name', password: 'wrong' })).connect()),
    )
    expect(outcome).toMatchObject({ value: { code: expect.stringMatching(/^28/) } })
  })
})
