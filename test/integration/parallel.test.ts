import { setTimeout as sleep } from 'node:timers/promises'
import { Client, Pool } from 'pg'
import { testTransaction } from '../../src/index.ts'
import { useDatabase } from '../support/database.ts'

const { start, rollback, close, parallel } = testTransaction
const database = useDatabase('create table notes (id int primary key, text text)')

let pool: Pool
beforeAll(() => {
  pool = new Pool({ connectionString: database.url(), max: 2 })
})
beforeEach(start)
afterEach(rollback)
afterAll(async () => {
  await close()
  expect(await database.countOutside('notes')).toBe(0)
  await pool.end()
})

async function ids(queryable: Pool | Client = pool): Promise<number[]> {
  return (await queryable.query('select id from notes order by id')).rows.map((row: { id: number }) => row.id)
}

/** Resolves once `count` callers have come. */
function meeting(count: number): () => Promise<void> {
  let open: () => void
  const opened = new Promise<void>((resolve) => (open = resolve))
  let come = 0
  return () => {
    come += 1
    if (come === count) open()
    return opened
  }
}

test('scopes run at the same time, each on a backend of its own', async () => {
  const meet = meeting(3)
  const pids = await Promise.all(
    [1, 2, 3].map((id) =>
      parallel(async () => {
        await pool.query('insert into notes values ($1)', [id])
        await meet()
        expect(await ids()).toEqual([id])
        return (await pool.query('select pg_backend_pid() as pid')).rows[0].pid
      }),
    ),
  )
  expect(new Set(pids).size).toBe(3)
  expect(await ids()).toEqual([])
})

test('a statement that runs long in one scope does not hold up the others', async () => {
  const order: string[] = []
  const long = parallel(async () => {
    await pool.query('select pg_advisory_lock(42), pg_sleep(0.3)')
    order.push('long')
  })
  await parallel(async () => {
    await pool.query('select 1')
    order.push('short')
  })
  await long
  expect(order).toEqual(['short', 'long'])
})

test('more scopes than the pool allows clients, each with clients checked out', async () => {
  const meet = meeting(6)
  const seen = await Promise.all(
    Array.from({ length: 6 }, (_, id) =>
      parallel(async () => {
        const one = await pool.connect()
        const two = await pool.connect()
        await one.query('begin')
        await one.query('insert into notes values ($1)', [id])
        await meet()
        await one.query('commit')
        const { rows } = await two.query('select id from notes')
        one.release()
        two.release()
        return rows
      }),
    ),
  )
  expect(seen).toEqual(Array.from({ length: 6 }, (_, id) => [{ id }]))
})

test('returns what fn returns, sync or not', async () => {
  expect(await parallel(() => 'value')).toBe('value')
  expect(await parallel(async () => ({ deep: [1] }))).toEqual({ deep: [1] })
  expect(await parallel(() => undefined)).toBeUndefined()
})

test('rejects with what fn throws, the very same error', async () => {
  const error = new Error('on purpose')
  await expect(parallel(() => Promise.reject(error))).rejects.toBe(error)
  await expect(
    parallel(() => {
      throw error
    }),
  ).rejects.toBe(error)
  await expect(parallel(() => pool.query('select 1 / 0'))).rejects.toMatchObject({ code: '22012' })
  expect(await ids()).toEqual([])
})

test('what a scope has written is gone, also when it throws', async () => {
  await parallel(() => pool.query('insert into notes values (1)'))
  await parallel(async () => {
    await pool.query('insert into notes values (1)')
    throw new Error('on purpose')
  }).catch(() => {})
  expect(await ids()).toEqual([])
  expect(await database.countOutside('notes')).toBe(0)
})

test('one unique key in several scopes, one after the other', async () => {
  for (let i = 0; i < 20; i += 1) await parallel(() => pool.query('insert into notes values (1)'))
  expect(await ids()).toEqual([])
})

