/** The errors of all rooms of databases/, one factory for each: what a user reads in place of the server's refusal. */
import { SandboxError } from '../errors.ts'
import { hideSecrets } from '../excerpt.ts'
import { quoteIdentifier } from '../sql/quote.ts'

export function noCreatedb(user: string, cause: unknown): SandboxError {
  return new SandboxError(
    'PG_SANDBOX_NO_CREATEDB',
    `The user "${user}" may not create databases, so a test cannot have one of its own.\n\n` +
      'The right belongs to the role, and a new role does not have it.\n\n' +
      `Give it, as a superuser: ALTER ROLE ${quoteIdentifier(user)} CREATEDB. Without the right, isolation: 'transaction' ` +
      "(the default) and isolation: 'schema' work.",
    { cause },
  )
}

export function noCopy(user: string, source: string, cause: unknown): SandboxError {
  return new SandboxError(
    'PG_SANDBOX_NO_CREATEDB',
    `The user "${user}" may not copy the database "${source}".\n\n` +
      'The server lets only its owner and superusers copy a database, even where a user may create some.\n\n' +
      `Give it to the user, as a superuser: ALTER DATABASE ${quoteIdentifier(source)} OWNER TO ${quoteIdentifier(user)}. ` +
      "Without that, isolation: 'transaction' (the default) and isolation: 'schema' work.",
    { cause },
  )
}

/** @param action what was about to be done, such as `dropped` */
export function notForTests(name: string, action: string, reason: string): SandboxError {
  return new SandboxError(
    'PG_SANDBOX_NOT_A_TEST_DATABASE',
    `The database "${name}" has not been ${action}: ${reason}.\n\n` +
      'Only databases that this project has made, or whose name contains "test", are created, dropped or overwritten, so ' +
      'that no mistake in a connection string can cost anybody data. Usually the tests were given the connection string of ' +
      'another environment.\n\n' +
      `Name a database for the tests, ${quoteIdentifier(suggest(name))} for example, in the connection string.`,
  )
}

function suggest(name: string): string {
  return `${name.replace(/[_-]?(prod|production|prd)$/i, '')}_test`
}

/** A session that keeps a database from being copied, as `pg_stat_activity` shows it. */
export interface OpenSession {
  readonly pid: number
  readonly user: string
  readonly application: string
  /** Null where the user may not see it. */
  readonly state: string | null
}

