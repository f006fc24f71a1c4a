import { readFileSync } from 'node:fs'
import path from 'node:path'
import * as common from '../../src/errors.ts'
import * as ofHooks from '../../src/hook-errors.ts'
import * as ofLevels from '../../src/sandbox/errors.ts'
import {
  fatal,
  simple,
  testEndedByClose,
  unseenNotifications,
  useProvocations,
} from './error-provocations.ts'

const errors = { ...common, ...ofHooks, ...ofLevels }

/** A factory of one of these. */
type Factory = Exclude<keyof typeof errors, 'SandboxError' | 'fields' | 'toFields'>

/** What an error tells in full; a `DatabaseError` of pg is called `error`. */
type Expected = {
  readonly code: string
  readonly name: 'error' | 'SandboxError'
  readonly text: string | RegExp
}

/** The frames of the application alone: where BEGIN was sent, and who called that. `pg-8.11` is no name that pg has elsewhere. */
const FRAMES =
  /(?:    at .*\/(?:test\/compliance\/(?:connection-provocations|error-provocations|error-texts\.test)|node_modules\/pg-8\.11\/lib\/\w+)\.[jt]s:\d+:\d+\)?\n?)+$/

function startingWith(text: string, rest: RegExp): RegExp {
  return new RegExp(`^${escape(text)}${rest.source}`)
}

function endingWith(start: RegExp, text: string): RegExp {
  return new RegExp(`${start.source}${escape(text)}$`)
}

function escape(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&')
}

const OUTSIDE = `A query waited 50 ms for a transaction that another client has open and is not using: select 'outside'

In a test all clients share one connection, so a query waits until the open transaction ends. It never ends when the transaction itself waits for this query: usually a query inside a transaction callback that goes through the pool instead of the handle that the callback was given.

Send the query through the handle of the transaction: client.query(…) or tx.… in place of pool.query(…) or db.…. If the transaction is only slow, allow more time: testTransaction.configure({ outsideQueryTimeout: 5000 }). If the query may run inside the transaction: testTransaction.configure({ outsideQueries: 'share' }).

The transaction was opened here:
`

const ENDED = `A query was still waiting when its test ended, and has not been run: select 'waiting'

It came from the test "the error is told in full testEnded". rollback() undoes what the test has done, so a query of that test must not run after it. Usually a promise was not awaited, or a timer or event handler went on after the test.

Await the query in the test, or stop in afterEach what makes it.`

const LATE = `A query was called after its test had ended, and has not been run: select 'after the test'

It came from the test "the error is told in full calledLate", which has been rolled back: what it goes on to do must not touch the next test. Usually a promise was not awaited, or a timer, an event handler or a server that the test had started went on after it.

Await the query in the test, or stop in afterEach what makes it. Start what is to serve several tests, such as a server, in beforeAll.

The query was called here:
`

const OVERTAKEN = `A query was called before start() had opened a deeper level, came after that level had written, and has not been run: select 'overtaken'

What it writes would be rolled back with the deeper level, although it belongs to the one around. Usually the promise of a query in beforeAll, or before testTransaction.start(), was not awaited.

Await the query before the deeper level is opened.

The deeper level was opened here:
`

const SCOPE_ENDED = `A query was made in a parallel scope that has ended, and has not been run: select 'after the scope'

testTransaction.parallel(fn) rolls back when the promise that fn returns settles. Usually a promise inside fn was not awaited.

Await every query inside fn.

The query was called here:
`

const { hostname, port } = new URL(process.env['PG_SANDBOX_TEST_SERVER']!)

const UNSANDBOXED = `A connection to the database server ${hostname}:${port} is being opened past the sandbox.

It is that of a driver other than pg, or of a copy of pg that is not patched: what it writes would be committed.

Open it after testTransaction.start(), with the option onUnsandboxed left at 'route', or through sandboxSocket; a copy of pg can be patched: testTransaction.patch(pg). If the connection is meant to be outside: testTransaction.configure({ onUnsandboxed: 'allow' }).

It happened here:
`

