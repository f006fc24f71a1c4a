import { setTimeout as sleep } from 'node:timers/promises'
import { Client, Pool, type PoolClient } from 'pg'
import { testTransaction } from '../../src/index.ts'
import { useDatabase } from '../support/database.ts'

const { start, rollback, close } = testTransaction
const database = useDatabase('create table notes (id int primary key, text text)')

let pool: Pool
beforeAll(() => {
  pool = new Pool({ connectionString: database.url() })
})
beforeEach(start)
afterEach(async () => {
  jest.useRealTimers()
  await rollback()
  testTransaction.configure({ outsideQueries: 'error', outsideQueryTimeout: 1000 })
})
afterAll(async () => {
  await pool.end()
  await close()
  expect(await database.countOutside('notes')).toBe(0)
})

type Handle = Pick<Client, 'query'>

async function inTransaction(client: Handle, work: () => Promise<void>): Promise<void> {
  await client.query('begin')
  try {
    await work()
    await client.query('commit')
  } catch (error) {
    await client.query('rollback')
    throw error
  }
}

async function ids(): Promise<number[]> {
  return (await pool.query('select id from notes order by id')).rows.map((row) => row.id)
}

async function writeTwice(client: Handle, id: number, fails: boolean): Promise<void> {
  await inTransaction(client, async () => {
    await client.query('insert into notes values ($1)', [id])
    await sleep(2)
    if (fails) throw new Error(`transaction ${id} fails`)
    await client.query('insert into notes values ($1)', [id + 10])
  })
}

/** Five transactions at once, of which the third throws. */
async function five(client: () => Promise<Handle & { done(): Promise<void> | void }>): Promise<void> {
  const results = await Promise.allSettled(
    [1, 2, 3, 4, 5].map(async (id) => {
      const handle = await client()
      try {
        await writeTwice(handle, id, id === 3)
      } finally {
        await handle.done()
      }
    }),
  )
  expect(results.map(({ status }) => status)).toEqual([
    'fulfilled',
    'fulfilled',
    'rejected',
    'fulfilled',
    'fulfilled',
  ])
  expect(results[2]).toMatchObject({ reason: { message: 'transaction 3 fails' } })
  expect(await ids()).toEqual([1, 2, 4, 5, 11, 12, 14, 15])
}

describe('five transactions at once, of which one throws, do not mix', () => {
  test('over one pool', () =>
    five(async () => {
      const client: PoolClient = await pool.connect()
      return { query: client.query.bind(client), done: () => client.release() }
    }))

  test('over single clients', () =>
    five(async () => {
      const client = new Client({ connectionString: database.url() })
      await client.connect()
      return { query: client.query.bind(client), done: () => client.end() }
    }))

  test('over clients that an ORM pools itself', async () => {
    const clients = Array.from({ length: 5 }, () => new Client({ connectionString: database.url() }))
    await Promise.all(clients.map((client) => client.connect()))
    await five(async () => {
      const client = clients.pop()!
      return { query: client.query.bind(client), done: () => client.end() }
    })
  })

  test('with statements outside of transactions between them', async () => {
    const client = await pool.connect()
    const other = await pool.connect()
    await Promise.all([
      writeTwice(client, 1, true).catch(() => {}),
      other.query('insert into notes values (2)'),
      pool.query('insert into notes values (3)'),
      other.query('insert into notes values (2)').catch(() => {}),
    ])
    client.release()
    other.release()
    expect(await ids()).toEqual([2, 3])
  })
})

test('the failing transaction of one client leaves the next in line a working one', async () => {
  const [one, two] = await Promise.all([pool.connect(), pool.connect()])
  const first = inTransaction(one, async () => {
    await one.query('insert into notes values (1)')
    await one.query('insert into notes values (1)')
  })
  const second = inTransaction(two, async () => {
    await two.query('insert into notes values (1)')
  })
  await expect(first).rejects.toMatchObject({ code: '23505' })
  await second
  one.release()
  two.release()
  expect(await ids()).toEqual([1])
})