test('one unique key in several scopes at the same time: the others wait, and then go on', async () => {
  const results = await Promise.all(
    Array.from({ length: 5 }, () =>
      parallel(async () => (await pool.query('insert into notes values (1)')).rowCount),
    ),
  )
  expect(results).toEqual([1, 1, 1, 1, 1])
})

test('a scope sees nothing of what the test has written, nor the test of it', async () => {
  await pool.query('insert into notes values (1)')
  await parallel(async () => {
    expect(await ids()).toEqual([])
    await pool.query('insert into notes values (2)')
    expect(await ids()).toEqual([2])
  })
  expect(await ids()).toEqual([1])
})

test('parallel inside parallel is a scope of its own', async () => {
  await parallel(async () => {
    await pool.query('insert into notes values (1)')
    await parallel(async () => {
      expect(await ids()).toEqual([])
      await pool.query('insert into notes values (2)')
    })
    expect(await ids()).toEqual([1])
  })
  expect(await ids()).toEqual([])
})

test('levels inside a scope are its own', async () => {
  await pool.query('insert into notes values (9)')
  await parallel(async () => {
    await pool.query('insert into notes values (1)')
    await start()
    await pool.query('insert into notes values (2)')
    expect(await ids()).toEqual([1, 2])
    await rollback()
    expect(await ids()).toEqual([1])
  })
  expect(await ids()).toEqual([9])
})

test('callbacks stay in the scope in which they were given', async () => {
  const first = parallel(
    () =>
      new Promise((resolve, reject) => {
        pool.query('insert into notes values (1)', () => {
          pool.connect((error, client, release) => {
            if (error !== undefined && error !== null) return reject(error)
            client!.query('select id from notes', (failed, result) => {
              release()
              pool.query('select id from notes', (_failed, again) =>
                failed ? reject(failed) : resolve([result.rows, again.rows]),
              )
            })
          })
        })
      }),
  )
  const second = parallel(() => pool.query('insert into notes values (2)'))
  expect(await first).toEqual([[{ id: 1 }], [{ id: 1 }]])
  await second
  expect(await ids()).toEqual([])
})

test('events and timers inside a scope stay in it', async () => {
  await parallel(async () => {
    const client = await pool.connect()
    await client.query('insert into notes values (1)')
    const rows = await new Promise((resolve, reject) => {
      setTimeout(() => {
        pool.query('select id from notes').then(({ rows: found }) => resolve(found), reject)
      }, 1)
    })
    expect(rows).toEqual([{ id: 1 }])
    client.release()
  })
})

test('a query fired after the scope has ended is refused and leaks nothing', async () => {
  let late: Promise<unknown> = Promise.resolve()
  await parallel(async () => {
    await pool.query('insert into notes values (1)')
    late = sleep(100).then(() => pool.query('insert into notes values (2)'))
    late.catch(() => {})
  })
  await expect(late).rejects.toMatchObject({
    code: 'PG_SANDBOX_TEST_ENDED',
    message: expect.stringContaining('insert into notes'),
  })
  expect(await ids()).toEqual([])
  expect(await database.countOutside('notes')).toBe(0)
})

test('a query not awaited when the scope ends leaks nothing', async () => {
  const fired: Promise<unknown>[] = []
  await parallel(async () => {
    for (let id = 1; id < 5; id += 1) fired.push(pool.query('insert into notes values ($1)', [id]))
    for (const query of fired) query.catch(() => {})
  })
  for (const { status, ...rest } of await Promise.allSettled(fired)) {
    if (status === 'rejected') expect(rest).toMatchObject({ reason: { code: 'PG_SANDBOX_TEST_ENDED' } })
  }
  expect(await ids()).toEqual([])
  expect(await database.countOutside('notes')).toBe(0)
})

test('a refused client works in the next scope and outside of it', async () => {
  const client = new Client({ connectionString: database.url() })
  await client.connect()
  let late: Promise<unknown> = Promise.resolve()
  await parallel(async () => {
    await client.query('insert into notes values (1)')
    late = sleep(50).then(() => client.query('select 1'))
    late.catch(() => {})
  })
  await expect(late).rejects.toMatchObject({ code: 'PG_SANDBOX_TEST_ENDED' })
  expect(await ids(client)).toEqual([])
  await parallel(async () => expect(await ids(client)).toEqual([]))
  await client.end()
})

