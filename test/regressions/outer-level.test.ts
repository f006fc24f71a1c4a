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
