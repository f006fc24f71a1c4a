import { inspect } from 'node:util'
import { Client } from 'pg'
import { databaseOf, hostOf, onDatabase, printableUrl } from '../../../../src/databases/server/address.ts'
import { environmentOf } from '../../../../src/databases/server/process-environment.ts'
import { Server } from '../../../../src/databases/server/server.ts'

/** How `pg` logs in with a connection string. */
function loginOf(connectionString: string) {
  const { host, port, user, password, database } = new Client({ connectionString })
  return { host, port, user, password, database }
}

describe('what pg takes is taken, and reaches the same database with the same login', () => {
  test.each([
    'postgres://ada:s%2Fe%23c%3Fr%40e%25t@db:5433/app_test',
    'postgres://ada:s@cret@db/app_test',
    'postgres://ada:50%@db/app_test',
    'postgres://ada:50%off@db/app_test',
    'postgres://ada:50% off@db/app_test',
    'postgres://ada:s cret@db/app test',
    'postgres://ada:ü€@db/äpp_test',
    'postgres://ada:s:e:cret@db/app_test',
    'postgres://ada:s\'e"c|r^e`t@db/app_test',
    'postgres://ada:secret@/app_test',
    'postgres://ada:secret@/app_test?host=/tmp',
    'postgres://ada:s%2Fecret@/app_test?host=/tmp&port=5433',
    'postgres:///app_test?host=/tmp&user=ada&password=s%2Fecret',
    'postgres://ada:secret@%2Ftmp/app_test',
    'postgresql://ada@[::1]:5433/app_test?sslmode=disable',
    'postgis://ada:secret@db/app_test',
    'socket:/tmp?db=app_test',
    'socket://ada:secret@/tmp?db=app_test',
    '/tmp app_test',
  ])('%s', (url) => {
    const login = loginOf(url)
    expect(loginOf(onDatabase(url, databaseOf(url)) as string)).toEqual(login)
    expect(databaseOf(url)).toBe(login.database)
    expect(hostOf(url) || 'localhost').toBe(login.host)
    const { PGUSER = login.user, PGPASSWORD = null, PGDATABASE } = environmentOf(url)
    expect({ PGUSER, PGPASSWORD, PGDATABASE }).toEqual({
      PGUSER: login.user,
      PGPASSWORD: login.password || null,
      PGDATABASE: login.database,
    })
  })
})

const REFUSED = [
  ['a slash', 'postgres://ada:sec/ret@db:5432/app_test'],
  ['a number sign', 'postgres://ada:sec#ret@db:5432/app_test'],
  ['a question mark', 'postgres://ada:sec?ret@db:5432/app_test'],
  ['a percent sign that stands for half a character', 'postgres://ada:sec%e4ret@db:5432/app_test'],
  // Without a word, pg would look for the port 12 of the host "ada".
  ['a slash after a number', 'postgres://ada:12/ret@db:5432/app_test'],
  ['a number sign after a number', 'postgres://ada:12#ret@db:5432/app_test'],
  ['a question mark after a number', 'postgres://ada:12?ret@db:5432/app_test'],
] as const

describe.each(REFUSED)('a password with %s is refused without being shown', (_what, url) => {
  test.each<[string, (given: string) => unknown]>([
    ['by the server', (given) => Server.of(given)],
    ['as the name of the database', databaseOf],
    ['as the address of another one', (given) => onDatabase(given, 'app_test')],
    ['as a host', hostOf],
    ['for other processes', environmentOf],
    ['for a person', printableUrl],
  ])('%s', (_by, read) => {
    let thrown: unknown
    try {
      read(url)
    } catch (error) {
      thrown = error
    }
    expect(thrown).toMatchObject({ name: 'SandboxError', code: 'PG_SANDBOX_INVALID_OPTION' })
    expect((thrown as Error).message).toContain('postgres://user:p%2Fss@localhost')
    // As Node shows an error that nobody has caught.
    expect(inspect(thrown).replaceAll(/^\s+at .*$/gm, '')).not.toMatch(/sec|ret@/)
  })
})

test('what is printed has neither password nor what stands after the address', () => {
  expect(printableUrl('postgres://ada:secret@/app_test?host=/tmp#secret')).toBe(
    'postgres:///app_test?host=%2Ftmp&user=ada',
  )
  expect(printableUrl('postgres://ada:secret@db/app_test?password=secret&sslpassword=secret#secret')).toBe(
    'postgres://ada@db/app_test',
  )
})
