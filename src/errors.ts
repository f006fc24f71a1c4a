/**
 * The one error class of the sandbox, and one factory per error.
 *
 * A text has three parts: what happened, why it usually happens, what to write. Errors that reach the application as
 * the answer to a query are fields of an ErrorResponse, so that the driver makes its own error object of them.
 */
import { excerpt, hideSecrets } from './excerpt.ts'
import type { Fields } from './protocol/fields.ts'

export type SandboxErrorCode =
  | 'PG_SANDBOX_OUTSIDE_QUERY'
  | 'PG_SANDBOX_TEST_ENDED'
  | 'PG_SANDBOX_CONNECTION_LOST'
  | 'PG_SANDBOX_UNEXPECTED_STATE'
  | 'PG_SANDBOX_BLOCKED'
  | 'PG_SANDBOX_OPEN_TRANSACTION'
  | 'PG_SANDBOX_NO_HOOKS'
  | 'PG_SANDBOX_DONE_CALLBACK'
  | 'PG_SANDBOX_CONCURRENT_TESTS'
  | 'PG_SANDBOX_OVERTAKEN'
  | 'PG_SANDBOX_INVALID_OPTION'
  | 'PG_SANDBOX_UNSANDBOXED'
  | 'PG_SANDBOX_NATIVE_CLIENT'
  | 'PG_SANDBOX_REPLICATION'
  | 'PG_SANDBOX_NO_POSTGRES'
  | 'PG_SANDBOX_POSTGRES_FAILED'
  | 'PG_SANDBOX_NO_CREATEDB'
  | 'PG_SANDBOX_NOT_A_TEST_DATABASE'
  | 'PG_SANDBOX_DATABASE_IN_USE'
  | 'PG_SANDBOX_TEMPLATE_FAILED'
  | 'PG_SANDBOX_TEMPLATE_LIMIT'
  | 'PG_SANDBOX_NO_SERVER'
  | 'PG_SANDBOX_NO_WORKER_DATABASES'
  | 'PG_SANDBOX_NO_PRIVILEGE'
  | 'PG_SANDBOX_NO_SNAPSHOT'
  | 'PG_SANDBOX_INVALID_FIXTURES'
  | 'PG_SANDBOX_FIXTURES_REFUSED'

/**
 * An error of the sandbox itself. Tell errors apart by `code`, which stays the same when two copies of the package are
 * loaded; errors that answer a query carry the same code as the driver's own `DatabaseError`.
 *
 * @example
 * try { await testTransaction.rollback() } catch (error) {
 *   if (error.code === 'PG_SANDBOX_UNEXPECTED_STATE') console.error(error.message)
 * }
 */
export class SandboxError extends Error {
  override readonly name = 'SandboxError'
  readonly code: SandboxErrorCode

