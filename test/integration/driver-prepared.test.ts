import { Client, Pool, type QueryConfig } from 'pg'
import { testTransaction } from '../../src/index.ts'
import { rejection, useBothWays, withClient } from '../support/both-ways.ts'
import { useDatabase } from '../support/database.ts'

const SCHEMA = 'create table notes (id int primary key, body text)'

const one = { name: 'a', text: 'select 1 as one, $1::int as given' }
const two = { name: 'a', text: 'select 2 as two, $1::text as given' }
const insert = { name: 'insert', text: 'insert into notes values ($1, $2) returning id' }
const count = { name: 'count', text: 'select count(*)::int as n from notes' }

describe('a named prepared statement', () => {
  const { expectSame } = useBothWays(SCHEMA)

  test('is used again', () =>
    expectSame(({ url }) =>
      withClient(url(), async (client) => {
        const seen: unknown[] = []
        for (const id of [1, 2, 3]) seen.push((await client.query({ ...insert, values: [id, 'x'] })).rows)
        for (const _ of [1, 2]) seen.push((await client.query(count)).rows)
        return seen
      }),
    ))

  test('may be called by its name alone', () =>
    expectSame(({ url }) =>
      withClient(url(), async (client) => {
        await client.query({ ...one, values: [1] })
        return (await client.query({ name: 'a', values: [2] } as object as QueryConfig)).rows
      }),
    ))

  test('with the same name and another text belongs to another client', () =>
    expectSame(({ url }) =>
      withClient(url(), (first) =>
        withClient(url(), async (second) => {
          const seen: unknown[] = []
          for (const given of [1, 2]) {
            seen.push((await first.query({ ...one, values: [given] })).rows)
            seen.push((await second.query({ ...two, values: [String(given)] })).rows)
          }
          return seen
        }),
      ),
    ))

  test('with another text in the same client is refused', () =>
    expectSame(({ url }) =>
      withClient(url(), async (client) => {
        await client.query({ ...one, values: [1] })
        const refused = await rejection(client.query({ ...two, values: ['x'] }))
        return [refused, (await client.query({ ...one, values: [2] })).rows]
      }),
    ))

  test('that does not parse may be tried again after its table is made', () =>
    expectSame(({ url }) =>
      withClient(url(), async (client) => {
        const late = { name: 'late', text: 'select * from made_later' }
        const failed = await rejection(client.query(late))
        await client.query('create temp table made_later (n int)')
        return [failed, (await client.query(late)).rows]
      }),
    ))

  test('survives a rolled back transaction of the application', () =>
    expectSame(({ url }) =>
      withClient(url(), async (client) => {
        await client.query('begin')
        await client.query({ ...insert, values: [1, 'x'] })
        await client.query('rollback')
        await client.query({ ...insert, values: [1, 'y'] })
        return (await client.query(count)).rows
      }),
    ))

  test('that fails leaves the next one usable', () =>
    expectSame(({ url }) =>
      withClient(url(), async (client) => {
        await client.query({ ...insert, values: [1, 'x'] })
        const failed = await rejection(client.query({ ...insert, values: [1, 'y'] }))
        await client.query({ ...insert, values: [2, 'y'] })
        return [failed, (await client.query(count)).rows]
      }),
    ))

  test('is planned again after DDL', () =>
    expectSame(({ url }) =>
      withClient(url(), async (client) => {
        const all = { name: 'all', text: 'select body from changing where id = $1', values: [1] }
        await client.query('create temp table changing (id int, body text)')
        await client.query("insert into changing values (1, 'x')")
        const before = (await client.query(all)).rows
        await client.query('alter table changing add more int')
        const after = (await client.query(all)).rows
        await client.query('alter table changing alter body type int using 5')
        return [before, after, await rejection(client.query(all))]
      }),
    ))
})

describe('across levels and sandboxes, a named prepared statement', () => {
  const database = useDatabase(SCHEMA)
  const clients: Client[] = []

  async function connect(): Promise<Client> {
    const client = new Client(database.url())
    clients.push(client)
    await client.connect()
    return client
  }

  afterEach(async () => {
    await testTransaction.close()
    await Promise.all(clients.splice(0).map((client) => client.end()))
    await database.outside('truncate notes')
  })

  const add = async (client: Client, id: number): Promise<unknown> =>
    (await client.query({ ...insert, values: [id, 'x'] })).rows

  test('works in the test after the one that made it', async () => {
    await testTransaction.start()
    const client = await connect()
    for (const _ of [1, 2, 3]) {
      await testTransaction.start()
      expect(await add(client, 1)).toEqual([{ id: 1 }])
      await testTransaction.rollback()
    }
    expect((await client.query(count)).rows).toEqual([{ n: 0 }])
  })

  test('works in a level deeper and after its rollback', async () => {
    await testTransaction.start()
    const client = await connect()
    await add(client, 1)
    await testTransaction.start()
    await add(client, 2)
    await client.query(count)
    await testTransaction.rollback()
    await add(client, 2)
    expect((await client.query(count)).rows).toEqual([{ n: 2 }])
  })

  test('over a table that a rollback took away is prepared again', async () => {
    await testTransaction.start()
    const client = await connect()
    const read = { name: 'read', text: 'select * from temporary_thing' }
    for (const body of ['int', 'text']) {
      await testTransaction.start()
      await client.query(`create table temporary_thing (n ${body})`)
      await client.query("insert into temporary_thing values ('1')")
      expect((await client.query(read)).rows).toEqual([{ n: body === 'int' ? 1 : '1' }])
      await testTransaction.rollback()
    }
  })

  test('works after close() and after start() again, in clients made inside and before', async () => {
    const before = await connect()
    await before.query({ ...one, values: [0] })
    await testTransaction.start()
    const inside = await connect()
    for (const client of [before, inside]) {
      expect((await client.query({ ...one, values: [1] })).rows).toEqual([{ one: 1, given: 1 }])
    }
    await add(before, 1)
    await add(inside, 2)
    await testTransaction.close()
    for (const client of [before, inside]) {
      expect((await client.query({ ...one, values: [2] })).rows).toEqual([{ one: 1, given: 2 }])
      expect((await client.query(count)).rows).toEqual([{ n: 0 }])
    }
    await testTransaction.start()
    for (const client of [before, inside]) {
      expect((await client.query({ ...one, values: [3] })).rows).toEqual([{ one: 1, given: 3 }])
    }
    expect(await add(before, 1)).toEqual([{ id: 1 }])
    expect(await add(inside, 2)).toEqual([{ id: 2 }])
    await testTransaction.close()
    expect(await database.countOutside('notes')).toBe(0)
    expect(await add(before, 1)).toEqual([{ id: 1 }])
    expect(await add(inside, 2)).toEqual([{ id: 2 }])
    expect(await database.countOutside('notes')).toBe(2)
  })

  test('in two parallel scopes does not meet', async () => {
    await testTransaction.start()
    const pool = new Pool({ connectionString: database.url() })
    const results = await Promise.all(
      [1, 2, 3].map((id) =>
        testTransaction.parallel(async () => {
          await pool.query({ ...insert, values: [id, 'x'] })
          return (await pool.query(count)).rows
        }),
      ),
    )
    await pool.end()
    expect(results).toEqual([[{ n: 1 }], [{ n: 1 }], [{ n: 1 }]])
  })
})
