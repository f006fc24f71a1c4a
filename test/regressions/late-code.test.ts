import { testTransaction } from '../../src/index.ts'
import { outcome, usePooled } from '../support/pooled.ts'
import { until } from '../support/until.ts'

const { start, rollback, close } = testTransaction
const fixture = usePooled(`create table notes (id int primary key, text text)`)

describe('code that goes on after its test', () => {
  let hasBegun: boolean
  beforeEach(() => {
    hasBegun = false
  })

  async function transaction(): Promise<void> {
    const client = await fixture.lend()
    await client.query('begin')
    await client.query('insert into notes values (1)')
    hasBegun = true
    await client.query('select pg_sleep(0.2)')
    await client.query('insert into notes values (2)')
    await client.query('commit')
  }

  test('half-way through a transaction leaves nothing to the next test', async () => {
    await start()
    await start()
    const late = outcome(transaction())
    await until(() => hasBegun)
    await rollback()
    await late
    await start()
    expect(await outcome(fixture.pool.query('select id from notes'))).toEqual([])
  })

  test('half-way through a transaction commits nothing after close()', async () => {
    await start()
    const late = outcome(transaction())
    await until(() => hasBegun)
    await close()
    await late
    expect(await fixture.database.countOutside('notes')).toBe(0)
  })
})

describe('a query that nobody awaited before close()', () => {
  test('of a fixture.pool that is still connecting commits nothing', async () => {
    await start()
    const late = outcome(fixture.pool.query('insert into notes values (1)'))
    await close()
    await late
    expect(await fixture.database.countOutside('notes')).toBe(0)
  })

  test('of a fixture.pool that has idle clients commits nothing', async () => {
    await start()
    await fixture.pool.query('select 1')
    await start()
    const late = [1, 2, 3].map((id) => outcome(fixture.pool.query('insert into notes values ($1)', [id])))
    await rollback()
    await close()
    await Promise.all(late)
    expect(await fixture.database.countOutside('notes')).toBe(0)
  })

  test('of a parallel scope commits nothing', async () => {
    await start()
    let late: Promise<unknown> | undefined
    await testTransaction.parallel(() => {
      late = outcome(fixture.pool.query('insert into notes values (1)'))
    })
    await close()
    await late
    expect(await fixture.database.countOutside('notes')).toBe(0)
  })
})
