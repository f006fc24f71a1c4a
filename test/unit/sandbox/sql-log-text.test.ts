import { formatLog, type LoggedStatement } from '../../../src/sandbox/sql-log-text.ts'

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

test('secrets are hidden in statements, values, errors and what goes out, however long the text before them', () => {
  const secret = statement({
    sql: `${' '.repeat(10)}${'-- x\n'.repeat(190)} create role a password 'secret'`,
    values: ['postgres://a:secret@h/d'],
    wire: [["alter role a password 'secret'", undefined]],
    error: { M: 'bad: postgres://a:secret@h/d', C: '22023' },
  })
  expect(formatLog('x', [secret])).not.toContain('secret')
})

describe('values that belong to a password, secret, token or key are hidden', () => {
  const insert = statement({
    sql: 'insert into users (email, password, token) values ($1, $2, $3)',
    values: ['ada@example.com', 'hunter2', null],
  })
  const valuesOf = (log: string) => /values: (.*)/g.exec(log)?.[1]

  test('but not whether there are any', () => {
    expect(valuesOf(formatLog('x', [insert]))).toBe("'ada@example.com', '***', NULL")
    expect(valuesOf(formatLog('x', [{ ...insert, values: ['', '', ''] }]))).toBe("'', '', ''")
  })

  test('all of them are shown, or none, where that is wanted', () => {
    expect(valuesOf(formatLog('x', [insert], 'always'))).toBe("'ada@example.com', 'hunter2', NULL")
    expect(valuesOf(formatLog('x', [insert], 'never'))).toBe("'***', '***', NULL")
  })

  test('also in several statements that were sent together', () => {
    const sql = 'select $1::text; update users set password = $1 where id = $2'
    const values = ['ada', 'hunter2', '5']
    expect(valuesOf(formatLog('x', [statement({ sql, values })]))).toBe("'ada', '***', '5'")
    // Whose values these are is not known.
    expect(valuesOf(formatLog('x', [statement({ sql, values: [...values, '6'] })]))).toBe(
      "'***', '***', '***', '***'",
    )
    expect(valuesOf(formatLog('x', [statement({ sql: 'select $1', values })]))).toBe("'ada', 'hunter2', '5'")
  })

  test('and what the server says of them', () => {
    const error = { M: 'invalid input syntax for type uuid: "hunter2"', C: '22P02' }
    const failed = { ...insert, error }
    expect(formatLog('x', [failed])).toContain('for type uuid: "***" (22P02)')
    expect(formatLog('x', [failed], 'never')).toContain('for type uuid: "***" (22P02)')
    expect(formatLog('x', [failed], 'always')).toContain('for type uuid: "hunter2" (22P02)')
  })

  test('a secret inside of a value is hidden by itself', () => {
    const values = ['{"user": "ada", "password": "hunter2"}']
    expect(valuesOf(formatLog('x', [statement({ sql: 'select $1', values })]))).toBe(
      `'{"user": "ada", "password": "***"}'`,
    )
  })
})
