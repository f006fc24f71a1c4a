import { Client, Pool } from 'pg'
import { testTransaction } from '../../src/index.ts'
import { rejection, useBothWays, withClient, withPool } from '../support/both-ways.ts'
import { type TestDatabase, useDatabase } from '../support/database.ts'
import { runScript } from '../support/node-process.ts'
import { until } from '../support/until.ts'

const SCHEMA = 'create table notes (id int primary key, body text)'

const add = 'insert into notes values ($1)'
const count = async (client: Pick<Client, 'query'>): Promise<number> =>
  (await client.query('select count(*)::int as n from notes')).rows[0].n

describe('in the middle of a test', () => {
  const { expectSame } = useBothWays(SCHEMA)

  test('client.end() and a new client', () =>
    expectSame(async ({ url }) => {
      await withClient(url(), (client) => client.query(add, [1]))
      return withClient(url(), count)
    }))

  test('pool.end() and a new pool', () =>
    expectSame(async ({ url }) => {
      const first = new Pool({ connectionString: url() })
      await first.query(add, [1])
      await first.end()
      return withPool({ connectionString: url() }, async (second) => {
        await second.query(add, [2])
        return [await count(second), await rejection(first.query('select 1'))]
      })
    }))

  test('client.end() with a query running', () =>
    expectSame(async ({ url }) => {
      const client = new Client(url())
      await client.connect()
      const running = client.query('insert into notes select 1 from pg_sleep(0.1)').then(
        ({ rowCount }) => rowCount,
        (error: Error) => error.message,
      )
      await client.end()
      const outcome = await running
      // The server does not notice that nobody waits, and commits.
      return withClient(url(), async (next) => {
        await until(async () => (await count(next)) === 1)
        return outcome
      })
    }))

  test('client.end() with queries in its queue', () =>
    expectSame(async ({ url }) => {
      const client = new Client(url())
      await client.connect()
      const queued = [1, 2, 3].map((id) =>
        client.query(add, [id]).then(
          ({ rowCount }) => rowCount,
          (error: Error) => error.message,
        ),
      )
      await client.end()
      return Promise.all(queued)
    }))

  test('the end of a client with an open transaction undoes its changes, and nobody else’s', () =>
    expectSame(async ({ url }) => {
      const other = new Client(url())
      await other.connect()
      await other.query(add, [1])
      const client = new Client(url())
      await client.connect()
      await client.query('begin')
      await client.query(add, [2])
      await client.query('savepoint s')
      await client.query(add, [3])
      await client.end()
      await until(async () => (await count(other)) === 1)
      await other.query(add, [2])
      const n = await count(other)
      await other.end()
      return n
    }))

  test('the end of a client whose transaction has failed does the same', () =>
    expectSame(async ({ url }) => {
      await withClient(url(), async (client) => {
        await client.query(add, [1])
        await client.query('begin')
        await client.query(add, [2])
        await rejection(client.query('select no_column'))
      })
      return withClient(url(), async (next) => {
        await next.query(add, [2])
        return count(next)
      })
    }))

  test('a client returned to its pool with a transaction open still has it', () =>
    expectSame(({ url }) =>
      withPool({ connectionString: url(), max: 1 }, async (pool) => {
        const client = await pool.connect()
        await client.query('begin')
        await client.query(add, [1])
        client.release()
        const again = await pool.connect()
        await again.query('rollback')
        again.release()
        return count(pool)
      }),
    ))

  test('release(true) with a transaction open undoes it', () =>
    expectSame(({ url }) =>
      withPool({ connectionString: url(), max: 1 }, async (pool) => {
        const client = await pool.connect()
        await client.query('begin')
        await client.query(add, [1])
        client.release(true)
        await until(async () => (await count(pool)) === 0)
        await pool.query(add, [1])
        return count(pool)
      }),
    ))

  test('connection.stream.destroy() ends the client, and its transaction', () =>
    expectSame(async ({ url }) => {
      const client = new Client(url())
      const events: string[] = []
      client.on('error', (error) => events.push(error.message))
      await client.connect()
      await client.query('begin')
      await client.query(add, [1])
      const ended = new Promise((resolve) => client.once('end', resolve))
      Reflect.get(client, 'connection').stream.destroy()
      await ended
      return withClient(url(), async (next) => {
        await until(async () => (await count(next)) === 0)
        return [events, await rejection(client.query('select 1')), await count(next)]
      })
    }))

  test('twenty clients at once', () =>
    expectSame(async ({ url }) => {
      await Promise.all(
        Array.from({ length: 20 }, (_, id) => withClient(url(), (client) => client.query(add, [id]))),
      )
      return withClient(url(), count)
    }))

  test('transactions of two clients of one pool do not mix', () =>
    expectSame(({ url }) =>
      withPool({ connectionString: url() }, async (pool) => {
        const transact = async (first: number, end: string): Promise<void> => {
          const client = await pool.connect()
          await client.query('begin')
          await client.query(add, [first])
          await client.query(add, [first + 1])
          await client.query(end)
          client.release()
        }
        await Promise.all([transact(10, 'commit'), transact(20, 'rollback'), transact(30, 'commit')])
        return (await pool.query('select id from notes order by id')).rows
      }),
    ))
})

