/** An outer level and its queries. */
import { testTransaction } from '../../src/index.ts'
import { outcome, usePooled } from '../support/pooled.ts'

const { start, rollback } = testTransaction

describe('a query that is called in the outer level and not awaited', () => {
  const fixture = usePooled('create table notes (id int primary key, text text)')

  /** Those that were answered are kept, and the others were refused. */
  async function expectKept(told: readonly unknown[]): Promise<void> {
    const kept = told.flatMap((one, i) => (Array.isArray(one) ? [{ id: i + 1 }] : []))
    expect(await outcome(fixture.pool.query('select id from notes order by id'))).toEqual(kept)
  }

  test.each([
    ['before anything was', 0],
    ['of a pool that is connected', 3],
  ])('belongs to the outer level: %s', async (_name, warm) => {
    await start()
    await Promise.all(Array.from({ length: warm }, () => fixture.pool.query('select 1')))
    const inserts = [1, 2, 3].map((id) => outcome(fixture.pool.query('insert into notes values ($1)', [id])))
    await start()
    const told = await Promise.all(inserts)
    await outcome(fixture.pool.query('insert into notes values (9)'))
    await rollback()
    await expectKept(told)
  })

  test('belongs to the outer level where one client sends them', async () => {
    await start()
    const client = await fixture.lend()
    const inserts = [1, 2, 3].map((id) => outcome(client.query('insert into notes values ($1)', [id])))
    await start()
    const told = await Promise.all(inserts)
    await rollback()
    await expectKept(told)
  })

  test('belongs to the outer level, also when an inner query has come before it', async () => {
    await start()
    await fixture.pool.query('select 1')
    const late = outcome(fixture.pool.query('insert into notes select 1 from pg_sleep(0.2)'))
    const later = outcome(fixture.pool.query('insert into notes values (2)'))
    await start()
    await outcome(fixture.pool.query('select 1'))
    const told = [await late, await later]
    await rollback()
    await expectKept(told)
  })
})

describe('an outer level whose connection is lost', () => {
  const fixture = usePooled('create table notes (id int primary key, text text)')

  async function loseConnection(): Promise<void> {
    const [{ pid }] = await outcome(fixture.pool.query('select pg_backend_pid() as pid'))
    await fixture.database.outside('select pg_terminate_backend($1)', [pid])
    await new Promise((resolve) => setTimeout(resolve, 100))
  }

  test('the error says that what the outer level has written is lost, and what to do', async () => {
    await start()
    await fixture.pool.query('insert into notes values (1)')
    await start()
    await fixture.pool.query('insert into notes values (2)')
    await loseConnection()
    await outcome(fixture.pool.query('select 1'))
    await rollback().catch(() => {})
    await start()
    const told = await outcome(fixture.pool.query('select id from notes'))
    expect(told).toMatchObject({ code: 'PG_SANDBOX_CONNECTION_LOST' })
    expect(told.message).toMatch(/outer level|beforeAll/)
    expect(told.message).toMatch(/seed/)
    expect(told.message).not.toContain('The next test starts on a new connection')
  })
})
