import { Pool } from 'pg'
import { testTransaction } from '../../src/index.ts'
import { useDatabase } from '../support/database.ts'

const { close, rollback, start } = testTransaction
const database = useDatabase('create table notes (id int primary key)')

let pool: Pool
beforeAll(() => {
  pool = new Pool({ connectionString: database.url() })
})
afterEach(close)
afterAll(() => pool.end())

// ROLLBACK, SELECT pg_advisory_unlock_all() and BEGIN READ WRITE went to the server in one string: the SELECT had taken a
// snapshot in the transaction of the string, and BEGIN READ WRITE failed with 25001.
test('a test that begins with a write may follow one that has taken an advisory lock', async () => {
  await start()
  await pool.query('select pg_advisory_lock(12)')
  await rollback()
  await start()
  await pool.query('insert into notes values (1)')
  expect((await pool.query('select id from notes')).rows).toEqual([{ id: 1 }])
})

test('a test that begins with a read may follow one that has taken an advisory lock', async () => {
  await start()
  await pool.query('select pg_advisory_lock(12)')
  await rollback()
  await start()
  await pool.query('select id from notes')
  await pool.query('insert into notes values (1)')
  expect((await pool.query('select id from notes')).rows).toEqual([{ id: 1 }])
})