describe('in and out of the sandbox', () => {
  const database = useDatabase(SCHEMA)
  const ends: (() => Promise<unknown>)[] = []

  function newPool(config: object = {}): Pool {
    const pool = new Pool({ connectionString: database.url(), ...config })
    pool.on('error', () => {})
    ends.push(() => pool.end())
    return pool
  }
  async function newClient(config: object = {}): Promise<Client> {
    const client = new Client({ connectionString: database.url(), ...config })
    await client.connect()
    ends.push(() => client.end())
    return client
  }

  afterEach(async () => {
    await testTransaction.close()
    await Promise.all(ends.splice(0).map((end) => end()))
    await database.outside('truncate notes')
  })

  test('a client that was connected before start() is in the sandbox, and back outside with its own settings', async () => {
    const client = await newClient()
    const statement = { name: 'add', text: add }
    await client.query("set time zone 'Asia/Tokyo'")
    await client.query({ ...statement, values: [1] })
    await client.query('create temp table own as select 42 as n')
    const zone = async (): Promise<unknown> => (await client.query('show time zone')).rows[0].TimeZone

    await testTransaction.start()
    expect(await zone()).toBe('Asia/Tokyo')
    await client.query({ ...statement, values: [2] })
    expect(await count(client)).toBe(2)
    expect(await database.countOutside('notes')).toBe(1)
    await client.query("set time zone 'Europe/Rome'")
    await testTransaction.close()

    expect(await count(client)).toBe(1)
    expect((await client.query('select n from own')).rows).toEqual([{ n: 42 }])
    await client.query({ ...statement, values: [3] })
    expect(await database.countOutside('notes')).toBe(2)
    expect(['Asia/Tokyo', 'Europe/Rome']).toContain(await zone())
  })

  test('a pool works before start(), inside, after close(), and inside again', async () => {
    const pool = newPool({ max: 2 })
    await pool.query(add, [1])
    for (const round of [1, 2]) {
      await testTransaction.start()
      await testTransaction.start()
      await pool.query(add, [10])
      await Promise.all([11, 12, 13].map((id) => pool.query(add, [id])))
      expect(await count(pool)).toBe(4 + round)
      await testTransaction.rollback()
      expect(await count(pool)).toBe(round)
      await testTransaction.close()
      expect(await count(pool)).toBe(round)
      await pool.query(add, [1 + round])
      expect(await database.countOutside('notes')).toBe(1 + round)
    }
  })

  test('a client made inside works after close(), and in the next sandbox', async () => {
    await testTransaction.start()
    const client = await newClient({ application_name: 'made inside', statement_timeout: 5000 })
    await client.query(add, [1])
    await testTransaction.close()
    expect(await count(client)).toBe(0)
    await client.query(add, [2])
    expect(await database.countOutside('notes')).toBe(1)
    const shown = await client.query(
      "select current_setting('application_name') as a, current_setting('statement_timeout') as s",
    )
    expect(shown.rows).toEqual([{ a: 'made inside', s: '5s' }])
    await testTransaction.start()
    await client.query(add, [3])
    expect(await count(client)).toBe(2)
    expect(await database.countOutside('notes')).toBe(1)
  })

  test('a client lent before start() and given back inside', async () => {
    const pool = newPool({ max: 1 })
    const lent = await pool.connect()
    await testTransaction.start()
    await lent.query(add, [1])
    lent.release()
    await pool.query(add, [2])
    expect(await database.countOutside('notes')).toBe(0)
    await testTransaction.close()
    expect(await count(pool)).toBe(0)
  })

  test('a client lent inside and given back after close()', async () => {
    const pool = newPool({ max: 1 })
    await testTransaction.start()
    const lent = await pool.connect()
    await lent.query(add, [1])
    await testTransaction.close()
    await lent.query(add, [2])
    lent.release()
    await pool.query(add, [3])
    expect(await database.countOutside('notes')).toBe(2)
  })

  test('a client ended inside that was connected before', async () => {
    const client = new Client(database.url())
    await client.connect()
    const { rows } = await client.query('select pg_backend_pid() as pid')
    await testTransaction.start()
    await client.query(add, [1])
    await client.end()
    await until(
      async () =>
        (await database.outside('select 1 from pg_stat_activity where pid = $1', [rows[0].pid])).length === 0,
    )
    await testTransaction.close()
    expect(await database.countOutside('notes')).toBe(0)
  })

  test('a client with a real transaction open is refused with an explanation, and works after close()', async () => {
    const client = await newClient()
    await client.query('begin')
    await client.query(add, [1])
    await testTransaction.start()
    await expect(client.query('select 1')).rejects.toMatchObject({ code: 'PG_SANDBOX_OPEN_TRANSACTION' })
    await testTransaction.close()
    await client.query('commit')
    expect(await database.countOutside('notes')).toBe(1)
  })

  test('a query that runs while start() is called stays outside', async () => {
    const client = await newClient()
    const running = client.query('insert into notes select 1 from pg_sleep(0.1)')
    await testTransaction.start()
    await running
    await client.query(add, [2])
    expect(await count(client)).toBe(2)
    await testTransaction.close()
    expect(await database.countOutside('notes')).toBe(1)
  })

  test('queries queued before start() and inside go where they were called', async () => {
    const client = await newClient()
    const before = [client.query('select pg_sleep(0.05)'), client.query(add, [1])]
    await testTransaction.start()
    const inside = client.query(add, [2])
    await Promise.all([...before, inside])
    await testTransaction.close()
    expect(await database.outside('select id from notes')).toEqual([{ id: 1 }])
  })

  test('an idle pooled client with pool.max 1 and nested checkouts does not hang inside', async () => {
    const pool = newPool({ max: 1 })
    await testTransaction.start()
    const outer = await pool.connect()
    await outer.query(add, [1])
    const inner = await pool.connect()
    await inner.query(add, [2])
    await pool.query(add, [3])
    inner.release()
    outer.release()
    expect(await count(pool)).toBe(3)
    await testTransaction.close()
    expect(await count(pool)).toBe(0)
    expect(pool.totalCount).toBeLessThanOrEqual(1)
  })

  test('a transaction left open by a test does not reach the next one', async () => {
    const pool = newPool({ max: 1 })
    await testTransaction.start()
    await testTransaction.start()
    const lent = await pool.connect()
    await lent.query('begin')
    await lent.query(add, [1])
    lent.release()
    await testTransaction.rollback()
    await testTransaction.start()
    await pool.query(add, [1])
    expect(await count(pool)).toBe(1)
    await testTransaction.rollback()
    await testTransaction.close()
    expect(await database.countOutside('notes')).toBe(0)
  })

  test('rows of an outer level are seen by its tests and gone after it', async () => {
    const pool = newPool()
    await testTransaction.start()
    await pool.query(add, [1])
    for (const _ of [1, 2]) {
      await testTransaction.start()
      await pool.query(add, [2])
      expect(await count(pool)).toBe(2)
      await testTransaction.rollback()
    }
    await testTransaction.rollback()
    expect(await count(pool)).toBe(0)
  })

  test('unpatched, the methods are the original ones', async () => {
    await testTransaction.unpatch()
    const originals = [Client.prototype.query, Client.prototype.connect, Pool.prototype.connect]
    await testTransaction.start()
    expect(Client.prototype.query).not.toBe(originals[0])
    await testTransaction.close()
    // Here a runner tells of tests, so what they call late is still told from what is called outside.
    expect(Client.prototype.query).not.toBe(originals[0])
    await testTransaction.unpatch()
    expect([Client.prototype.query, Client.prototype.connect, Pool.prototype.connect]).toEqual(originals)
  })

  test('after close(), too, where nothing can be told to be late', async () => {
    const script = `
      const methods = () => [Client.prototype.query, Client.prototype.connect, Pool.prototype.connect]
      const originals = methods()
      const areSame = () => methods().every((method, i) => method === originals[i])
      await testTransaction.start()
      const told = [areSame()]
      await testTransaction.close()
      told.push(areSame())
      await testTransaction.parallel(() => {})
      await testTransaction.close()
      told.push(areSame())
      console.log(JSON.stringify(told))`
    const { stdout, stderr } = await runScript(database.url(), script)
    expect([stdout, stderr]).toEqual(['[false,true,false]\n', ''])
  })
})