test('one client used by several scopes: its queries run in order, each in its own', async () => {
  const client = new Client({ connectionString: database.url() })
  await client.connect()
  await client.query('insert into notes values (100)')
  const seen = await Promise.all(
    [1, 2, 3].map((id) =>
      parallel(async () => {
        await client.query('insert into notes values ($1)', [id])
        await sleep(1)
        await client.query({ name: 'all', text: 'select id from notes' })
        return ids(client)
      }),
    ),
  )
  expect(seen).toEqual([[1], [2], [3]])
  expect(await ids(client)).toEqual([100])
  await client.end()
})

test('an own pool made inside a scope is rolled back with it', async () => {
  await parallel(async () => {
    const own = new Pool({ connectionString: database.url() })
    await own.query('insert into notes values (1)')
    expect(await ids()).toEqual([1])
    expect(await ids(own)).toEqual([1])
    await own.end()
    expect(await ids()).toEqual([1])
  })
  expect(await database.countOutside('notes')).toBe(0)
})

test('a pool made in one scope and used in another', async () => {
  const own = await parallel(async () => {
    const made = new Pool({ connectionString: database.url() })
    await made.query('insert into notes values (1)')
    return made
  })
  await parallel(async () => expect(await ids(own)).toEqual([]))
  expect(await ids(own)).toEqual([])
  await own.end()
})

test('a transaction left open in a scope does not reach the next', async () => {
  const client = await pool.connect()
  await parallel(async () => {
    await client.query('begin')
    await client.query('insert into notes values (1)')
  })
  await parallel(async () => {
    expect(await ids()).toEqual([])
    await pool.query('insert into notes values (1)')
  })
  client.release()
  expect(await ids()).toEqual([])
})

test('a setting made in a scope does not reach another client in the next', async () => {
  await parallel(async () => {
    const client = new Client({ connectionString: database.url() })
    await client.connect()
    await client.query("set timezone to 'Asia/Tokyo'")
    await client.query('create temp table notes_of_mine (id int)')
    await client.end()
  })
  await parallel(async () => {
    const { rows } = await pool.query('show timezone')
    expect(rows).not.toEqual([{ TimeZone: 'Asia/Tokyo' }])
    await expect(pool.query('select * from notes_of_mine')).rejects.toMatchObject({ code: '42P01' })
  })
})

test('fifty scopes at once', async () => {
  const seen = await Promise.all(
    Array.from({ length: 50 }, (_, id) =>
      parallel(async () => {
        await pool.query('insert into notes values ($1)', [id])
        return ids()
      }),
    ),
  )
  expect(seen).toEqual(Array.from({ length: 50 }, (_, id) => [id]))
})

test('a lock that the test outside holds ends in an error that says so, not in a hang', async () => {
  await pool.query('insert into notes values (1)')
  await expect(parallel(() => pool.query('insert into notes values (1)'))).rejects.toMatchObject({
    code: 'PG_SANDBOX_BLOCKED',
  })
})

describe('without start', () => {
  beforeEach(close)

  test('a scope is rolled back all the same, and outside of it nothing is in the sandbox', async () => {
    const own = new Pool({ connectionString: database.url() })
    await parallel(async () => {
      await own.query('insert into notes values (1)')
      expect(await ids(own)).toEqual([1])
    })
    expect(await database.countOutside('notes')).toBe(0)
    await own.query('insert into notes values (2)')
    expect(await database.countOutside('notes')).toBe(1)
    await own.query('delete from notes')
    await own.end()
  })

  test('the real clients of a pool join a scope for its queries only', async () => {
    const own = new Pool({ connectionString: database.url(), max: 1 })
    await own.query('select 1')
    await parallel(async () => {
      await own.query('insert into notes values (1)')
    })
    expect(await ids(own)).toEqual([])
    expect(await database.countOutside('notes')).toBe(0)
    await own.end()
  })
})
