import type { Writable } from 'node:stream'
import { Client, Pool, type PoolClient, type Submittable } from 'pg'
import { testTransaction } from '../../../src/index.ts'
import { useDatabase } from '../../support/database.ts'
import { until } from '../../support/until.ts'

const { from: copyFrom }: { from(text: string): Submittable & Writable } = require('pg-copy-streams')

// Clients outlive the tests and their databases: they believe in one connection all along.

const database = useDatabase('create table notes (id int primary key)')

let pool: Pool
let client: Client
const heard: (string | undefined)[] = []
beforeAll(async () => {
  await database.leave()
  testTransaction.configure({ isolation: 'database', rollbackTimeout: 300 })
  pool = new Pool({ connectionString: database.url() })
  client = new Client({ connectionString: database.url() })
  client.on('notification', ({ payload }) => heard.push(payload))
})
beforeAll(testTransaction.start)
beforeEach(testTransaction.start)
afterEach(testTransaction.rollback)
afterAll(testTransaction.close)
afterAll(async () => {
  await client.end()
  await pool.end()
  testTransaction.configure({ isolation: 'transaction', rollbackTimeout: 2000 })
  expect(await database.countOutside('notes')).toBe(0)
})

const add = (id: number) => pool.query('insert into notes values ($1)', [id])
const outcome = (promise: Promise<unknown>) => promise.catch((error: unknown) => error)
const show = async (name: string) =>
  ((await client.query(`select current_setting('${name}', true) as value`)).rows[0] as { value: string })
    .value

describe('what a client has made in its session', () => {
  test('in one test', async () => {
    await client.connect()
    await client.query("set time zone 'Asia/Tokyo'")
    await client.query("select set_config('app.tenant', 'acme', false)")
    await client.query('listen news')
    await client.query({ name: 'add', text: 'insert into notes values ($1)', values: [1] })
    await client.query('prepare one as select 1 as n')
  })

  test('is in force in the next', async () => {
    expect(await show('TimeZone')).toBe('Asia/Tokyo')
    expect(await show('app.tenant')).toBe('acme')
    await client.query({ name: 'add', text: 'insert into notes values ($1)', values: [1] })
    expect((await client.query('execute one')).rows).toEqual([{ n: 1 }])
  })

  test('a listener hears without having asked anything', async () => {
    await pool.query("select pg_notify('news', 'hello')")
    await until(() => heard.length > 0)
    expect(heard).toEqual(['hello'])
  })

  test('what it takes back', async () => {
    await client.query('unlisten news')
    await client.query('reset time zone')
    await client.query('deallocate all')
  })

  test('is gone in the next', async () => {
    expect(await show('TimeZone')).not.toBe('Asia/Tokyo')
    await expect(client.query('execute one')).rejects.toMatchObject({ code: '26000' })
    const { rows } = await client.query('select * from pg_listening_channels()')
    expect(rows).toEqual([])
  })
})

describe('a transaction that is open when its test ends', () => {
  let lent: PoolClient

  test('and that nobody uses', async () => {
    lent = await pool.connect()
    await lent.query('begin')
    await lent.query("set application_name = 'undone'")
    await lent.query('insert into notes values (1)')
  })

  test('is forgotten, with the settings made in it', async () => {
    expect((await lent.query('select id from notes')).rows).toEqual([])
    expect((await lent.query('show application_name')).rows).toEqual([{ application_name: '' }])
    lent.release()
  })

  let left: Promise<unknown>
  test('with a query under way', async () => {
    lent = await pool.connect()
    await lent.query('begin')
    left = outcome(lent.query('select pg_sleep(0.05)'))
  })

  test('is over: what goes on in it is refused', async () => {
    expect(await left).toMatchObject({ command: 'SELECT' })
    await expect(lent.query('insert into notes values (1)')).rejects.toMatchObject({
      code: 'PG_SANDBOX_TEST_ENDED',
      message: expect.stringContaining('belongs to a transaction that was rolled back'),
    })
    await lent.query('rollback')
    await lent.query('insert into notes values (1)')
    lent.release()
  })
})

describe('a query that runs when its test ends', () => {
  let late: Promise<unknown>

  test('for longer than the limit', async () => {
    await add(1)
    late = outcome(pool.query('select pg_sleep(30)'))
    await until(async () => {
      const { rows } = await pool.query("select from pg_stat_activity where query = 'select pg_sleep(30)'")
      return rows.length === 1
    })
  })

  test('is cancelled', async () => {
    expect(await late).toMatchObject({ code: '57014' })
    await add(1)
  })

  let copier: PoolClient
  test('and one that reads rows of a COPY', async () => {
    copier = await pool.connect()
    const stream = copier.query(copyFrom('copy notes from stdin'))
    stream.write('1\n')
    late = outcome(new Promise((_, reject) => stream.on('error', reject)))
    await until(async () => {
      const { rows } = await pool.query("select from pg_stat_activity where query like 'copy notes%'")
      return rows.length === 1
    })
  })

  test('ends without them', async () => {
    expect(await late).toMatchObject({ code: '57014' })
    copier.release()
    await add(1)
  })
})

describe('a query that is called late', () => {
  let proceed = (): void => {}
  let late: Promise<unknown>

  test('by a test that has ended', () => {
    const next = new Promise<void>((resolve) => (proceed = resolve))
    late = next.then(() => outcome(add(1)))
  })

  test('is refused', async () => {
    proceed()
    expect(await late).toMatchObject({ code: 'PG_SANDBOX_TEST_ENDED' })
    expect((await pool.query('select id from notes')).rows).toEqual([])
  })
})

describe('a connection that the server ends', () => {
  test('ends for its client alone', async () => {
    const victim = new Client({ connectionString: database.url() })
    const errors: Error[] = []
    victim.on('error', (error) => errors.push(error))
    await victim.connect()
    const { rows } = await victim.query<{ pid: number }>('select pg_backend_pid() as pid')
    await pool.query('select pg_terminate_backend($1)', [rows[0]?.pid])
    await until(() => errors.length > 0)
    await expect(victim.query('select 1')).rejects.toThrow()
    await add(1)
  })
})
