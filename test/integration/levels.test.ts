import { Client, Pool } from 'pg'
import { testTransaction } from '../../src/index.ts'
import { useDatabase } from '../support/database.ts'
import { until } from '../support/until.ts'

const { start, rollback, close, parallel, patch, unpatch } = testTransaction
const database = useDatabase('create table notes (id int primary key, text text)')

let pool: Pool
beforeAll(() => {
  pool = new Pool({ connectionString: database.url() })
})
afterAll(async () => {
  await pool.end()
  await close()
})

async function add(id: number): Promise<void> {
  await pool.query('insert into notes values ($1)', [id])
}

async function ids(): Promise<number[]> {
  return (await pool.query('select id from notes order by id')).rows.map((row) => row.id)
}

describe('levels of describe blocks', () => {
  beforeAll(start)
  beforeAll(() => add(1))
  beforeEach(start)
  afterEach(rollback)
  afterAll(async () => {
    await rollback()
    await start()
    expect(await ids()).toEqual([])
    await close()
  })

  test('a row of beforeAll is seen by the first test', async () => {
    expect(await ids()).toEqual([1])
    await add(2)
  })

  test('and by the second, which does not see what the first has made', async () => {
    expect(await ids()).toEqual([1])
    await add(2)
    expect(await ids()).toEqual([1, 2])
  })

  test('nobody outside sees any of it', async () => {
    await add(3)
    expect(await database.countOutside('notes')).toBe(0)
  })

  describe('an inner block', () => {
    beforeAll(start)
    beforeAll(() => add(10))
    afterAll(rollback)

    test('sees the rows of both blocks', async () => {
      expect(await ids()).toEqual([1, 10])
      await pool.query('delete from notes')
      expect(await ids()).toEqual([])
    })

    test('sees them again after a test that has deleted them', async () => {
      expect(await ids()).toEqual([1, 10])
    })

    describe('a third one, whose beforeAll only reads', () => {
      beforeAll(start)
      beforeAll(async () => {
        expect(await ids()).toEqual([1, 10])
      })
      afterAll(rollback)

      test('goes on as the second', async () => {
        await add(2)
        expect(await ids()).toEqual([1, 2, 10])
      })

      test('leaves nothing', async () => {
        expect(await ids()).toEqual([1, 10])
      })
    })
  })

  test('the rows of the inner block are gone after it', async () => {
    expect(await ids()).toEqual([1])
  })

  test('a test that fails in SQL leaves the next one sound', async () => {
    await add(2)
    await expect(add(2)).rejects.toMatchObject({ code: '23505' })
    const client = await pool.connect()
    await client.query('begin')
    await expect(client.query('select 1 / 0')).rejects.toMatchObject({ code: '22012' })
    client.release()
  })

  test('as seen here', async () => {
    expect(await ids()).toEqual([1])
    await add(2)
    expect(await ids()).toEqual([1, 2])
  })
})

describe('when no outer level has written', () => {
  beforeAll(start)
  beforeAll(async () => {
    await pool.query('select count(*) from notes')
  })
  afterAll(close)

  test('the end of the test frees its locks', async () => {
    await start()
    await add(7)
    await pool.query('create table made (id int)')
    await rollback()
    await database.outside("set lock_timeout to '5s'")
    await database.outside('insert into notes values (7)')
    await database.outside('delete from notes')
    await database
      .outside('lock table notes in access exclusive mode nowait')
      .catch((error: { code: string }) => expect(error.code).toBe('25P01'))
    await database.outside('create table made (id int)')
    await database.outside('drop table made')
  })

  test('no transaction is open outside', async () => {
    await start()
    await add(7)
    const open = `select state from pg_stat_activity where datname = current_database()
                  and pid <> pg_backend_pid() and state like 'idle in transaction%'`
    expect(await database.outside(open)).toHaveLength(1)
    await rollback()
    // The server is not waited for.
    await until(async () => (await database.outside(open)).length === 0)
  })

  test('now() moves on', async () => {
    const clock = async (): Promise<number> =>
      Number((await pool.query('select extract(epoch from now()) as now')).rows[0].now)
    await start()
    await add(7)
    const first = await clock()
    await rollback()
    await start()
    await add(7)
    expect(await clock()).toBeGreaterThan(first)
    await rollback()
  })

  test('a test that only reads has no transaction', async () => {
    await start()
    await ids()
    await pool.query('select $1::int', [1])
    expect(
      await database.outside(
        `select state from pg_stat_activity where datname = current_database() and state like 'idle in transaction%'`,
      ),
    ).toHaveLength(0)
    await rollback()
  })
})

