import { Client } from 'pg'
import { testTransaction } from '../../src/index.ts'
import { useDatabase } from '../support/database.ts'
import { useComparison } from './compare.ts'
import { type Step } from './recorder.ts'

/** What a client in the sandbox can tell: a real transaction is around it, and it stays open. More: known-differences. */

const { records } = useComparison()
const database = useDatabase()
afterEach(() => testTransaction.close())

function answers(steps: readonly Step[], index: number): string {
  return steps.at(index)!.answers.join('\n')
}

test.each([
  ['VACUUM', 'vacuum accounts', /^complete VACUUM/],
  ['CREATE DATABASE', 'create database differences_made', /^complete CREATE DATABASE|already exists/],
  ['CREATE INDEX CONCURRENTLY', 'create index concurrently on accounts (name)', /^complete CREATE INDEX/],
  ['ALTER SYSTEM', "alter system set work_mem to '4MB'", /^complete ALTER SYSTEM/],
])('%s cannot run inside a transaction block: 25001, and the session goes on', async (_, sql, done) => {
  const { plain, sandboxed } = await records(async (a) => {
    await a.simple(sql)
    await a.simple("insert into accounts values (3, 'Cid', 1)")
  })
  expect(answers(plain, 0)).toMatch(done)
  expect(answers(sandboxed, 0)).toMatch(
    /code=25001 .*cannot (?:run|be executed).* inside a transaction block.*isolation: 'database'/,
  )
  expect(answers(sandboxed, 1)).toBe(answers(plain, 1))
  await database.outside('drop database if exists differences_made')
  await database.outside('alter system reset work_mem')
})

test('a procedure that commits fails with 2D000, and nothing of it stays', async () => {
  const { plain, sandboxed } = await records(async (a) => {
    await a.simple('call add_and_commit()')
    await a.simple('select text from log')
    await a.simple("insert into accounts values (3, 'Cid', 1)")
  })
  expect(answers(plain, 0)).toMatch(/complete CALL/)
  expect(answers(sandboxed, 0)).toMatch(
    /code=2D000 \| message=invalid transaction termination.*isolation: 'database'/,
  )
  expect(answers(sandboxed, 1)).toMatch(/complete SELECT 0/)
  expect(answers(sandboxed, 2)).toBe(answers(plain, 2))
})

test('COMMIT inside DO fails with 2D000', async () => {
  const { plain, sandboxed } = await records(async (a) => {
    await a.simple("do $$ begin insert into log (text) values ('x'); commit; end $$")
    await a.simple('select text from log')
  })
  expect(answers(plain, 0)).toMatch(/complete DO/)
  expect(answers(sandboxed, 0)).toMatch(/code=2D000/)
  expect(answers(sandboxed, 1)).toMatch(/complete SELECT 0/)
})

test.each(['prepare transaction $$gid$$', "commit prepared 'gid'", "rollback prepared 'gid'"])(
  '%s is refused with 0A000 and says what to do',
  async (sql) => {
    await testTransaction.start()
    const client = new Client({ connectionString: database.url() })
    await client.connect()
    await client.query('begin')
    await expect(client.query(sql)).rejects.toMatchObject({
      code: '0A000',
      message: expect.stringMatching(/two-phase|PREPARE TRANSACTION[\s\S]*testTransaction\.close\(\)/),
    })
    await client.query('rollback')
    await expect(client.query('select 1 as one')).resolves.toMatchObject({ rows: [{ one: 1 }] })
    await client.end()
  },
)

test('now() stands still from the first write of a level to its end', async () => {
  await testTransaction.start()
  const client = new Client({ connectionString: database.url() })
  await client.connect()
  const clock = async (): Promise<Date> => (await client.query('select now()')).rows[0].now
  await client.query('create table made (id int)')
  const first = await clock()
  await client.query('select pg_sleep(0.01)')
  expect(await clock()).toEqual(first)
  await testTransaction.rollback()
  await client.query('select pg_sleep(0.01)')
  expect((await clock()).getTime()).toBeGreaterThan(first.getTime())
  await client.end()
})

test('the values of a sequence are used up', async () => {
  await database.outside('create sequence counted')
  await testTransaction.start()
  const client = new Client({ connectionString: database.url() })
  await client.connect()
  await client.query("select nextval('counted')")
  await client.end()
  await testTransaction.rollback()
  const [row] = await database.outside("select nextval('counted')")
  expect(Number(row?.nextval)).toBe(2)
})

test('a savepoint name of the sandbox is refused', async () => {
  await testTransaction.start()
  const client = new Client({ connectionString: database.url() })
  await client.connect()
  await client.query('begin')
  await expect(client.query('rollback to "pg-sandbox guard"')).rejects.toMatchObject({ code: '42939' })
  await client.query('rollback')
  await client.end()
})

test('the names of SQL PREPARE are shared by all clients', async () => {
  const { plain, sandboxed } = await records(async (a, b) => {
    await a.simple('prepare s as select 1')
    await b.simple('execute s')
  })
  expect(answers(plain, 1)).toMatch(/code=26000/)
  expect(answers(sandboxed, 1)).toMatch(/complete SELECT 1/)
})
