import { Client, Pool } from 'pg'
import { testTransaction } from '../../src/index.ts'
import { type Postgres, startPostgres } from '../support/postgres.cjs'
import { until } from '../support/until.ts'
import { codeSpans, table } from './support/readme.ts'

let postgres: Postgres
let pool: Pool

beforeAll(async () => {
  const settings = { log_statement: 'all', log_line_prefix: '@%p ' }
  postgres = await startPostgres({ settings })
  const setUp = new Client({ connectionString: postgres.url })
  await setUp.connect()
  await setUp.query('create table users (id serial primary key, email text not null unique)')
  await setUp.end()
  pool = new Pool({ connectionString: postgres.url })
  await testTransaction.start()
}, 60_000)

afterAll(async () => {
  await pool?.end()
  await testTransaction.close()
  await postgres?.stop()
})

/** The rows of the table, put together to tests by the rows with a title. */
const situations: [string, string[][]][] = []
for (const [left = '', right = ''] of table('How it works')) {
  const title = /^\*\*(.+)\*\*$/.exec(left)?.[1]
  if (title) situations.push([title.replaceAll('`', ''), []])
  else situations.at(-1)![1].push([left, right])
}

test('the table has the situations it should have', () => {
  expect(situations.map(([title]) => title)).toEqual([
    'It only reads',
    'It inserts',
    'An insert fails',
    'It has a transaction',
    'It calls parallel',
  ])
})

type Logged = { pid: string; sql: string }

let mainBackend: string | undefined

test.each(situations)('%s', async (_title, rows) => {
  await testTransaction.start()
  const client = await pool.connect()
  const seen: { left: string; right: string; logged: Logged[] }[] = []
  let read = postgres.log().length
  for (const [left = '', right = ''] of rows) {
    if (left === '`rollback()`') client.release()
    await perform(left, right, client)
    // rollback() does not wait for the server.
    if (left === '`rollback()`' && right !== 'nothing')
      await until(() => postgres.log().slice(read).endsWith('ROLLBACK\n'))
    const log = postgres.log()
    seen.push({ left, right, logged: statements(log.slice(read)) })
    read = log.length
  }
  // The first situation reads on the connection of the test's main line.
  mainBackend ??= seen[0]?.logged[0]?.pid
  for (const { left, right, logged } of seen) {
    const [code = ''] = codeSpans(left)
    expect([left, logged.map(({ sql }) => sql)]).toEqual([left, expected(code, right)])
    const own = right.startsWith('on another connection')
    expect(logged.filter(({ pid }) => (pid === mainBackend) === own)).toEqual([])
  }
})

async function perform(left: string, right: string, client: { query(sql: string): Promise<unknown> }) {
  const [code = ''] = codeSpans(left)
  if (left === '`rollback()`') return testTransaction.rollback()
  if (left.endsWith('in `parallel`')) return testTransaction.parallel(() => pool.query(code))
  const outcome = client.query(code)
  if (right.endsWith('which fails')) await expect(outcome).rejects.toMatchObject({ code: '23502' })
  else await outcome
}

function expected(code: string, right: string): string[] {
  if (right === 'nothing') return []
  return right
    .replace(/^on another connection:<br>/, '')
    .split('<br>')
    .map((part) => {
      if (/^the same(, which fails)?$/.test(part)) return code
      const [sql = ''] = codeSpans(part)
      if (part !== `\`${sql}\``) throw new Error(`The table has "${part}", which is no statement.`)
      return sql
    })
}

/** What is sent once for a connection, or for a changed schema: the README tells of it below the table. */
const PREPARATIONS = [
  /^SELECT pg_catalog\.pg_backend_pid\(\) = \d+ AND pg_catalog\.current_setting\('default_transaction_read_only'\) /,
  /^SELECT EXISTS \(SELECT FROM pg_catalog\.pg_proc /,
]

function statements(log: string): Logged[] {
  const lines = log.replaceAll(/\n\t\s*/g, ' ')
  return Array.from(lines.matchAll(/^@(\d+) LOG: {2}(?:statement|execute [^:]+): (.*)$/gm))
    .flatMap(([, pid = '', sql = '']) => sql.split(';').map((each) => ({ pid, sql: each })))
    .filter(({ sql }) => !PREPARATIONS.some((preparation) => preparation.test(sql)))
}
