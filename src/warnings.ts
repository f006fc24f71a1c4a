/**
 * Everything that the package warns of, one function each: what no error tells, since nothing has failed.
 *
 * Warnings go out by Node's own means: on stderr, unless `--no-warnings` is given. README has a row for each code.
 */
import { excerpt } from './excerpt.ts'

const TYPE = 'PgSandboxWarning'

function warn(code: string, text: string): void {
  process.emitWarning(text, { type: TYPE, code })
}

/** Warnings that are said once in a file: who has read one need not read it again. */
const said = new Set<string>()

/** @param what tells warnings of one code apart, where each is to be said once */
function warnOnce(code: string, text: string, what = ''): void {
  if (said.has(code + what)) return
  said.add(code + what)
  warn(code, text)
}

/** What pg_stat_activity tells of who holds a lock: nothing but the process id, unless it is of the same user. */
export interface Blocker {
  readonly processId: number
  readonly application: string | null
  readonly state: string | null
  /** The last statement that it has sent. */
  readonly query: string | null
}

/**
 * A query waits for a lock of somebody else: another test process, or whoever is connected besides. Nothing is cancelled:
 * the lock may be freed at any moment, and without the sandbox the query would wait as well.
 */
export function warnOfForeignLocks(sql: string, waited: number, blockers: readonly Blocker[]): void {
  warn(
    'PG_SANDBOX_FOREIGN_LOCK',
    `A query has waited ${waited} ms for a lock that another connection holds: ${excerpt(sql)}\n\n` +
      'Usually it is that of another test process, which has written the same unique key or the same row. What a test ' +
      "has written is locked until the test ends, and what a file's beforeAll has written until the file ends.\n\n" +
      'Give each worker of the runner a database of its own (pg-sandbox/workers), or keys of its own.\n\n' +
      `The lock is held by:\n${blockers.map(described).join('\n')}`,
  )
}

function described({ processId, application, state, query }: Blocker): string {
  const name = !application ? [] : [`application ${application}`]
  const told = state === null ? [] : [state]
  const last = query === null ? [] : [`last statement: ${excerpt(query)}`]
  return [`process ${processId} of the server`, ...name, ...told, ...last].join(', ')
}

/** Sequences that the user who has logged in may not alter, so that a rollback does not undo what is drawn from them. */
export function warnOfUnownedSequences(names: readonly string[]): void {
  if (names.length === 0) return
  warnOnce(
    'PG_SANDBOX_UNOWNED_SEQUENCE',
    `The ids of these sequences go on from test to test: ${names.join(', ')}.\n\n` +
      "deterministicIds alters a sequence in the test's transaction, and only its owner may do so.\n\n" +
      'Connect in tests as the owner, or make its role a member: GRANT owner TO user.',
  )
}

/** Functions that notify, in a database where a client listens: who waits for such a notification waits in vain. */
export function warnOfUnseenNotifications(functions: readonly string[]): void {
  if (functions.length === 0) return
  warnOnce(
    'PG_SANDBOX_UNSEEN_NOTIFY',
    `A client listens for notifications, and these functions of the database send some: ${functions.join(', ')}.\n\n` +
      'In a test the sandbox delivers what NOTIFY and pg_notify() send as statements of their own. What a function or a ' +
      'trigger sends is not delivered, since Postgres would deliver it with the real commit, and there is none.\n\n' +
      "Test it with real commits: useTestDatabase({ isolation: 'database' }).",
  )
}

/** Rows written outside the tests, where each test has a scope of its own and sees none of them. */
export function warnOfUnseenRows(): void {
  warnOnce(
    'PG_SANDBOX_UNSEEN_ROWS',
    'Something was written outside the tests, in beforeAll for instance, and each test has a scope of its own: none sees it.\n\n' +
      'useTestDatabase({ concurrent: true }) gives each test a connection and a transaction of its own, and what beforeAll ' +
      'writes is not committed.\n\n' +
      'Make the rows in seed, which each test runs first: ' +
      "useTestDatabase({ concurrent: true, seed: () => signUp('ada@example.com') }).",
  )
}

/** A key of a fixture file that nobody reads, with its place in front. */
export function warnOfUnreadKey(line: string): void {
  warnOnce('PG_SANDBOX_FIXTURES', line, line)
}
