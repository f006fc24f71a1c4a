import { setTimeout as sleep } from 'node:timers/promises'
import { Pool } from 'pg'
import { isolated, testTransaction, useTestDatabase } from '../../src/index.ts'
import { useDatabase } from '../support/database.ts'

const database = useDatabase('create table notes (id int primary key)')

let pool: Pool
beforeAll(() => {
  pool = new Pool({ connectionString: database.url() })
})
afterAll(async () => {
  expect(await database.countOutside('notes')).toBe(0)
  await pool.end()
})

const add = (id: number) => pool.query('insert into notes values ($1)', [id])
const ids = async () =>
  (await pool.query('select id from notes order by id')).rows.map((row: { id: number }) => row.id)
const outcome = (promise: Promise<unknown>) => promise.catch((error: unknown) => error)

describe('beside the hooks', () => {
  useTestDatabase({ seed: () => add(100) })

  test('a test one after another sees what seed has made once', async () => {
    await add(1)
    expect(await ids()).toEqual([1, 100])
  })

  test('as does the next', async () => {
    expect(await ids()).toEqual([100])
  })

  let running = 0
  let most = 0
  const together = isolated(async (id: number) => {
    running += 1
    most = Math.max(most, running)
    await add(id)
    await sleep(100)
    expect(await ids()).toEqual([id])
    running -= 1
  })
  test.concurrent.each([1, 2, 3])('each concurrent test sees its own row alone: %i', together)

  test('which ran at the same time', () => {
    expect(most).toBeGreaterThan(1)
  })

  test.concurrent(
    'seed of a concurrent test runs first, in its scope',
    isolated({ seed: () => add(7) }, async () => {
      expect(await ids()).toEqual([7])
    }),
  )

  test('what a concurrent test has written is gone', async () => {
    expect(await ids()).toEqual([100])
  })
})

describe('the body', () => {
  afterEach(testTransaction.close)

  test('is given what the runner gives, with its this', async () => {
    const body = isolated(function tell(this: unknown, ...given: unknown[]) {
      return [this, ...given]
    })
    const runner = { name: 'runner' }
    expect(await body.call(runner, 1, 'two')).toEqual([runner, 1, 'two'])
  })

  test('gives what it gives and throws what it throws', async () => {
    const error = new Error('on purpose')
    await expect(isolated(() => 'value')()).resolves.toBe('value')
    await expect(isolated(() => Promise.reject(error))()).rejects.toBe(error)
  })

  test('does not run when seed fails', async () => {
    const body = jest.fn()
    await expect(isolated({ seed: () => add(null as never) }, body)()).rejects.toMatchObject({
      code: '23502',
    })
    expect(body).not.toHaveBeenCalled()
  })

  test('may be run again, and finds nothing of before', async () => {
    const body = isolated(async () => {
      await add(1)
      return ids()
    })
    expect(await body()).toEqual([1])
    expect(await body()).toEqual([1])
  })

  test('has levels and parallel calls of its own', async () => {
    const body = isolated(async () => {
      await add(1)
      await testTransaction.start()
      await add(2)
      await testTransaction.rollback()
      await testTransaction.parallel(async () => expect(await ids()).toEqual([]))
      return ids()
    })
    expect(await body()).toEqual([1])
  })

  test('waits for a row that another one has written, as with clients of one’s own', async () => {
    testTransaction.configure({ outsideQueryTimeout: 100 })
    const body = isolated(async () => {
      await add(1)
      await sleep(400)
    })
    await testTransaction.start()
    const first = body()
    await testTransaction.rollback()
    await testTransaction.start()
    await expect(Promise.all([first, body()])).resolves.toEqual([undefined, undefined])
    testTransaction.configure({ outsideQueryTimeout: 1000 })
  })
})

describe('a query called when its test has ended', () => {
  afterEach(testTransaction.close)

  async function lateOf(what: () => Promise<unknown>): Promise<unknown> {
    let late: Promise<unknown> = Promise.resolve()
    await isolated(async () => {
      await add(1)
      late = sleep(50).then(() => outcome(what()))
    })()
    return late
  }

  test('is refused, with the test’s name and the line', async () => {
    await testTransaction.start()
    expect(await lateOf(() => add(2))).toMatchObject({
      code: 'PG_SANDBOX_TEST_ENDED',
      message: expect.stringMatching(
        /after its test had ended.*: insert into notes[^]*a query called when its test has ended is refused, with the test’s name and the line[^]*isolated\.test\.ts:\d+:\d+/,
      ),
    })
    expect(await ids()).toEqual([])
  })

  test('is refused for a client of its own, too', async () => {
    await testTransaction.start()
    const other = () => {
      const own = new Pool({ connectionString: database.url() })
      return own.query('insert into notes values (2)').finally(() => own.end())
    }
    expect(await lateOf(other)).toMatchObject({ code: 'PG_SANDBOX_TEST_ENDED' })
    expect(await ids()).toEqual([])
  })
})
