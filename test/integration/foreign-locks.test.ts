/** A query that waits for a lock of another process: nothing fails, but a warning tells whom it waits for. */
import { Client } from 'pg'
import { testTransaction } from '../../src/index.ts'
import { openOutside } from '../support/outside.ts'
import { useDatabase } from '../support/database.ts'
import { until } from '../support/until.ts'

const database = useDatabase(`
  create table notes (id int primary key);
  grant insert on notes to app_user`)
const { start, rollback, close, parallel, configure } = testTransaction
const insert = 'insert into notes values (1)'

let warn: jest.SpiedFunction<typeof process.emitWarning>
let client: Client

beforeEach(async () => {
  warn = jest.spyOn(process, 'emitWarning').mockImplementation(() => {})
  configure({ outsideQueryTimeout: 50 })
  await start()
  await start()
  client = await connected()
})
afterEach(async () => {
  await database.outside('rollback')
  await client.end()
  await rollback()
  await close()
  configure({ outsideQueryTimeout: 1000 })
  warn.mockRestore()
})

async function connected(login?: { user: string; password: string }): Promise<Client> {
  const one = new Client({ connectionString: database.url(login) })
  await one.connect()
  return one
}

function warnings(): string[] {
  for (const [, options] of warn.mock.calls)
    expect(options).toEqual({ type: 'PgSandboxWarning', code: 'PG_SANDBOX_FOREIGN_LOCK' })
  return warn.mock.calls.map(([message]) => String(message))
}

async function lockOutside(...statements: string[]): Promise<void> {
  for (const sql of ["set application_name = 'other worker'", 'begin', ...statements])
    await database.outside(sql)
}

test('is explained once, and goes on when the lock is freed', async () => {
  await lockOutside(insert, "select 'its last'")
  const inserted = client.query(insert)
  await until(() => warn.mock.calls.length > 0)
  await new Promise((resolve) => setTimeout(resolve, 200))
  await database.outside('rollback')
  await expect(inserted).resolves.toMatchObject({ rowCount: 1 })
  const [warning, ...more] = warnings()
  expect(more).toEqual([])
  expect(warning?.replace(/process \d+/, 'process 1234'))
    .toBe(`A query has waited 50 ms for a lock that another connection holds: insert into notes values (1)

Usually it is that of another test process, which has written the same unique key or the same row. What a test has written is locked until the test ends, and what a file's beforeAll has written until the file ends.

Give each worker of the runner a database of its own (pg-sandbox/workers), or keys of its own.

The lock is held by:
process 1234 of the server, application other worker, idle in transaction, last statement: select 'its last'`)
})

test('fails as without the sandbox when the other process commits', async () => {
  await lockOutside(insert)
  const inserted = client.query(insert)
  await until(() => warn.mock.calls.length > 0)
  await database.outside('commit')
  await expect(inserted).rejects.toMatchObject({ code: '23505' })
  await database.outside('delete from notes')
})

test('is explained by each parallel scope that waits', async () => {
  await lockOutside('lock table notes')
  const scopes = [1, 2].map((id) =>
    parallel(async () => {
      const own = await connected()
      const { rowCount } = await own.query(`insert into notes values (${id})`)
      await own.end()
      return rowCount
    }),
  )
  await until(() => warn.mock.calls.length === 2)
  await database.outside('rollback')
  await expect(Promise.all(scopes)).resolves.toEqual([1, 1])
})

test('tells of another user’s connection what the server lets it see', async () => {
  const outside = openOutside()
  await outside.query(database.url(), "set application_name = 'the owner'")
  await outside.query(database.url(), 'begin')
  await outside.query(database.url(), insert)
  const restricted = await connected({ user: 'app_user', password: 'secret' })
  const inserted = restricted.query(insert)
  await until(() => warn.mock.calls.length > 0)
  await outside.query(database.url(), 'rollback')
  await inserted
  await restricted.end()
  outside.close()
  expect(warnings()[0]).toMatch(
    /process \d+ of the server, application the owner, last statement: <insufficient privilege>$/,
  )
})

test.each([
  ['a slow query', () => client.query('select pg_sleep(0.3)')],
  [
    'a query that waits for a parallel scope beside it',
    async () => {
      const [first, second] = [await connected(), await connected()]
      const scope = (one: Client, then: string): Promise<void> =>
        parallel(async () => {
          await one.query(insert)
          await one.query(then)
        })
      await Promise.all([scope(first, 'select pg_sleep(0.4)'), scope(second, 'select 1')])
      await Promise.all([first.end(), second.end()])
    },
  ],
])('%s is none', async (_, run) => {
  await run()
  expect(warnings()).toEqual([])
})
