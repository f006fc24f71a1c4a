/**
 * BEGIN and ROLLBACK are always answered, also where the transaction may not run. Its first statement is
 * refused, so that no client leaks and the application's own error comes through.
 */
import { type Client, Pool } from 'pg'
import { testTransaction } from '../../src/index.ts'
import { rejection } from '../support/both-ways.ts'
import { outcome, settled, usePooled } from '../support/pooled.ts'
import { until } from '../support/until.ts'

const { start, rollback } = testTransaction

describe('a transaction that may not run, begun before the try as drizzle does it', () => {
  const fixture = usePooled('create table notes (id int primary key, text text)')
  beforeEach(() => testTransaction.configure({ outsideQueries: 'error', outsideQueryTimeout: 200 }))
  afterEach(() => testTransaction.configure({ outsideQueryTimeout: 1000 }))

  async function transaction(
    pool: Pool,
    work: (client: Pick<Client, 'query'>) => Promise<unknown>,
  ): Promise<unknown> {
    const client = await pool.connect()
    await client.query('begin')
    try {
      const result = await work(client)
      await client.query('commit')
      return result
    } catch (error) {
      await client.query('rollback')
      throw error
    } finally {
      client.release()
    }
  }

  const write = (client: Pick<Client, 'query'>): Promise<unknown> =>
    client.query('insert into notes values (1)')

  test('beside an idle one of another client: its first statement is refused, and the pool ends', async () => {
    const pool = new Pool({ connectionString: fixture.database.url() })
    await start()
    const owner = await fixture.lend()
    await owner.query('begin')
    await owner.query('insert into notes values (2)')
    expect(await settled(rejection(transaction(pool, write)))).toMatchObject({
      code: 'PG_SANDBOX_OUTSIDE_QUERY',
    })
    await owner.query('commit')
    expect(await settled(pool.end())).toBeUndefined()
  })

  test('inside another: the outer one fails with the refusal, and the pool ends', async () => {
    const pool = new Pool({ connectionString: fixture.database.url() })
    await start()
    const nested = transaction(pool, async (client) => {
      await write(client)
      await transaction(pool, write)
    })
    expect(await settled(rejection(nested))).toMatchObject({ code: 'PG_SANDBOX_OUTSIDE_QUERY' })
    expect(await settled(pool.end())).toBeUndefined()
  })

  test('beside one that nobody awaits: it is refused, and the pool ends', async () => {
    const pool = new Pool({ connectionString: fixture.database.url() })
    await start()
    let hasWritten = false
    const unawaited = outcome(
      transaction(pool, async (client) => {
        await write(client)
        hasWritten = true
        await new Promise((resolve) => setTimeout(resolve, 600))
      }),
    )
    await until(() => hasWritten)
    expect(await settled(rejection(transaction(pool, write)))).toMatchObject({
      code: 'PG_SANDBOX_OUTSIDE_QUERY',
    })
    await unawaited
    expect(await settled(pool.end())).toBeUndefined()
  })

  describe('that a test leaves behind', () => {
    let late: Promise<unknown>
    let goOn = (): void => {}

    test('before its BEGIN', async () => {
      await start()
      await fixture.pool.query('select 1')
      const next = new Promise<void>((resolve) => (goOn = resolve))
      const pool = new Pool({ connectionString: fixture.database.url() })
      late = next.then(async () => [
        await settled(outcome(transaction(pool, write))),
        await settled(pool.end()),
      ])
      await rollback()
    })

    test('gets an answer to BEGIN in the next test, and its statement is refused', async () => {
      await start()
      goOn()
      expect(await late).toEqual([expect.objectContaining({ code: 'PG_SANDBOX_TEST_ENDED' }), undefined])
    })
  })

  test('of a test that has ended: the error is that of its statement, not of its ROLLBACK', async () => {
    await start()
    await start()
    let isIn = false
    const late = outcome(
      transaction(fixture.pool, async (client) => {
        await write(client)
        isIn = true
        await new Promise((resolve) => setTimeout(resolve, 100))
        throw new Error('of the application')
      }),
    )
    await until(() => isIn)
    await rollback()
    await start()
    expect(await settled(late)).toMatchObject({ message: 'of the application' })
  })
})
