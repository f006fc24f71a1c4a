import { SandboxError } from '../errors.ts'

/** The value is not shown, since it may hold a password. */
export function invalidDatabaseUrl(): SandboxError {
  return new SandboxError(
    'PG_SANDBOX_INVALID_OPTION',
    'DATABASE_URL is not a URL of a database.\n\n' +
      'Usually a special character of the password, such as / or #, is not written with a percent sign.\n\n' +
      'Write it as in DATABASE_URL=postgres://user:p%2Fss@localhost:5432/app_test, or set PGHOST, PGUSER and the like.',
  )
}