describe('however the methods are called', () => {
  afterEach(async () => {
    await close()
    expect(await database.countOutside('notes')).toBe(0)
  })

  test('not awaited', async () => {
    void start()
    const refused = expect(add(1)).rejects.toMatchObject({ code: 'PG_SANDBOX_TEST_ENDED' })
    void rollback()
    void start()
    expect(await ids()).toEqual([])
    await refused
    await add(2)
    void rollback()
  })

  test('start, followed at once by a query', async () => {
    void start()
    await add(1)
    void start()
    await add(2)
    expect(await ids()).toEqual([1, 2])
    void rollback()
    expect(await ids()).toEqual([1])
  })

  test('start right after a close that was not awaited', async () => {
    await start()
    await add(1)
    const closing = close()
    void start()
    await add(2)
    expect(await ids()).toEqual([2])
    await closing
    await add(3)
    expect(await ids()).toEqual([2, 3])
  })

  test('start, close, start, close without a wait', async () => {
    for (let id = 1; id < 5; id += 1) {
      void start()
      await add(id)
      void close()
    }
    await start()
    expect(await ids()).toEqual([])
  })

  test('rollback more often than start', async () => {
    await rollback()
    await start()
    await add(1)
    await rollback()
    await rollback()
    await rollback()
    await start()
    expect(await ids()).toEqual([])
    await add(1)
    expect(await ids()).toEqual([1])
  })

  test('start more often than rollback', async () => {
    await start()
    await add(1)
    await start()
    await start()
    await add(2)
    await rollback()
    expect(await ids()).toEqual([1])
  })

  test('everything twice in a row', async () => {
    await patch()
    await patch()
    await start()
    await start()
    await add(1)
    await rollback()
    await rollback()
    await close()
    await close()
    await unpatch()
    await unpatch()
  })

  test('two rollbacks at the same time undo two levels', async () => {
    await start()
    await start()
    await add(1)
    await start()
    await add(2)
    await Promise.all([rollback(), rollback()])
    expect(await ids()).toEqual([])
  })

  test('two closes at the same time', async () => {
    await start()
    await add(1)
    await Promise.all([close(), close()])
  })

  test('close without start', async () => {
    await close()
    expect(await ids()).toEqual([])
  })

  test('each returns a promise of nothing and takes no parameter', async () => {
    for (const method of [start, rollback, patch, unpatch, close]) {
      expect(method).toHaveLength(0)
      const returned: unknown = method()
      expect(returned).toBeInstanceOf(Promise)
      expect(await returned).toBeUndefined()
    }
    expect(await parallel(() => 5)).toBe(5)
  })
})

describe('with beforeEach(start) and afterEach(rollback) alone', () => {
  beforeEach(start)
  afterEach(rollback)
  afterAll(close)

  test.each([1, 2, 3])('test %i starts with an empty table', async () => {
    expect(await ids()).toEqual([])
    await add(1)
    const client = await pool.connect()
    await client.query('begin')
    await client.query('insert into notes values (2)')
    await client.query('commit')
    client.release()
    expect(await ids()).toEqual([1, 2])
  })
})

describe('a write after the last rollback', () => {
  let late: Promise<unknown> | undefined

  test('is not refused while the sandbox is open', async () => {
    await start()
    await add(1)
    await rollback()
    late = add(2)
    await expect(late).resolves.toBeUndefined()
    expect(await database.countOutside('notes')).toBe(0)
  })

  test('is not seen by the next test', async () => {
    await start()
    expect(await ids()).toEqual([])
    await add(2)
    await rollback()
  })

  test('made between rollback and start without a wait, too', async () => {
    await start()
    await add(1)
    const undone = rollback()
    const client = new Client({ connectionString: database.url() })
    const written = client.connect().then(() => client.query('insert into notes values (2)'))
    await Promise.all([undone, written])
    void start()
    expect(await ids()).toEqual([])
    await rollback()
    await client.end()
    expect(await database.countOutside('notes')).toBe(0)
  })

  test('inside a transaction that is left open, too', async () => {
    await start()
    await rollback()
    const client = await pool.connect()
    await client.query('begin')
    await client.query('insert into notes values (5)')
    try {
      await start()
      expect(await ids()).toEqual([])
      await rollback()
    } finally {
      client.release(true)
    }
    expect(await database.countOutside('notes')).toBe(0)
  })

  test('is never in the database', async () => {
    await close()
    expect(await database.countOutside('notes')).toBe(0)
  })
})

