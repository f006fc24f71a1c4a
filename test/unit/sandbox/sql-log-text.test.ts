import { formatLog, hideSecrets, type LoggedStatement } from '../../../src/sandbox/sql-log-text.ts'

function statement(changes: Partial<LoggedStatement>): LoggedStatement {
  return {
    client: 1,
    sql: 'select 1',
    values: [],
    wire: [[undefined]],
    milliseconds: 1.26,
    tags: ['SELECT 1'],
    rows: 1,
    error: undefined,
    ...changes,
  }
}

test('shows each statement as it was sent and as it went out, with values, result and time', () => {
  const insert = statement({
    sql: 'insert into notes\n  values ($1, $2)',
    values: ['ada', null],
    wire: [['BEGIN READ WRITE', 'SAVEPOINT "pg-sandbox guard"', undefined]],
    tags: ['INSERT 0 1'],
    rows: 0,
  })
  const commit = statement({ sql: 'commit', wire: [], tags: ['COMMIT'], milliseconds: 0 })
  expect(formatLog('orders are stored', [insert, commit]))
    .toBe(`pg-sandbox: the SQL of the test "orders are stored"
  1. insert into notes values ($1, $2)
     values: 'ada', NULL
     on the wire: BEGIN READ WRITE; SAVEPOINT "pg-sandbox guard"; the same
     INSERT 0 1 in 1.3 ms
  2. commit
     on the wire: nothing
     COMMIT in 0.0 ms
`)
})

test('shows errors with their code, what was sent twice, pages, and what is not answered', () => {
  const failed = statement({ error: { M: 'null value in column "id"', C: '23502' }, tags: [] })
  const retried = statement({ wire: [[undefined], ['BEGIN READ WRITE', undefined]] })
  const page = statement({ sql: undefined, tags: [], rows: 100 })
  const running = statement({ milliseconds: undefined, tags: [], rows: 0 })
  expect(formatLog(undefined, [failed, retried, page, running])).toBe(`pg-sandbox: the SQL outside of tests
  1. select 1
     on the wire: the same
     failed in 1.3 ms: null value in column "id" (23502)
  2. select 1
     on the wire: the same | once more: BEGIN READ WRITE; the same
     SELECT 1 in 1.3 ms
  3. (more rows)
     on the wire: the same
     100 rows in 1.3 ms
  4. select 1
     on the wire: the same
     not answered yet
`)
})

test('names the clients where there are several', () => {
  const text = formatLog('x', [statement({}), statement({ client: 2, sql: 'select 2' })])
  expect(text).toContain('1. client 1: select 1')
  expect(text).toContain('2. client 2: select 2')
})

test('shortens statements and values, and the number of values', () => {
  const long = statement({
    sql: `select ${'x'.repeat(5000)}`,
    values: Array.from({ length: 60 }, () => 'v'.repeat(500)),
  })
  const lines = formatLog('x', [long]).split('\n')
  expect(lines[1]).toHaveLength(5 + 1000)
  expect(lines[2]).toContain(`'${'v'.repeat(59)}…', `)
  expect(lines[2]).toMatch(/, and 10 more$/)
})

describe('secrets are hidden', () => {
  test.each([
    ["create role ada password 'secret'", "create role ada password '***'"],
    [
      "ALTER USER ada WITH ENCRYPTED PASSWORD E'se\\'secret' LOGIN",
      "ALTER USER ada WITH ENCRYPTED PASSWORD '***' LOGIN",
    ],
    ["create user a password 'it''s secret' login", "create user a password '***' login"],
    ['create role a password $x$secret$x$ login', "create role a password '***' login"],
    ["create role a password /* x */ 'secret' login", "create role a password /* x */ '***' login"],
    ["create role a password -- x\n 'secret'", "create role a password -- x\n '***'"],
    ["create role a password U&'secret'", "create role a password '***'"],
    ["create role a password 'secret\\' login", "create role a password '***'"],
    ["create role a password 'never ends secret", "create role a password '***'"],
    [
      "do $$ begin execute 'alter role a password ''secret'' login'; end $$",
      "do $$ begin execute 'alter role a password '***' login'; end $$",
    ],
    [
      "create user mapping for a server s options (user 'a', password 'secret')",
      "create user mapping for a server s options (user 'a', password '***')",
    ],
    [
      "create subscription s connection 'host=h password=secret' publication p",
      "create subscription s connection '***' publication p",
    ],
    [
      "select dblink_connect('host=h password=secret user=a')",
      "select dblink_connect('host=h password=*** user=a')",
    ],
    [
      "select dblink_connect('host=h password=''secret'' user=a')",
      "select dblink_connect('host=h password=*** user=a')",
    ],
    ["select 'postgres://ada:secret@host:5432/db'", "select 'postgres://ada:***@host:5432/db'"],
    ['postgresql://:secret@host/db', 'postgresql://:***@host/db'],
  ])('%s', (text, shown) => {
    expect(hideSecrets(text)).toBe(shown)
    expect(hideSecrets(text)).not.toContain('secret')
  })

  test.each([
    'select password from users where id = $1',
    "update users set name = 'ada' where password is null",
    "select 'https://example.com/a:b@c'",
    'alter role ada password null',
    "select 'see https://example.com:8080/path'",
  ])('and nothing else: %s', (text) => {
    expect(hideSecrets(text)).toBe(text)
  })

  test('also in values, errors and what goes out, however long the text before them', () => {
    const secret = statement({
      sql: `${' '.repeat(10)}${'-- x\n'.repeat(190)} create role a password 'secret'`,
      values: ['postgres://a:secret@h/d'],
      wire: [["alter role a password 'secret'", undefined]],
      error: { M: 'bad: postgres://a:secret@h/d', C: '22023' },
    })
    expect(formatLog('x', [secret])).not.toContain('secret')
  })
})
