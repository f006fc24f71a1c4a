import { databaseUrl } from '../../../../src/databases/server/database-url.ts'

describe('the URL of the database for tests', () => {
  test.each([
    ['nothing is set', {}, undefined],
    ['an empty variable is as none', { DATABASE_URL: '', PGHOST: '' }, undefined],
    [
      'DATABASE_URL, as it is',
      { DATABASE_URL: 'postgresql://ada@db/app?sslmode=require' },
      'postgresql://ada@db/app?sslmode=require',
    ],
    [
      'DATABASE_URL comes before libpq’s',
      { DATABASE_URL: 'postgres://db/app', PGHOST: 'other', PGUSER: 'bob' },
      'postgres://db/app',
    ],
    [
      'the variables of libpq',
      { PGHOST: 'db', PGPORT: '5433', PGUSER: 'ada', PGPASSWORD: 's/cret', PGDATABASE: 'app' },
      'postgres://ada:s%2Fcret@db:5433/app',
    ],
    ['what libpq’s leave out is left to the driver', { PGUSER: 'ada' }, 'postgres://ada@localhost/'],
    [
      'a folder of Unix sockets',
      { PGHOST: '/var/run/postgresql', PGDATABASE: 'app' },
      'postgres://localhost/app?host=%2Fvar%2Frun%2Fpostgresql',
    ],
    ['an address of IPv6', { TEST_DB_HOST: '::1', TEST_DB_PORT: '5433' }, 'postgres://[::1]:5433/'],
    [
      'those for tests alone',
      {
        TEST_DB_HOST: 'db',
        TEST_DB_PORT: '5433',
        TEST_DB_USER: 'ada',
        TEST_DB_PASSWORD: 'x',
        TEST_DB_NAME: 'app_test',
      },
      'postgres://ada:x@db:5433/app_test',
    ],
    [
      'those for tests come before DATABASE_URL',
      { DATABASE_URL: 'postgres://ada:x@db/app?a=b', TEST_DB_NAME: 'app_test' },
      'postgres://ada:x@db/app_test?a=b',
    ],
    ['and before libpq’s', { PGHOST: 'db', PGPORT: '5433', TEST_DB_PORT: '5434' }, 'postgres://db:5434/'],
    [
      'no password goes to another host',
      { DATABASE_URL: 'postgres://ada:x@db/app', TEST_DB_HOST: 'ci' },
      'postgres://ada@ci/app',
    ],
    ['nor to another user', { PGHOST: 'db', PGPASSWORD: 'x', TEST_DB_USER: 'bob' }, 'postgres://bob@db/'],
    [
      'a host among the parameters is replaced',
      { DATABASE_URL: 'postgres:///app?host=/tmp', TEST_DB_HOST: 'ci' },
      'postgres://ci/app',
    ],
    [
      'or kept',
      { DATABASE_URL: 'postgres://ada@/app?host=/tmp', TEST_DB_NAME: 'app_test' },
      'postgres://ada@localhost/app_test?host=%2Ftmp',
    ],
  ])('%s', (_situation, env, url) => {
    expect(databaseUrl(env)).toBe(url)
  })
})

const NOT_A_URL = `DATABASE_URL is not a URL of a database.

Usually a special character of the password, such as / or #, is not written with a percent sign.

Write it as in DATABASE_URL=postgres://user:p%2Fss@localhost:5432/app_test, or set PGHOST, PGUSER and the like.`

test.each(['localhost:5432/app', 'https://db/app', 'postgres://ada:p/ss@db:x/app', 'postgres://a%da@db/app'])(
  'what is no URL of a database is refused without being shown: %s',
  (url) => {
    const error = expect.objectContaining({ code: 'PG_SANDBOX_INVALID_OPTION', message: NOT_A_URL })
    expect(() => databaseUrl({ DATABASE_URL: url, TEST_DB_NAME: 'app_test' })).toThrow(error)
  },
)