describe('a query outside the handle inside a transaction', () => {
  test('fails with an error that explains itself, and the transaction can go on', async () => {
    const client = await pool.connect()
    await client.query('begin')
    await client.query('insert into notes values (1)')
    const outside = pool.query('select count(*) from notes where id = $1', [7])
    await expect(outside).rejects.toMatchObject({
      code: 'PG_SANDBOX_OUTSIDE_QUERY',
      message: expect.stringMatching(
        /select count\(\*\) from notes where id = \$1[\s\S]*opened here:[\s\S]*ownership\.test\.ts/,
      ),
    })
    await client.query('insert into notes values (2)')
    await client.query('commit')
    client.release()
    expect(await ids()).toEqual([1, 2])
  })

  test('is shown in its own stack', async () => {
    const client = await pool.connect()
    await client.query('begin')
    await client.query('insert into notes values (1)')
    const error: unknown = await pool.query('select 1').catch((caught: unknown) => caught)
    expect((error as Error).stack).toContain('ownership.test.ts')
    await client.query('rollback')
    client.release()
  })

  test('whether it is a BEGIN of another client', async () => {
    const [client, other] = await Promise.all([pool.connect(), pool.connect()])
    await client.query('begin')
    await client.query('insert into notes values (1)')
    await other.query('begin')
    await expect(other.query('insert into notes values (3)')).rejects.toMatchObject({
      code: 'PG_SANDBOX_OUTSIDE_QUERY',
    })
    await client.query('commit')
    await other.query('begin')
    await other.query('insert into notes values (2)')
    await other.query('commit')
    client.release()
    other.release()
    expect(await ids()).toEqual([1, 2])
  })

  test('also before the transaction has done anything', async () => {
    const client = await pool.connect()
    await client.query('begin')
    await expect(pool.query('insert into notes values (1)')).rejects.toMatchObject({
      code: 'PG_SANDBOX_OUTSIDE_QUERY',
    })
    await client.query('commit')
    client.release()
    expect(await ids()).toEqual([])
  })

  test('also inside a transaction that has failed', async () => {
    const client = await pool.connect()
    await client.query('begin')
    await expect(client.query('select 1 / 0')).rejects.toMatchObject({ code: '22012' })
    await expect(pool.query('select 1')).rejects.toMatchObject({ code: 'PG_SANDBOX_OUTSIDE_QUERY' })
    await client.query('rollback')
    client.release()
    expect(await ids()).toEqual([])
  })

  test('waits as long as the transaction is busy', async () => {
    testTransaction.configure({ outsideQueryTimeout: 200 })
    const client = await pool.connect()
    await client.query('begin')
    const busy = client.query('insert into notes values (1); select pg_sleep(0.6)')
    const waiting = pool.query('select id from notes')
    await busy
    await client.query('commit')
    client.release()
    expect((await waiting).rows).toEqual([{ id: 1 }])
  })

  test('several fail together, and each names its own SQL', async () => {
    testTransaction.configure({ outsideQueryTimeout: 100 })
    const client = await pool.connect()
    await client.query('begin')
    await client.query('insert into notes values (1)')
    const outside = ['select 11', 'select 12', 'select 13'].map((sql) => pool.query(sql))
    const results = await Promise.allSettled(outside)
    expect(results).toEqual(
      ['select 11', 'select 12', 'select 13'].map((sql) => ({
        status: 'rejected',
        reason: expect.objectContaining({
          code: 'PG_SANDBOX_OUTSIDE_QUERY',
          message: expect.stringContaining(sql),
        }),
      })),
    )
    await client.query('commit')
    client.release()
  })

  test('a pool helper that opens the transaction is in the text', async () => {
    testTransaction.configure({ outsideQueryTimeout: 100 })
    const client = await pool.connect()
    await openTransactionSomewhere(client)
    await expect(pool.query('select 1')).rejects.toThrow(/openTransactionSomewhere/)
    await client.query('rollback')
    client.release()
  })

  async function openTransactionSomewhere(client: PoolClient): Promise<void> {
    await client.query('begin')
  }
})

