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
