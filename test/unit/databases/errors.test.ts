import * as errors from '../../../src/databases/errors.ts'
import type { SandboxErrorCode } from '../../../src/errors.ts'

const cause = new Error('relation "users" does not exist')
const session = { pid: 7, user: 'ada', application: 'psql', state: 'idle' }

type Case = { made: Error; code: SandboxErrorCode; text: string; cause?: unknown }

const cases: Record<keyof typeof errors, Case> = {
  noCreatedb: {
    made: errors.noCreatedb('Ada', cause),
    code: 'PG_SANDBOX_NO_CREATEDB',
    cause,
    text: `The user "Ada" may not create databases, so a test cannot have one of its own.

The right belongs to the role, and a new role does not have it.

Give it, as a superuser: ALTER ROLE "Ada" CREATEDB. Without the right, isolation: 'transaction' (the default) and isolation: 'schema' work.`,
  },
  noCopy: {
    made: errors.noCopy('ada', 'app', cause),
    code: 'PG_SANDBOX_NO_CREATEDB',
    cause,
    text: `The user "ada" may not copy the database "app".

The server lets only its owner and superusers copy a database, even where a user may create some.

Give it to the user, as a superuser: ALTER DATABASE "app" OWNER TO "ada". Without that, isolation: 'transaction' (the default) and isolation: 'schema' work.`,
  },
  notForTests: {
    made: errors.notForTests('shop_production', 'dropped', 'its name is that of a production database'),
    code: 'PG_SANDBOX_NOT_A_TEST_DATABASE',
    text: `The database "shop_production" has not been dropped: its name is that of a production database.

Only databases that this project has made, or whose name contains "test", are created, dropped or overwritten, so that no mistake in a connection string can cost anybody data. Usually the tests were given the connection string of another environment.

Name a database for the tests, "shop_test" for example, in the connection string.`,
  },
  inUse: {
    made: errors.inUse('app_test', [session, { pid: 8, user: 'bob', application: '', state: null }], cause),
    code: 'PG_SANDBOX_DATABASE_IN_USE',
    cause,
    text: `The database "app_test" cannot be copied, because sessions are open in it:
- pid 7, user "ada", application "psql", idle
- pid 8, user "bob", no application name, state not shown

The server copies a database only while nobody is connected to it. Usually the application, a pool that a set-up file or a migration has left open, or a database client is still connected.

End the client or pool, await pool.end() for example, or quit the program. To end the sessions by force: SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid IN (7, 8).`,
  },
  templateFailed: {
    made: errors.templateFailed('migrations/0002.sql', 3, cause),
    code: 'PG_SANDBOX_TEMPLATE_FAILED',
    cause,
    text: `The template could not be made: migrations/0002.sql, line 3: relation "users" does not exist

A template is made in an empty database, by each layer of its recipe in order. Usually the SQL or the command needs something that an earlier layer does not make, or that only exists in a database of long standing.

Make it succeed in an empty database. What was made so far has been dropped.`,
  },
  templateLimit: {
    made: errors.templateLimit('test_shop_1a2b3c4d_template_k1', 500, 'process 7 on ci-1'),
    code: 'PG_SANDBOX_TEMPLATE_LIMIT',
    text: `The template "test_shop_1a2b3c4d_template_k1" was not ready after 500 ms; it is being made by process 7 on ci-1.

One process makes it while the others wait. Usually the migrations take longer than the limit, or wait for something themselves.

Allow more time with the option limit, in milliseconds: { limit: 1000 }.`,
  },
  poolEnded: {
    made: errors.poolEnded(),
    code: 'PG_SANDBOX_TEST_ENDED',
    text: `A clone was asked of a pool that has ended.

end() drops all clones of the pool. Usually a promise was not awaited, and went on after the tests.

Await it in the test, or take the clone before end().`,
  },
  invalidDatabaseUrl: {
    made: errors.invalidDatabaseUrl(),
    code: 'PG_SANDBOX_INVALID_OPTION',
    text: `DATABASE_URL is not a URL of a database.

Usually a special character of the password, such as / or #, is not written with a percent sign.

Write it as in DATABASE_URL=postgres://user:p%2Fss@localhost:5432/app_test, or set PGHOST, PGUSER and the like.`,
  },
  notReached: {
    made: errors.notReached('127.0.0.1:9', cause),
    cause,
    code: 'PG_SANDBOX_NO_SERVER',
    text: `The database server at 127.0.0.1:9 cannot be reached: ${cause.message}.

The address is that of DATABASE_URL, or of TEST_DB_HOST, PGHOST and the like. Usually the server is not running.

Start it, set the variables to one that runs, or have one started: see startPostgres() of pg-sandbox/postgres.`,
  },
  nothingToRead: {
    made: errors.nothingToRead('src/migration', '/shop', cause),
    cause,
    code: 'PG_SANDBOX_INVALID_OPTION',
    text: `There is no file or folder "src/migration" in /shop.

What a layer reads is looked for from the folder in which the tests are started. Usually the path is mistyped, or written from the folder of the set-up file.

Write it from there, shellCommand('npm run migrate', { reads: ['src/migrations'] }) for example, or give the whole path.`,
  },
  noServer: {
    made: errors.noServer(),
    code: 'PG_SANDBOX_NO_SERVER',
    text: `The environment names no database server for the tests.

Neither DATABASE_URL nor one of the variables TEST_DB_HOST, PGHOST and the like is set. Usually a file such as .env has not been read yet.

Set DATABASE_URL=postgres://user:password@localhost:5432/app_test, or start a server first: see startPostgres() of pg-sandbox/postgres.`,
  },
  noWorkerDatabases: {
    made: errors.noWorkerDatabases(),
    code: 'PG_SANDBOX_NO_WORKER_DATABASES',
    text: `A worker has no database, since nobody has told what it is made from.

useWorkerDatabase() takes what the global set-up tells. Usually the configuration has the set-up file pg-sandbox/workers/setup, but no globalSetup.

Write a global set-up: export default workerDatabases({ layers: [sqlFiles('migrations')] }). In a runner without one, give the layers to useWorkerDatabase().`,
  },
  noSnapshot: {
    made: errors.noSnapshot('one "new" user', 'app_test'),
    code: 'PG_SANDBOX_NO_SNAPSHOT',
    text: `There is no snapshot "one "new" user" for the database "app_test".

A snapshot belongs to the worker that has made it, and lasts for a run: that of the global set-up, or else of the process or the Jest file. After a change of the tables it does not count. Usually restore() came before snapshot().

Say how to make it when there is none: restore("one \\"new\\" user", { make: async () => { … } }).`,
  },
  noDatabase: {
    made: errors.noDatabase('app_tset'),
    code: 'PG_SANDBOX_NO_SNAPSHOT',
    text: `There is no database "app_tset" to take a snapshot of, or to restore.

Usually the environment names another database than the one that the application uses, or none.

Set DATABASE_URL, or name the database: restore(name, { database }).`,
  },
}

test.each(Object.entries(cases))('%s is told in full', (_, { made, code, text, cause: expectedCause }) => {
  expect(made).toMatchObject({ name: 'SandboxError', code })
  expect(made.message).toBe(text)
  expect(made.cause).toBe(expectedCause)
})
