/** The test after the one with the fault: it must be clean, and nothing in it may fail. */
import type { Pool } from 'pg'
import type { RunningTest } from './running-test.ts'

/**
 * @param rows how many rows of the table `ledger` the test file has made for all its tests
 */
export async function runNextTest(test: RunningTest, rows: number): Promise<void> {
  const { sandbox, pools } = test.world
  await sandbox.start()
  try {
    const isPoolFit = !test.isPoolEnded && !test.isPoolSlow
    if (isPoolFit) await use(test.pool, rows)
    await use(pools[test.database], isPoolFit ? rows + 2 : rows)
  } finally {
    await sandbox.rollback()
  }
}

async function use(pool: Pool, rows: number): Promise<void> {
  await expectRows(pool, rows)
  await pool.query(`insert into ledger values (${-1 - rows})`)
  const client = await pool.connect()
  try {
    await client.query('begin')
    await client.query('insert into ledger values ($1)', [-2 - rows])
    await client.query('commit')
    await client.query('begin')
    await client.query('delete from notes')
    await client.query('rollback')
  } finally {
    client.release()
  }
  await expectRows(pool, rows + 2)
}

async function expectRows(pool: Pool, rows: number): Promise<void> {
  const asked = await pool.query<{ ledger: number; notes: number }>(
    'select (select count(*)::int from ledger) as ledger, (select count(*)::int from notes) as notes',
  )
  const [found] = asked.rows
  if (found?.ledger !== rows || found.notes !== 20)
    throw new Error(`expected ${rows} and 20 rows, and there are ${JSON.stringify(found)}`)
}