const expected: Record<Factory, Expected> = {
  outsideQuery: { code: 'PG_SANDBOX_OUTSIDE_QUERY', name: 'error', text: startingWith(OUTSIDE, FRAMES) },
  testEnded: { code: 'PG_SANDBOX_TEST_ENDED', name: 'error', text: ENDED },
  lateQuery: {
    code: 'PG_SANDBOX_TEST_ENDED',
    name: 'SandboxError',
    text: ENDED.replace("select 'waiting'", 'connect').replace(/It came .*?\. /, ''),
  },
  overtaken: { code: 'PG_SANDBOX_OVERTAKEN', name: 'error', text: startingWith(OVERTAKEN, FRAMES) },
  transactionEnded: {
    code: 'PG_SANDBOX_TEST_ENDED',
    name: 'error',
    text: `A query belongs to a transaction that was rolled back when its test ended, and has not been run: select 'after the test'

The transaction was still open when rollback() or close() was called. Usually the promise of a transaction was not awaited.

Await the transaction in the test.`,
  },
  calledLate: {
    code: 'PG_SANDBOX_TEST_ENDED',
    name: 'error',
    text: startingWith(LATE, FRAMES),
  },
  concurrentTests: {
    code: 'PG_SANDBOX_CONCURRENT_TESTS',
    name: 'error',
    text: `Two tests run at the same time in one transaction, so a query has not been run: select 'at the same time'

It came from the test "the error is told in full concurrentTests", while the test "the other" was running. What one of them writes would be seen and rolled back by the other.

Give each test a scope of its own: useTestDatabase({ concurrent: true }) of pg-sandbox/vitest, or wrap the body: test.concurrent('…', isolated(async () => { … })).`,
  },
  scopeEnded: {
    code: 'PG_SANDBOX_TEST_ENDED',
    name: 'error',
    text: startingWith(SCOPE_ENDED, FRAMES),
  },
  connectionLost: {
    code: 'PG_SANDBOX_CONNECTION_LOST',
    name: 'error',
    text: `The connection that holds this test's transaction was lost (terminating connection due to administrator command), so a query cannot see what the test has written and has not been run: select 'after the loss'

Usually the server was restarted, or the backend was terminated by a statement of the test or a limit of the server.

The next test starts on a new connection. If the test ends a connection on purpose, run it with real connections: call testTransaction.close() before it and testTransaction.start() after it.`,
  },
  schemaNotAllowed: {
    code: 'PG_SANDBOX_NO_PRIVILEGE',
    name: 'error',
    text: `The user who has connected may not make schemas in the database, so a query has not been run: select 1

isolation: 'schema' makes one in each test's transaction. Usually the user is another than the database's owner, and was given no right to it.

As the owner: GRANT CREATE ON DATABASE database TO user. Or leave isolation at 'transaction', which needs no such right.`,
  },
  twoPhaseCommit: {
    code: '0A000',
    name: 'error',
    text: `PREPARE TRANSACTION, COMMIT PREPARED and ROLLBACK PREPARED do not work in a test transaction.

A prepared transaction outlives its connection and is stored by the server, so it cannot be rolled back with the test.

Test two-phase commit outside the sandbox: call testTransaction.close() before and testTransaction.start() after it.`,
  },
  clusterCommand: {
    code: '0A000',
    name: 'error',
    text: `A statement would change what belongs to the whole server: create role made_for_good

The clone of a test, which is dropped with all that the test has committed, does not take it along: a role, a database, a setting of the server.

Change it outside the tests, or undo it there: testTransaction.configure({ clusterCommands: 'allow' }).`,
  },
  reservedSavepoint: {
    code: '42939',
    name: 'error',
    text: `The savepoint name "pg-sandbox mine" belongs to the sandbox.

Names that begin with "pg-sandbox " mark the levels of the test transaction.

Give the savepoint another name.`,
  },
  blockedByTest: {
    code: 'PG_SANDBOX_BLOCKED',
    name: 'error',
    text: `A query waits for a lock that another connection of the same test holds, and was cancelled: insert into notes values (1)

What a test has written is locked until the test ends. testTransaction.parallel(fn) has a transaction of its own, and so has each user and each database of a test: when one of them needs a row or a unique key that another has written, it would wait for ever. With deterministicIds the same holds for a sequence that another has drawn from.

Write the row in the same place that needs it, use different keys, or leave deterministicIds out.`,
  },
  unexpectedState: {
    code: 'PG_SANDBOX_UNEXPECTED_STATE',
    name: 'SandboxError',
    text: `The server reports a transaction status (I) other than the sandbox expects (T) after: insert into notes values (99)

A statement has ended or begun the transaction in a way that the sandbox did not see, so changes of this test may have been committed. The connection has been closed.

Please report the statement; until it is handled, run the test outside the sandbox.`,
  },
  failedOwnStatement: {
    code: 'PG_SANDBOX_UNEXPECTED_STATE',
    name: 'SandboxError',
    text: endingWith(
      /^A statement of the sandbox itself failed: BEGIN READ WRITE; .*set role made_and_undone; SAVEPOIN…\n/,
      `role "made_and_undone" does not exist (22023)

Usually a session setting that the application has made, such as a role or a schema, no longer exists after a rollback. The connection has been closed and the test transaction is undone.

Make the setting in the test that makes what it names.`,
    ),
  },
  openTransaction: {
    code: 'PG_SANDBOX_OPEN_TRANSACTION',
    name: 'error',
    text: `A client has a real transaction open that began before testTransaction.start(), so its queries would not be rolled back with the test.

Usually set-up code has sent BEGIN and has not ended it.

COMMIT or ROLLBACK before testTransaction.start().`,
  },
  noHooks: {
    code: 'PG_SANDBOX_NO_HOOKS',
    name: 'SandboxError',
    text: `useTestDatabase() found no global beforeAll, beforeEach, afterEach and afterAll.

The runner does not define global hooks: node:test never does, Vitest and Jest when told not to.

Import it from your runner's entry: import { useTestDatabase } from 'pg-sandbox/node-test', 'pg-sandbox/vitest' or 'pg-sandbox/jest'.`,
  },
  otherRunner: {
    code: 'PG_SANDBOX_NO_HOOKS',
    name: 'SandboxError',
    text: `useTestDatabase() of pg-sandbox/node-test was called outside its runner.

The hooks of one runner do not run in another, so nothing would be rolled back. Usually the import comes from a file for another runner.

Write import { useTestDatabase } from 'pg-sandbox/jest'.`,
  },
  hooksInTest: {
    code: 'PG_SANDBOX_NO_HOOKS',
    name: 'SandboxError',
    text: `useTestDatabase() was called in a test, and hooks cannot be defined inside tests.

It registers beforeAll, beforeEach, afterEach and afterAll. For a test that runs these come too late, so nothing would be rolled back.

Call it at the top of the file or of a describe block, or in a set-up file. For one test alone: call testTransaction.start() where it begins and testTransaction.rollback() where it ends.`,
  },
  noAroundEach: {
    code: 'PG_SANDBOX_NO_HOOKS',
    name: 'SandboxError',
    text: `useTestDatabase({ concurrent: true }) found no aroundEach.

The hook gives each test a scope of its own. Vitest has it since 4.1; Jest and node:test have none.

Wrap the body of each such test instead: test.concurrent('…', isolated(async () => { … })).`,
  },
  doneCallback: {
    code: 'PG_SANDBOX_DONE_CALLBACK',
    name: 'SandboxError',
    text: `A body given to isolated() takes more parameters than the runner gives to it: 1, not 0.

Usually the last one is a done callback. isolated() rolls back when the promise of the body settles, so it has to know the end by that.

Write the body as an async function, or return a promise.`,
  },
  invalidSeed: {
    code: 'PG_SANDBOX_INVALID_OPTION',
    name: 'SandboxError',
    text: `seed was given rows.

The option takes a function, which makes the rows that a test begins with.

Write seed: () => signUp('ada@example.com') with such a function, or leave it out.`,
  },
  unsandboxed: {
    code: 'PG_SANDBOX_UNSANDBOXED',
    name: 'SandboxError',
    text: startingWith(UNSANDBOXED, FRAMES),
  },
  nativeClient: {
    code: 'PG_SANDBOX_NATIVE_CLIENT',
    name: 'SandboxError',
    text: `pg.native does not work in a test transaction.

Its connections belong to libpq, so what they write would be committed.

Use the Client and Pool of pg itself in the tests, and leave NODE_PG_FORCE_NATIVE unset. To test pg.native with real commits, call testTransaction.close() before and testTransaction.start() after it.`,
  },
  invalidOption: {
    code: 'PG_SANDBOX_INVALID_OPTION',
    name: 'SandboxError',
    text: `testTransaction.configure was given outsideQueryTimeout: 0.

The option takes a number of milliseconds above 0.

Write testTransaction.configure({ outsideQueryTimeout: … }) with such a value, or leave it out.`,
  },
}

