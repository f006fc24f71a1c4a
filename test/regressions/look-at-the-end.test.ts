import { Pool } from 'pg'
import { testTransaction } from '../../src/index.ts'
import { useDatabase } from '../support/database.ts'

const database = useDatabase()
afterAll(() => testTransaction.configure({ outsideQueryTimeout: 1000 }))

test.each([0, 2, 4, 6, 8, 10, 15, 20])(
  'a look at what a query waits for is over when close() is, %i ms later',
  async (later) => {
    testTransaction.configure({ outsideQueryTimeout: 50 })
    const pool = new Pool({ connectionString: database.url() })
    await testTransaction.start()
    await pool.query(`select pg_sleep(${0.05 + later / 1000})`)
    await Promise.all([pool.end(), testTransaction.close()])
    const connected = `select count(*)::int as n from pg_stat_activity
      where datname = current_database() and pid <> pg_backend_pid()`
    expect(await database.outside(connected)).toEqual([{ n: 0 }])
  },
)
