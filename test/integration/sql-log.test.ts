import type { Writable } from 'node:stream'
import { Pool, type Submittable } from 'pg'
import { isolated, testTransaction } from '../../src/index.ts'
import { useDatabase } from '../support/database.ts'

const Cursor: new (text: string) => Submittable & {
  read(rows: number): Promise<unknown[]>
  close(): Promise<void>
} = require('pg-cursor')
const { from: copyFrom }: { from(text: string): Submittable & Writable } = require('pg-copy-streams')

const database = useDatabase('create table notes (id int primary key, text text)')
const { start, rollback, close, configure } = testTransaction

let pool: Pool
let written: jest.SpyInstance
beforeAll(() => {
  pool = new Pool({ connectionString: database.url() })
})
beforeEach(() => {
  written = jest.spyOn(process.stderr, 'write').mockReturnValue(true)
  configure({ logSql: 'always' })
})
afterEach(async () => {
  await close()
  written.mockRestore()
  configure({ logSql: 'never', logValues: 'exceptSecrets' })
})
afterAll(() => pool.end())

/** What was written since, without times. */
function log(): string {
  const text = written.mock.calls.map(([chunk]) => String(chunk)).join('')
  written.mockClear()
  return text.replaceAll(/ in \d+\.\d ms/g, '')
}

const name = () => expect.getState().currentTestName

test('shows what a test has run when it ends', async () => {
  await start()
  await pool.query('select 1')
  await pool.query('insert into notes values ($1, $2)', [1, 'x'.repeat(100)])
  await pool.query('insert into notes values ($1, $2)', [1, null]).catch(() => {})
  expect(log()).toBe('')
  await rollback()
  expect(log()).toBe(`pg-sandbox: the SQL of the test "${name()}"
  1. select 1
     on the wire: the same
     SELECT 1
  2. insert into notes values ($1, $2)
     values: '1', '${'x'.repeat(59)}…'
     on the wire: BEGIN READ WRITE; SET LOCAL default_transaction_read_only = off; SAVEPOINT "pg-sandbox guard"; the same
     INSERT 0 1
  3. insert into notes values ($1, $2)
     values: '1', NULL
     on the wire: RELEASE SAVEPOINT "pg-sandbox guard"; SAVEPOINT "pg-sandbox guard"; the same
     failed: duplicate key value violates unique constraint "notes_pkey" (23505)
`)
})

test('shows transactions, several clients and strings of statements', async () => {
  await start()
  const client = await pool.connect()
  await client.query('begin; insert into notes values (1); commit')
  client.release(true)
  await pool.query('begin')
  await rollback()
  expect(log()).toBe(`pg-sandbox: the SQL of the test "${name()}"
  1. client 1: begin; insert into notes values (1); commit
     on the wire: BEGIN READ WRITE; SET LOCAL default_transaction_read_only = off; SAVEPOINT "pg-sandbox guard"; insert into notes values (1);
     BEGIN, INSERT 0 1, COMMIT
  2. client 2: begin
     on the wire: nothing
     BEGIN
`)
})

test('shows pages of a cursor, binary values, and nothing of the rows of a COPY', async () => {
  await start()
  const client = await pool.connect()
  const cursor = client.query(new Cursor('select * from generate_series(1, 3)'))
  await cursor.read(2)
  await cursor.read(2)
  await cursor.close()
  await client.query({ name: 'twice', text: 'select $1::bytea', values: [Buffer.from('secret')] })
  await client.query({ name: 'twice', text: 'select $1::bytea', values: [Buffer.from('secret')] })
  const copy = client.query(copyFrom('copy notes from stdin'))
  await new Promise((resolve, reject) => copy.on('finish', resolve).on('error', reject).end('1\tsecret\n'))
  client.release()
  await rollback()
  const text = log()
  expect(text).toContain('1. select * from generate_series(1, 3)')
  expect(text).toContain('2. (more rows)\n     on the wire: the same\n     2 rows\n')
  expect(text).toContain('3. (more rows)\n     on the wire: RELEASE SAVEPOINT "pg-sandbox guard"; ')
  expect(text).toContain("values: '(binary, 6 bytes)'")
  expect(text).toContain('copy notes from stdin')
  expect(text).toContain('COPY 1')
  expect(text).not.toContain('secret')
})

test('hides passwords', async () => {
  await start()
  await pool.query(`create role "of the log" login password 'geheim'`)
  await pool.query(`alter role "of the log" password null`)
  await pool.query('select $1::text', ['postgres://ada:geheim@host/db'])
  await rollback()
  const text = log()
  expect(text).toContain(`create role "of the log" login password '***'`)
  expect(text).toContain("values: 'postgres://ada:***@host/db'")
  expect(text).not.toContain('geheim')
})

test('shows a level that a test has opened, and a parallel call, with the test', async () => {
  configure({ logSql: 'onFailure' })
  const body = isolated(async () => {
    await pool.query("select 'first'")
    await start()
    await pool.query("select 'in a level'")
    await rollback()
    await testTransaction.parallel(() => pool.query("select 'in parallel'"))
    throw new Error('on purpose')
  })
  await expect(body()).rejects.toThrow('on purpose')
  const lines = log().split('\n')
  expect(lines[0]).toBe(`pg-sandbox: the SQL of the test "${name()}"`)
  expect(lines.filter((line) => /^ *\d\. /.test(line))).toEqual([
    "  1. select 'first'",
    "  2. select 'in a level'",
    "  3. select 'in parallel'",
  ])
})

test('with onFailure, shows nothing of a test that has not failed', async () => {
  configure({ logSql: 'onFailure' })
  await start()
  await pool.query('select 1')
  await rollback()
  await isolated(() => pool.query('select 1'))()
  expect(log()).toBe('')
})

test('with never, keeps nothing', async () => {
  configure({ logSql: 'never' })
  await start()
  await pool.query('select 1')
  configure({ logSql: 'always' })
  await rollback()
  expect(log()).toBe('')
})

test('shows what is run outside every level, when the sandbox is closed', async () => {
  await start()
  await start()
  await pool.query("select 'first'")
  await close()
  expect(log()).toContain("1. select 'first'")
})

test.each([
  ['exceptSecrets', "'ada', '***'"],
  ['never', "'***', '***'"],
  ['always', "'ada', 'hunter2'"],
] as const)('logValues: %s shows the values %s', async (logValues, values) => {
  configure({ logValues })
  await start()
  await pool.query('select $1::text as name, $2::text as password', ['ada', 'hunter2'])
  await rollback()
  expect(log()).toContain(`values: ${values}\n`)
})

test('what the server says of a hidden value does not show it', async () => {
  await pool.query('create table tokens (token uuid)')
  await start()
  await pool.query('insert into tokens (token) values ($1)', ['hunter2']).catch(() => {})
  await rollback()
  await close()
  await pool.query('drop table tokens')
  expect(log()).toMatch(
    /values: '\*\*\*'\n[^]*failed: invalid input syntax for type uuid: "\*\*\*" \(22P02\)/,
  )
})

test('a statement that is prepared by name hides its values each time', async () => {
  await start()
  const named = (value: string) => ({ name: 'by secret', text: 'select $1::text as secret', values: [value] })
  for (const value of ['hunter2', 'hunter3']) await pool.query(named(value))
  await rollback()
  const text = log()
  expect(text).not.toContain('hunter')
  expect(text.match(/values: '\*\*\*'\n/g)).toHaveLength(2)
})