useProvocations()

const factories = Object.keys(errors).filter(
  (name) => !['SandboxError', 'fields', 'toFields'].includes(name),
) as Factory[]

function expectError(error: unknown, { code, name, text }: Expected): void {
  expect(error).toBeInstanceOf(Error)
  expect(error).toMatchObject({ code, name })
  const { message } = error as Error
  if (typeof text === 'string') expect(message).toBe(text)
  else expect(message).toMatch(text)
}

describe('the error is told in full', () => {
  test.each(Object.entries(simple))('%s', async (name, provoke) => {
    const error = await provoke()
    const wanted = expected[name as keyof typeof simple]
    expectError(error, wanted)
    if (wanted.name === 'error') expect(error).toMatchObject({ severity: 'ERROR', routine: 'pg-sandbox' })
  })

  test('testEnded, by close()', async () => {
    const text = ENDED.replace('testEnded"', 'testEnded, by close()"')
    expectError(await testEndedByClose(), { ...expected.testEnded, text })
  })

  test.each(Object.entries(fatal))('%s, as the answer and by the next rollback()', async (name, provoke) => {
    const { told, rolledBack } = await provoke()
    const wanted = expected[name as keyof typeof fatal]
    expectError(rolledBack, wanted)
    expectError(told, { ...wanted, name: 'error' })
    expect(told).toMatchObject({ severity: 'FATAL' })
  })

  test('failedOwnStatement, with the server’s error as its cause', async () => {
    const { rolledBack } = await fatal.failedOwnStatement()
    expect(rolledBack).toMatchObject({ cause: { C: '22023', M: 'role "made_and_undone" does not exist' } })
  })
})

