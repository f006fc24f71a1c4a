import { setTimeout as sleep } from 'node:timers/promises'
import { Client, Pool } from 'pg'
import { testTransaction } from '../../src/index.ts'
import { useDatabase } from '../support/database.ts'

// Each test here leaves something behind, and the next one looks what has become of it.

const database = useDatabase('create table notes (id int primary key)')

let pool: Pool
let late: Promise<unknown> = Promise.resolve()
beforeAll(() => {
  pool = new Pool({ connectionString: database.url() })
})
beforeAll(testTransaction.start)
beforeEach(testTransaction.start)
afterEach(testTransaction.rollback)
afterAll(testTransaction.close)
afterAll(async () => {
  expect(await database.countOutside('notes')).toBe(0)
  await pool.end()
})

const add = (id: number) => pool.query('insert into notes values ($1)', [id])
const ids = async () =>
  (await pool.query('select id from notes order by id')).rows.map((row: { id: number }) => row.id)
const outcome = (promise: Promise<unknown>) => promise.catch((error: unknown) => error)

/** Leaves `work` behind, to run in the middle of the next test. */
function leaveBehind(work: () => Promise<unknown>): void {
  const next = new Promise<void>((resolve) => (proceed = resolve))
  late = next.then(() => outcome(work()))
}
let proceed = (): void => {}

/** What has become of that, in the middle of this test. */
function whatCameOfIt(): Promise<unknown> {
  proceed()
  return late
}

const refused = (test: string) => ({
  code: 'PG_SANDBOX_TEST_ENDED',
  message: expect.stringMatching(
    new RegExp(`after its test had ended[^]*the test "[^"]*${test}"[^]*late-queries\\.test\\.ts:\\d+:\\d+`),
  ),
})

describe('a query that a test has left behind', () => {
  test('in a promise', () => {
    leaveBehind(() => add(1))
  })

  test('is refused in the next test, and named', async () => {
    expect(await whatCameOfIt()).toMatchObject(refused('in a promise'))
    expect(await ids()).toEqual([])
  })

  test('in a timer', async () => {
    await ids()
    late = new Promise((resolve) => {
      setTimeout(() => resolve(outcome(add(1))), 200)
    })
  })

  test('is refused in the next test as well', async () => {
    expect(await late).toMatchObject(refused('in a timer'))
    expect(await ids()).toEqual([])
  })

  test('on a client that was lent', async () => {
    const client = await pool.connect()
    await client.query('select 1')
    leaveBehind(() => client.query('insert into notes values (1)').finally(() => client.release()))
  })

  test('is refused, and the client works for others', async () => {
    expect(await whatCameOfIt()).toMatchObject(refused('on a client that was lent'))
    await add(2)
    expect(await ids()).toEqual([2])
  })

  test('with a pool and a client made too late', () => {
    leaveBehind(async () => {
      const client = new Client({ connectionString: database.url() })
      await client.connect()
      return client.query('insert into notes values (1)').finally(() => client.end())
    })
  })

  test('is refused, whatever it connects', async () => {
    expect(await whatCameOfIt()).toMatchObject(refused('with a pool and a client made too late'))
    expect(await ids()).toEqual([])
  })
})

describe('what is not left behind', () => {
  let shared: Client

  test('a client that one test has made', async () => {
    shared = new Client({ connectionString: database.url() })
    await shared.connect()
    await shared.query('insert into notes values (1)')
  })

  test('works in the next, with promises, callbacks and what they set off', async () => {
    await shared.query('insert into notes values (2)')
    const told = await new Promise((resolve, reject) => {
      shared.query('select 1', () => {
        setTimeout(() => {
          shared.query('select id from notes', (error, result) =>
            error ? reject(error) : resolve(result.rows),
          )
        }, 5)
      })
    })
    expect(told).toEqual([{ id: 2 }])
    await shared.end()
  })

  test('levels that a test opens and ends by hand, and close() in its middle', async () => {
    await testTransaction.start()
    await add(1)
    await testTransaction.rollback()
    expect(await ids()).toEqual([])
    await testTransaction.start()
    expect(await ids()).toEqual([])
    await testTransaction.close()
    await testTransaction.start()
    await testTransaction.start()
    await sleep(1)
    expect(await ids()).toEqual([])
  })

  describe('a hook after rollback()', () => {
    afterEach(async () => {
      await testTransaction.rollback()
      expect(await ids()).toEqual([])
    })

    test('may still look', () => add(1))
  })
})

describe('with lateQueries: allow', () => {
  beforeAll(() => testTransaction.configure({ lateQueries: 'allow' }))
  afterAll(() => testTransaction.configure({ lateQueries: 'error' }))

  test('what is left behind', () => {
    leaveBehind(() => add(1))
  })

  test('runs in the next test', async () => {
    expect(await whatCameOfIt()).toMatchObject({ rowCount: 1 })
    expect(await ids()).toEqual([1])
  })
})
