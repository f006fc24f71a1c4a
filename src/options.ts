/** Options of the sandbox, with their defaults: `testTransaction.configure` checks them here, and every room reads them. */
import { invalidOption } from './errors.ts'

export interface SandboxOptions {
  /**
   * What happens to a query of one client while another client has a transaction open and does not use it:
   * `'error'` makes it fail after {@link SandboxOptions.outsideQueryTimeout}, `'share'` runs it inside the transaction.
   * Default: `'error'`.
   */
  outsideQueries: 'error' | 'share'
  /**
   * Milliseconds a query waits for a transaction of another client that is open and idle. One that waits as long for a lock
   * of another process is told in a warning, `PG_SANDBOX_FOREIGN_LOCK`, and goes on waiting. Default: 1000.
   */
  outsideQueryTimeout: number
  /**
   * Milliseconds that `rollback()` and `close()` wait for a query that is still running, before they ask the server to
   * cancel it; after twice that time the connection is closed. Keep twice the time below the limit that the runner sets
   * for hooks (5000 in Jest). Default: 2000.
   */
  rollbackTimeout: number
  /**
   * What happens to a connection that is opened to a Postgres server by another driver than `pg`, or by a copy of `pg`
   * that is not patched: `'route'` takes it into the sandbox, `'error'` refuses it, `'warn'` and `'allow'` let it through
   * to the server, where what it writes is committed. One that was opened before `start()` cannot be taken in: it is
   * refused when it is used, as its messages tell that it is one to Postgres, whatever the port. Default: `'route'`.
   */
  onUnsandboxed: 'route' | 'error' | 'warn' | 'allow'
  /**
   * What happens to a query that is called in the test's own main line after its test has ended, by a timer for instance:
   * `'error'` rejects it with `PG_SANDBOX_TEST_ENDED`, `'allow'` lets it run in the level that is open then. Which test has
   * called it is known in Jest 30, and in Vitest 4.1 with `useTestDatabase` of `pg-sandbox/vitest`. Default: `'error'`.
   */
  lateQueries: 'error' | 'allow'
  /**
   * Which tests have the statements that they ran written to the process's stderr: `'onFailure'` those that fail, where
   * the runner tells it (Jest 30, Vitest, node:test), `'always'` all. The environment variable `TEST_DB_LOG_SQL` comes
   * first: `1` is `'onFailure'`, `always` is `'always'`. Default: `'never'`.
   */
  logSql: 'never' | 'onFailure' | 'always'
  /**
   * Which values of parameters are shown with those statements: `'exceptSecrets'` all but those of a column, parameter or
   * setting that is called password, secret, token, key or the like (`api_key`), `'never'` none, `'always'` all. What is not
   * shown stands there as `'***'`. Secrets that are written into a statement are never shown. Default: `'exceptSecrets'`.
   */
  logValues: 'exceptSecrets' | 'never' | 'always'
  /**
   * What keeps tests apart. `'transaction'`: one that is rolled back. `'schema'`: the same, and it begins with a schema of its
   * own, first in every client's `search_path`, so that what the test makes without naming a schema lands there; takes
   * effect with the next transaction that begins. `'database'`: each level works in a clone of the database that the clients
   * name, with real commits, and the clone is dropped; holds from the first {@link TestTransaction.start} on until
   * {@link TestTransaction.close}. Default: `'transaction'`.
   */
  isolation: 'transaction' | 'schema' | 'database'
  /**
   * Do sequences start each test at the value at which they stood? Without it ids go on from test to test, as `nextval()`
   * is never rolled back. In the main line of the tests only, not in `parallel` and `isolated`. Default: `false`.
   */
  deterministicIds: boolean
  /**
   * What becomes of the clone of a failed test with `isolation: 'database'`: `'onFailure'` keeps it and prints its name,
   * where the runner tells of the failure (Jest 30, Vitest, node:test). Default: `'never'`.
   */
  keep: 'never' | 'onFailure'
  /**
   * What happens with `isolation: 'database'` to statements that change what belongs to the whole server: roles and their
   * settings, databases, tablespaces, `ALTER SYSTEM`, subscriptions, replication slots, two-phase commit. `'refuse'` makes them
   * fail, `'allow'` runs them, and what they leave is the test's to undo. Default: `'refuse'`.
   */
  clusterCommands: 'refuse' | 'allow'
}

export const DEFAULT_OPTIONS: SandboxOptions = {
  outsideQueries: 'error',
  outsideQueryTimeout: 1000,
  rollbackTimeout: 2000,
  onUnsandboxed: 'route',
  lateQueries: 'error',
  logSql: 'never',
  logValues: 'exceptSecrets',
  isolation: 'transaction',
  deterministicIds: false,
  keep: 'never',
  clusterCommands: 'refuse',
}

/** The values of the options that have a choice. */
const CHOICES: Readonly<Record<string, readonly unknown[]>> = {
  outsideQueries: ['error', 'share'],
  onUnsandboxed: ['route', 'error', 'warn', 'allow'],
  lateQueries: ['error', 'allow'],
  logSql: ['never', 'onFailure', 'always'],
  logValues: ['exceptSecrets', 'never', 'always'],
  isolation: ['transaction', 'schema', 'database'],
  deterministicIds: [true, false],
  keep: ['never', 'onFailure'],
  clusterCommands: ['refuse', 'allow'],
}

/**
 * Those that are given, without the undefined ones.
 *
 * @throws {SandboxError} `PG_SANDBOX_INVALID_OPTION`
 */
export function checkOptions(given: Partial<SandboxOptions>): Partial<SandboxOptions> {
  const names = Object.keys(DEFAULT_OPTIONS)
  const options = Object.entries(given).filter(([, value]) => value !== undefined)
  for (const [name, value] of options) {
    const choices = CHOICES[name]
    if (!names.includes(name))
      throw invalidOption(name, `nothing, as there is no such option: there are ${names.join(', ')}`, value)
    if (choices !== undefined && !choices.includes(value)) throw invalidOption(name, choiceOf(choices), value)
    if (choices === undefined && !(typeof value === 'number' && value > 0))
      throw invalidOption(name, 'a number of milliseconds above 0', value)
  }
  return Object.fromEntries(options)
}

/** 'a', 'b' or 'c' */
function choiceOf(choices: readonly unknown[]): string {
  const quoted = choices.map((choice) => (typeof choice === 'string' ? `'${choice}'` : String(choice)))
  return `${quoted.slice(0, -1).join(', ')} or ${quoted.at(-1)}`
}