export function inUse(name: string, sessions: readonly OpenSession[], cause?: unknown): SandboxError {
  return new SandboxError(
    'PG_SANDBOX_DATABASE_IN_USE',
    `The database "${name}" cannot be copied, because sessions are open in it:\n${sessions.map(describe).join('\n')}\n\n` +
      'The server copies a database only while nobody is connected to it. Usually the application, a pool that a set-up ' +
      'file or a migration has left open, or a database client is still connected.\n\n' +
      'End the client or pool, await pool.end() for example, or quit the program. To end the sessions by force: ' +
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid IN (${sessions.map(({ pid }) => pid).join(', ')}).`,
    cause === undefined ? undefined : { cause },
  )
}

function describe({ pid, user, application, state }: OpenSession): string {
  const named = application ? `application "${application}"` : 'no application name'
  return `- pid ${pid}, user "${user}", ${named}, ${state ?? 'state not shown'}`
}

/** @param at the line of the layer's SQL, where that is known */
export function templateFailed(layer: string, at: number | undefined, cause: unknown): SandboxError {
  const message = cause instanceof Error ? cause.message : String(cause)
  return new SandboxError(
    'PG_SANDBOX_TEMPLATE_FAILED',
    `The template could not be made: ${layer}${at === undefined ? '' : `, line ${at}`}: ${hideSecrets(message)}\n\n` +
      'A template is made in an empty database, by each layer of its recipe in order. Usually the SQL or the command needs ' +
      'something that an earlier layer does not make, or that only exists in a database of long standing.\n\n' +
      'Make it succeed in an empty database. What was made so far has been dropped.',
    { cause },
  )
}

/** @param builder who is making it, where its mark tells */
export function templateLimit(name: string, limit: number, builder: string | undefined): SandboxError {
  return new SandboxError(
    'PG_SANDBOX_TEMPLATE_LIMIT',
    `The template "${name}" was not ready after ${limit} ms` +
      `${builder === undefined ? '' : `; it is being made by ${builder}`}.\n\n` +
      'One process makes it while the others wait. Usually the migrations take longer than the limit, or wait for ' +
      'something themselves.\n\n' +
      `Allow more time with the option limit, in milliseconds: { limit: ${limit * 2} }.`,
  )
}

export function poolEnded(): SandboxError {
  return new SandboxError(
    'PG_SANDBOX_TEST_ENDED',
    'A clone was asked of a pool that has ended.\n\n' +
      'end() drops all clones of the pool. Usually a promise was not awaited, and went on after the tests.\n\n' +
      'Await it in the test, or take the clone before end().',
  )
}

/** The value is not shown, since it may hold a password. */
export function invalidDatabaseUrl(): SandboxError {
  return new SandboxError(
    'PG_SANDBOX_INVALID_OPTION',
    'DATABASE_URL is not a URL of a database.\n\n' +
      'Usually a special character of the password, such as / or #, is not written with a percent sign.\n\n' +
      'Write it as in DATABASE_URL=postgres://user:p%2Fss@localhost:5432/app_test, or set PGHOST, PGUSER and the like.',
  )
}

/** @param address host and port */
export function notReached(address: string, cause: unknown): SandboxError {
  return new SandboxError(
    'PG_SANDBOX_NO_SERVER',
    `The database server at ${address} cannot be reached: ${cause instanceof Error ? cause.message : String(cause)}.\n\n` +
      'The address is that of DATABASE_URL, or of TEST_DB_HOST, PGHOST and the like. Usually the server is not running.\n\n' +
      'Start it, set the variables to one that runs, or have one started: see startPostgres() of pg-sandbox/postgres.',
    { cause },
  )
}

/** @param folder the one that the path is looked for from */
export function nothingToRead(given: string, folder: string, cause: unknown): SandboxError {
  return new SandboxError(
    'PG_SANDBOX_INVALID_OPTION',
    `There is no file or folder "${given}" in ${folder}.\n\n` +
      'What a layer reads is looked for from the folder in which the tests are started. Usually the path is mistyped, or ' +
      'written from the folder of the set-up file.\n\n' +
      "Write it from there, shellCommand('npm run migrate', { reads: ['src/migrations'] }) for example, or give the whole path.",
    { cause },
  )
}

export function noServer(): SandboxError {
  return new SandboxError(
    'PG_SANDBOX_NO_SERVER',
    'The environment names no database server for the tests.\n\n' +
      'Neither DATABASE_URL nor one of the variables TEST_DB_HOST, PGHOST and the like is set. Usually a file such as .env ' +
      'has not been read yet.\n\n' +
      'Set DATABASE_URL=postgres://user:password@localhost:5432/app_test, or start a server first: see startPostgres() of ' +
      'pg-sandbox/postgres.',
  )
}

export function noWorkerDatabases(): SandboxError {
  return new SandboxError(
    'PG_SANDBOX_NO_WORKER_DATABASES',
    'A worker has no database, since nobody has told what it is made from.\n\n' +
      'useWorkerDatabase() takes what the global set-up tells. Usually the configuration has the set-up file ' +
      'pg-sandbox/workers/setup, but no globalSetup.\n\n' +
      "Write a global set-up: export default workerDatabases({ layers: [sqlFiles('migrations')] }). In a runner without " +
      'one, give the layers to useWorkerDatabase().',
  )
}

/** @param scenario what the snapshot is called */
export function noSnapshot(scenario: string, database: string): SandboxError {
  return new SandboxError(
    'PG_SANDBOX_NO_SNAPSHOT',
    `There is no snapshot "${scenario}" for the database "${database}".\n\n` +
      'A snapshot belongs to the worker that has made it, and lasts for a run: that of the global set-up, or else of the ' +
      'process or the Jest file. After a change of the tables it does not count. Usually restore() came before snapshot().\n\n' +
      `Say how to make it when there is none: restore(${JSON.stringify(scenario)}, { make: async () => { … } }).`,
  )
}

export function noDatabase(name: string): SandboxError {
  return new SandboxError(
    'PG_SANDBOX_NO_SNAPSHOT',
    `There is no database "${name}" to take a snapshot of, or to restore.\n\n` +
      'Usually the environment names another database than the one that the application uses, or none.\n\n' +
      'Set DATABASE_URL, or name the database: restore(name, { database }).',
  )
}