describe('two databases in one test', () => {
  const first = useDatabase(SCHEMA)
  const second = useDatabase(SCHEMA)
  afterEach(testTransaction.close)

  const add1 = (database: TestDatabase, login?: { user: string; password: string }): Promise<unknown> =>
    withClient(database.url(login), (client) => client.query(add, [1]))

  test('are both rolled back, each seen for itself', async () => {
    await testTransaction.start()
    for (const _ of [1, 2]) {
      await testTransaction.start()
      await add1(first)
      await withClient(second.url(), async (client) => {
        expect(await count(client)).toBe(0)
        await client.query('begin')
        await client.query(add, [1])
        await add1(first).then(
          () => expect('the row was there').toBe('refused'),
          (error) => expect(error.code).toBe('23505'),
        )
        await client.query('commit')
        expect(await count(client)).toBe(1)
      })
      await testTransaction.rollback()
    }
    await testTransaction.close()
    expect([await first.countOutside('notes'), await second.countOutside('notes')]).toEqual([0, 0])
  })

  test('the same under two names of the host', async () => {
    const url = first.url().replace('127.0.0.1', 'localhost')
    await testTransaction.start()
    await add1(first)
    expect(await withClient(url, count)).toBe(1)
  })

  test('users have sessions of their own', async () => {
    const login = { user: 'app_user', password: 'secret' }
    await testTransaction.start()
    await withClient(first.url(login), async (client) => {
      await client.query('create table users_own (id int)')
      expect((await client.query('select * from users_own')).rows).toEqual([])
    })
    await add1(first)
    await testTransaction.close()
    expect(await first.countOutside('notes')).toBe(0)
    await expect(first.countOutside('users_own')).rejects.toMatchObject({ code: '42P01' })
  })
})