describe("with outsideQueries: 'share'", () => {
  beforeEach(() => testTransaction.configure({ outsideQueries: 'share', outsideQueryTimeout: 200 }))

  test('it runs inside the open transaction', async () => {
    const client = await pool.connect()
    await client.query('begin')
    await client.query('insert into notes values (1)')
    expect(await ids()).toEqual([1])
    await pool.query('insert into notes values (2)')
    await client.query('rollback')
    client.release()
    expect(await ids()).toEqual([])
  })

  test('a BEGIN of another client still waits', async () => {
    const [client, other] = await Promise.all([pool.connect(), pool.connect()])
    await client.query('begin')
    await client.query('insert into notes values (1)')
    await other.query('begin')
    await expect(other.query('insert into notes values (3)')).rejects.toMatchObject({
      code: 'PG_SANDBOX_OUTSIDE_QUERY',
    })
    await client.query('commit')
    client.release()
    other.release()
  })

  test('one that fails is told its error, and the transaction is aborted or goes on, never silently half', async () => {
    const client = await pool.connect()
    await client.query('begin')
    await client.query('insert into notes values (1)')
    await expect(pool.query('select 1 / 0')).rejects.toMatchObject({ code: '22012' })
    const next = await client.query('insert into notes values (2)').then(
      () => 'goes on',
      ({ code }: { code: string }) => code,
    )
    const { command } = await client.query('commit')
    client.release()
    expect([next, command, await ids()]).toEqual(
      next === 'goes on' ? ['goes on', 'COMMIT', [1, 2]] : ['25P02', 'ROLLBACK', []],
    )
  })

  test('the sharing client is told that it is not in a transaction', async () => {
    const [client, other] = await Promise.all([pool.connect(), pool.connect()])
    await client.query('begin')
    await client.query('insert into notes values (1)')
    await other.query('select 1')
    expect((other as { getTransactionStatus?(): string }).getTransactionStatus?.() ?? 'I').toBe('I')
    await client.query('commit')
    client.release()
    other.release()
  })
})

describe.each([
  ['modern', {}],
  ['legacy', { legacyFakeTimers: true }],
] as const)('with %s fake timers installed', (_, options) => {
  beforeEach(() => {
    jest.useFakeTimers(options as Parameters<typeof jest.useFakeTimers>[0])
  })
  afterEach(() => {
    jest.useRealTimers()
  })

  test('queries and transactions run', async () => {
    const client = new Client({ connectionString: database.url() })
    await client.connect()
    await client.query('begin')
    await client.query('insert into notes values (1)')
    await client.query('commit')
    await expect(client.query('select id from notes')).resolves.toMatchObject({ rows: [{ id: 1 }] })
    await client.end()
  })

  test('the limit of an outside query is real time', async () => {
    const [client, other] = [
      new Client({ connectionString: database.url() }),
      new Client({ connectionString: database.url() }),
    ]
    await client.connect()
    await other.connect()
    await client.query('begin')
    await client.query('insert into notes values (1)')
    await expect(other.query('select 1')).rejects.toMatchObject({ code: 'PG_SANDBOX_OUTSIDE_QUERY' })
    await client.query('rollback')
    await client.end()
    await other.end()
  })

  test('levels and parallel scopes work', async () => {
    const client = new Client({ connectionString: database.url() })
    await client.connect()
    await start()
    await client.query('insert into notes values (1)')
    await rollback()
    await expect(client.query('select id from notes')).resolves.toMatchObject({ rows: [] })
    await testTransaction.parallel(() => client.query('insert into notes values (1)'))
    await client.end()
  })
})
