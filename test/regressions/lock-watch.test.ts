import { Client } from 'pg'
import { testTransaction } from '../../src/index.ts'
import { useDatabase } from '../support/database.ts'
import { runScript } from '../support/node-process.ts'

const database = useDatabase(`
  create table notes (id int primary key);
  create function note() returns int language plpgsql as $$ begin insert into notes values (1); return 1; end $$;
  create view noting as select note()`)

test.each([
  ['in the test', `await pool.query('select * from noting')`],
  ['in a parallel scope', `await testTransaction.parallel(() => pool.query('select * from noting'))`],
])('a process whose read has turned out to write %s exits after close()', async (_, work) => {
  const { code, stderr } = await runScript(
    database.url(),
    `const pool = new Pool({ connectionString: url })
    testTransaction.configure({ outsideQueryTimeout: 50 })
    await testTransaction.start()
    ${work}
    await testTransaction.close()
    await pool.end()`,
    4000,
  )
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
})

test('one client of two parallel scopes that want the same key fails, and does not wait for ever', async () => {
  const client = new Client({ connectionString: database.url() })
  await client.connect()
  testTransaction.configure({ outsideQueryTimeout: 100 })
  await testTransaction.start()
  const results = await Promise.allSettled(
    [1, 2].map(() =>
      testTransaction.parallel(async () => {
        await client.query('insert into notes values (7)')
        await client.query('select count(*) from notes')
      }),
    ),
  )
  const rejected = results.filter((result) => result.status === 'rejected')
  expect(rejected).toEqual([
    { status: 'rejected', reason: expect.objectContaining({ code: 'PG_SANDBOX_BLOCKED' }) },
  ])
  await testTransaction.close()
  testTransaction.configure({ outsideQueryTimeout: 1000 })
  await client.end()
})
