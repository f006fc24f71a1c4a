import { spyOnWarnings } from '../support/warnings.ts'
import type * as Warnings from '../../src/warnings.ts'

const emitted = spyOnWarnings()

/** As in a new test file: nothing has been said yet. */
function fresh(): typeof Warnings {
  jest.resetModules()
  return jest.requireActual<typeof Warnings>('../../src/warnings.ts')
}

test('a lock of another process: who holds it, as far as the server tells', () => {
  const session = { processId: 7, application: 'worker 2', state: 'idle', query: 'update users set n = 1' }
  const other = { processId: 8, application: null, state: null, query: null }
  fresh().warnOfForeignLocks('insert into users values (1)', 1000, [session, other])
  expect(emitted()).toEqual([
    {
      type: 'PgSandboxWarning',
      code: 'PG_SANDBOX_FOREIGN_LOCK',
      text: `A query has waited 1000 ms for a lock that another connection holds: insert into users values (1)

Usually it is that of another test process, which has written the same unique key or the same row. What a test has written is locked until the test ends, and what a file's beforeAll has written until the file ends.

Give each worker of the runner a database of its own (pg-sandbox/workers), or keys of its own.

The lock is held by:
process 7 of the server, application worker 2, idle, last statement: update users set n = 1
process 8 of the server`,
    },
  ])
})

test('sequences of another owner, once in a file and only where there are any', () => {
  const { warnOfUnownedSequences } = fresh()
  warnOfUnownedSequences([])
  expect(emitted()).toEqual([])
  warnOfUnownedSequences(['users_id_seq', 'orders_id_seq'])
  warnOfUnownedSequences(['others_id_seq'])
  expect(emitted()).toEqual([
    {
      type: 'PgSandboxWarning',
      code: 'PG_SANDBOX_UNOWNED_SEQUENCE',
      text: `The ids of these sequences go on from test to test: users_id_seq, orders_id_seq.

deterministicIds alters a sequence in the test's transaction, and only its owner may do so.

Connect in tests as the owner, or make its role a member: GRANT owner TO user.`,
    },
  ])
})

test('functions that notify, once in a file and only where there are any', () => {
  const { warnOfUnseenNotifications } = fresh()
  warnOfUnseenNotifications([])
  expect(emitted()).toEqual([])
  warnOfUnseenNotifications(['tell'])
  warnOfUnseenNotifications(['tell'])
  expect(emitted()).toEqual([
    {
      type: 'PgSandboxWarning',
      code: 'PG_SANDBOX_UNSEEN_NOTIFY',
      text: `A client listens for notifications, and these functions of the database send some: tell.

In a test the sandbox delivers what NOTIFY and pg_notify() send as statements of their own. What a function or a trigger sends is not delivered, since Postgres would deliver it with the real commit, and there is none.

Test it with real commits: useTestDatabase({ isolation: 'database' }).`,
    },
  ])
})

test('a key of a fixture file that nobody reads, once for each place', () => {
  const { warnOfUnreadKey } = fresh()
  warnOfUnreadKey('users.yml:1:1: tabels')
  warnOfUnreadKey('users.yml:1:1: tabels')
  warnOfUnreadKey('users.yml:9:1: tabels')
  expect(emitted().map(({ code, text }) => `${code} ${text}`)).toEqual([
    'PG_SANDBOX_FIXTURES users.yml:1:1: tabels',
    'PG_SANDBOX_FIXTURES users.yml:9:1: tabels',
  ])
})

test('rows that no test sees, once in a file', () => {
  const { warnOfUnseenRows } = fresh()
  warnOfUnseenRows()
  warnOfUnseenRows()
  expect(emitted()).toEqual([
    {
      type: 'PgSandboxWarning',
      code: 'PG_SANDBOX_UNSEEN_ROWS',
      text: `Something was written outside the tests, in beforeAll for instance, and each test has a scope of its own: none sees it.

useTestDatabase({ concurrent: true }) gives each test a connection and a transaction of its own, and what beforeAll writes is not committed.

Make the rows in seed, which each test runs first: useTestDatabase({ concurrent: true, seed: () => signUp('ada@example.com') }).`,
    },
  ])
})