test('the warning of notifications that are not delivered is told in full', async () => {
  const warning = await unseenNotifications()
  expect(warning).toMatchObject({ name: 'PgSandboxWarning', code: 'PG_SANDBOX_UNSEEN_NOTIFY', calls: 1 })
  expect((warning as Error).message)
    .toBe(`A client listens for notifications, and these functions of the database send some: tell.

In a test the sandbox delivers what NOTIFY and pg_notify() send as statements of their own. What a function or a trigger sends is not delivered, since Postgres would deliver it with the real commit, and there is none.

Test it with real commits: useTestDatabase({ isolation: 'database' }).`)
})

describe('completeness', () => {
  test('each factory of errors.ts is provoked, and has its text here', () => {
    expect([...Object.keys(simple), ...Object.keys(fatal)].toSorted()).toEqual(factories.toSorted())
    expect(Object.keys(expected).toSorted()).toEqual(factories.toSorted())
  })

  test('each SandboxErrorCode is told by one of them', () => {
    const source = readFileSync(path.join(__dirname, '..', '..', 'src', 'errors.ts'), 'utf8')
    const [, union = ''] = /type SandboxErrorCode =((?:\s+\| '\w+')+)/.exec(source) ?? []
    const codes = Array.from(union.matchAll(/'(\w+)'/g), ([, code = '']) => code)
    const told = Object.values(expected).map(({ code }) => code)
    const wings = ['databases', 'driver', 'fixtures', 'postgres'].map((wing) =>
      readFileSync(path.join(__dirname, '..', 'unit', wing, 'errors.test.ts'), 'utf8'),
    )
    const toldInWings = codes.filter((code) => wings.some((tests) => tests.includes(`code: '${code}'`)))
    expect(codes.length).toBeGreaterThan(0)
    expect(codes.filter((code) => ![...told, ...toldInWings].includes(code))).toEqual([])
    expect(
      [...new Set(told)].filter((code) => code.startsWith('PG_SANDBOX') && !codes.includes(code)),
    ).toEqual([])
  })
})