  constructor(code: SandboxErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}

/** An error as the server would send it. */
export function fields(code: string, message: string, severity: 'ERROR' | 'FATAL' = 'ERROR'): Fields {
  return { S: severity, V: severity, C: code, M: message, R: 'pg-sandbox' }
}

export function outsideQuery(sql: string, openedAt: string, limit: number): Fields {
  return fields(
    'PG_SANDBOX_OUTSIDE_QUERY',
    `A query waited ${limit} ms for a transaction that another client has open and is not using: ${excerpt(sql)}\n\n` +
      'In a test all clients share one connection, so a query waits until the open transaction ends. It never ends ' +
      'when the transaction itself waits for this query: usually a query inside a transaction callback that goes ' +
      'through the pool instead of the handle that the callback was given.\n\n' +
      'Send the query through the handle of the transaction: client.query(…) or tx.… in place of pool.query(…) or ' +
      'db.…. If the transaction is only slow, allow more time: ' +
      'testTransaction.configure({ outsideQueryTimeout: 5000 }). If the query may run inside the transaction: ' +
      "testTransaction.configure({ outsideQueries: 'share' }).\n\n" +
      `The transaction was opened here:\n${openedAt}`,
  )
}

/** @param test the test's name, where the runner tells it */
export function testEnded(sql: string, test?: string): Fields {
  return fields(
    'PG_SANDBOX_TEST_ENDED',
    `A query was still waiting when its test ended, and has not been run: ${excerpt(sql)}\n\n` +
      (test === undefined ? '' : `It came from the test "${test}". `) +
      'rollback() undoes what the test has done, so a query of that test must not run after it. Usually a promise ' +
      'was not awaited, or a timer or event handler went on after the test.\n\n' +
      'Await the query in the test, or stop in afterEach what makes it.',
  )
}

export function transactionEnded(sql: string): Fields {
  return fields(
    'PG_SANDBOX_TEST_ENDED',
    `A query belongs to a transaction that was rolled back when its test ended, and has not been run: ${excerpt(sql)}\n\n` +
      'The transaction was still open when rollback() or close() was called. Usually the promise of a transaction was ' +
      'not awaited.\n\n' +
      'Await the transaction in the test.',
  )
}

/** The same for a query that its client had not submitted yet when the sandbox was closed. */
export function lateQuery(sql: string): SandboxError {
  return new SandboxError('PG_SANDBOX_TEST_ENDED', testEnded(sql)['M']!)
}

/** @param calledAt the application's frames, one a line, for what was called when the scope had ended already */
export function scopeEnded(sql: string, calledAt?: string): Fields {
  return fields(
    'PG_SANDBOX_TEST_ENDED',
    `A query was made in a parallel scope that has ended, and has not been run: ${excerpt(sql)}\n\n` +
      'testTransaction.parallel(fn) rolls back when the promise that fn returns settles. Usually a promise inside fn ' +
      'was not awaited.\n\nAwait every query inside fn.' +
      (calledAt === undefined ? '' : `\n\nThe query was called here:\n${calledAt}`),
  )
}

const OUTER_LOST =
  'What an outer level has written, in beforeAll or by a seed, is lost, too: the tests inside that level fail until it ends.'

/** @param losesOuter whether a level around the test's has written on it, which is not made again */
export function connectionLost(sql: string, reason: string, losesOuter: boolean): Fields {
  return fields(
    'PG_SANDBOX_CONNECTION_LOST',
    `The connection that holds this test's transaction was lost (${reason}), so a query cannot see what the test ` +
      `has written and has not been run: ${excerpt(sql)}\n\n` +
      'Usually the server was restarted, or the backend was terminated by a statement of the test or a limit of the ' +
      `server.\n\n${losesOuter ? OUTER_LOST : 'The next test starts on a new connection.'} If the test ends a connection on ` +
      'purpose, run it with real connections: call testTransaction.close() before it and testTransaction.start() after it.',
  )
}

export function schemaNotAllowed(sql: string): Fields {
  return fields(
    'PG_SANDBOX_NO_PRIVILEGE',
    `The user who has connected may not make schemas in the database, so a query has not been run: ${excerpt(sql)}\n\n` +
      "isolation: 'schema' makes one in each test's transaction. Usually the user is another than the database's owner, and " +
      'was given no right to it.\n\n' +
      "As the owner: GRANT CREATE ON DATABASE database TO user. Or leave isolation at 'transaction', which needs no such right.",
  )
}

export function twoPhaseCommit(): Fields {
  return fields(
    '0A000',
    'PREPARE TRANSACTION, COMMIT PREPARED and ROLLBACK PREPARED do not work in a test transaction.\n\nA prepared ' +
      'transaction outlives its connection and is stored by the server, so it cannot be rolled back with the test.\n\n' +
      'Test two-phase commit outside the sandbox: call testTransaction.close() before and testTransaction.start() after it.',
  )
}

export function clusterCommand(sql: string): Fields {
  return fields(
    '0A000',
    `A statement would change what belongs to the whole server: ${excerpt(sql)}\n\nThe clone of a test, which is dropped ` +
      'with all that the test has committed, does not take it along: a role, a database, a setting of the server.\n\n' +
      "Change it outside the tests, or undo it there: testTransaction.configure({ clusterCommands: 'allow' }).",
  )
}

export function reservedSavepoint(name: string): Fields {
  return fields(
    '42939',
    `The savepoint name "${name}" belongs to the sandbox.\n\nNames that begin with "pg-sandbox " mark the levels of ` +
      'the test transaction.\n\nGive the savepoint another name.',
  )
}

export function blockedByTest(sql: string): Fields {
  return fields(
    'PG_SANDBOX_BLOCKED',
    `A query waits for a lock that another connection of the same test holds, and was cancelled: ${excerpt(sql)}\n\n` +
      'What a test has written is locked until the test ends. testTransaction.parallel(fn) has a transaction of its ' +
      'own, and so has each user and each database of a test: when one of them needs a row or a unique key that ' +
      'another has written, it would wait for ever. With deterministicIds the same holds for a sequence that another ' +
      'has drawn from.\n\nWrite the row in the same place that needs it, use different keys, or leave deterministicIds out.',
  )
}

export function unexpectedState(sql: string, expected: string, actual: string): SandboxError {
  return new SandboxError(
    'PG_SANDBOX_UNEXPECTED_STATE',
    `The server reports a transaction status (${actual}) other than the sandbox expects (${expected}) after: ` +
      `${excerpt(sql)}\n\n` +
      'A statement has ended or begun the transaction in a way that the sandbox did not see, so changes of this test ' +
      'may have been committed. The connection has been closed.\n\n' +
      'Please report the statement; until it is handled, run the test outside the sandbox.',
  )
}

export function failedOwnStatement(sql: string, cause: Fields): SandboxError {
  return new SandboxError(
    'PG_SANDBOX_UNEXPECTED_STATE',
    `A statement of the sandbox itself failed: ${excerpt(sql)}\n${hideSecrets(cause['M'] ?? '')} (${cause['C']})\n\n` +
      'Usually a session setting that the application has made, such as a role or a schema, no longer exists after a ' +
      'rollback. The connection has been closed and the test transaction is undone.\n\n' +
      'Make the setting in the test that makes what it names.',
    { cause },
  )
}

export function openTransaction(): Fields {
  return fields(
    'PG_SANDBOX_OPEN_TRANSACTION',
    'A client has a real transaction open that began before testTransaction.start(), so its queries would not be ' +
      'rolled back with the test.\n\nUsually set-up code has sent BEGIN and has not ended it.\n\nCOMMIT or ROLLBACK ' +
      'before testTransaction.start().',
  )
}

export function invalidOption(name: string, expected: string, given: unknown): SandboxError {
  return new SandboxError(
    'PG_SANDBOX_INVALID_OPTION',
    `testTransaction.configure was given ${name}: ${String(given)}.\n\nThe option takes ${expected}.\n\n` +
      `Write testTransaction.configure({ ${name}: … }) with such a value, or leave it out.`,
  )
}

/** A sandbox error as the answer to a query. */
export function toFields(error: SandboxError): Fields {
  return fields(error.code, error.message, 'FATAL')
}

/** @param openedAt the application's frames, one a line */
export function unsandboxed(server: string, what: string, openedAt: string): SandboxError {
  return new SandboxError(
    'PG_SANDBOX_UNSANDBOXED',
    `A connection to the database server ${server} ${what} past the sandbox.\n\n` +
      'It is that of a driver other than pg, or of a copy of pg that is not patched: what it writes would be committed.\n\n' +
      "Open it after testTransaction.start(), with the option onUnsandboxed left at 'route', or through sandboxSocket; a " +
      'copy of pg can be patched: testTransaction.patch(pg). If the connection is meant to be outside: ' +
      "testTransaction.configure({ onUnsandboxed: 'allow' }).\n\n" +
      `It happened here:\n${openedAt}`,
  )
}

export function nativeClient(): SandboxError {
  return new SandboxError(
    'PG_SANDBOX_NATIVE_CLIENT',
    'pg.native does not work in a test transaction.\n\n' +
      'Its connections belong to libpq, so what they write would be committed.\n\n' +
      'Use the Client and Pool of pg itself in the tests, and leave NODE_PG_FORCE_NATIVE unset. To test pg.native with ' +
      'real commits, call testTransaction.close() before and testTransaction.start() after it.',
  )
}