describe('a transaction of the application across levels', () => {
  afterEach(close)

  test('opened in an outer level goes on in an inner one, whose rollback undoes the inner part', async () => {
    const client = new Client({ connectionString: database.url() })
    await start()
    await client.connect()
    await client.query('begin')
    await client.query('insert into notes values (1)')
    await start()
    await client.query('insert into notes values (2)')
    await rollback()
    expect((await client.query('select id from notes')).rows).toEqual([{ id: 1 }])
    await client.query('commit')
    expect(await ids()).toEqual([1])
    await client.end()
  })

  test('opened in an outer level and rolled back in an inner one', async () => {
    const client = new Client({ connectionString: database.url() })
    await start()
    await client.connect()
    await add(0)
    await client.query('begin')
    await client.query('insert into notes values (1)')
    await start()
    await client.query('insert into notes values (2)')
    await client.query('rollback')
    expect(await ids()).toEqual([0])
    await rollback()
    expect(await ids()).toEqual([0])
    await client.end()
  })

  test.each([
    'rollback to s',
    'rollback to s; insert into notes values (3)',
    'release s',
    'insert into notes values (1); release s',
  ])('whose savepoint is ended in an inner level (%s)', async (sql) => {
    const client = new Client({ connectionString: database.url() })
    await start()
    await client.connect()
    await client.query('begin')
    await client.query('insert into notes values (0)')
    await client.query('savepoint s')
    await start()
    await client.query('insert into notes values (2)')
    await client.query(sql)
    await rollback()
    expect((await client.query('select id from notes')).rows).toEqual([{ id: 0 }])
    await client.query('commit')
    expect(await ids()).toEqual([0])
    await rollback()
    expect(await ids()).toEqual([])
    await client.end()
  })

  test('that fails in an inner level', async () => {
    const client = new Client({ connectionString: database.url() })
    await start()
    await client.connect()
    await client.query('begin')
    await client.query('insert into notes values (0)')
    await start()
    await expect(client.query('insert into notes values (0)')).rejects.toMatchObject({ code: '23505' })
    await rollback()
    expect((await client.query('select id from notes')).rows).toEqual([{ id: 0 }])
    await client.query('commit')
    expect(await ids()).toEqual([0])
    await client.end()
  })

  test('left open by a level does not reach the next', async () => {
    const client = new Client({ connectionString: database.url() })
    await start()
    await client.connect()
    await start()
    await client.query('begin')
    await client.query('insert into notes values (1)')
    await rollback()
    await start()
    expect(await ids()).toEqual([])
    const warned: (string | undefined)[] = []
    client.on('notice', (notice) => warned.push(notice.code))
    await client.query('commit')
    expect(warned).toEqual(['25P01'])
    await client.end()
  })

  test('a setting made in a level survives as it would on a real connection', async () => {
    const client = new Client({ connectionString: database.url() })
    await start()
    await client.connect()
    await start()
    await client.query("set timezone to 'Asia/Tokyo'")
    await client.query('insert into notes values (1)')
    await rollback()
    await start()
    expect((await client.query('show timezone')).rows).toEqual([{ TimeZone: 'Asia/Tokyo' }])
    await client.end()
  })
})

describe('a pool from the sandbox, after close', () => {
  let logins = 0
  const secret = (): string => {
    logins += 1
    return 'secret'
  }

  test('ends without a login for its idle clients', async () => {
    const url = new URL(database.url())
    await start()
    const own = new Pool({
      host: url.hostname,
      port: Number(url.port),
      database: url.pathname.slice(1),
      user: 'app_user',
      password: secret,
    })
    await own.query('select 1')
    await close()
    const before = logins
    await own.end()
    expect(logins).toBe(before)
  })
})

test('levels over two databases are undone in both', async () => {
  await start()
  const other = new Pool({ connectionString: database.url({ user: 'app_user', password: 'secret' }) })
  await other.query('create table mine (id int)')
  await add(1)
  await start()
  await other.query('insert into mine values (1)')
  await add(2)
  await rollback()
  expect((await other.query('select * from mine')).rows).toEqual([])
  expect(await ids()).toEqual([1])
  await rollback()
  await expect(other.query('select * from mine')).rejects.toMatchObject({ code: '42P01' })
  expect(await ids()).toEqual([])
  await other.end()
  await close()
})
