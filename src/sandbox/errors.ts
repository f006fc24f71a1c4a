/** The errors that this room alone tells: their texts, one factory each. */
import { fields } from '../errors.ts'
import { excerpt } from '../excerpt.ts'
import type { Fields } from '../protocol/fields.ts'

/** @param startedAt the application's frames, one a line, where the deeper level was opened */
export function overtaken(sql: string, startedAt: string): Fields {
  return fields(
    'PG_SANDBOX_OVERTAKEN',
    `A query was called before start() had opened a deeper level, came after that level had written, and has not been ` +
      `run: ${excerpt(sql)}\n\n` +
      'What it writes would be rolled back with the deeper level, although it belongs to the one around. Usually the ' +
      'promise of a query in beforeAll, or before testTransaction.start(), was not awaited.\n\n' +
      'Await the query before the deeper level is opened.\n\n' +
      `The deeper level was opened here:\n${startedAt}`,
  )
}

/**
 * @param test the name of the test that it came from, where the runner tells it
 * @param calledAt the application's frames, one a line
 */
export function calledLate(sql: string, test: string | undefined, calledAt: string): Fields {
  const origin = test === undefined ? 'an earlier test' : `the test "${test}"`
  return fields(
    'PG_SANDBOX_TEST_ENDED',
    `A query was called after its test had ended, and has not been run: ${excerpt(sql)}\n\n` +
      `It came from ${origin}, which has been rolled back: what it goes on to do must not touch the next test. ` +
      'Usually a promise was not awaited, or a timer, an event handler or a server that the test had started went on ' +
      'after it.\n\n' +
      'Await the query in the test, or stop in afterEach what makes it. Start what is to serve several tests, such as a ' +
      'server, in beforeAll.\n\n' +
      `The query was called here:\n${calledAt}`,
  )
}

/** @param tests the names of the test that has called it and of the one whose level is open */
export function concurrentTests(sql: string, ...tests: readonly (string | undefined)[]): Fields {
  const [caller, other] = tests.map((test) => (test === undefined ? 'another' : `"${test}"`))
  return fields(
    'PG_SANDBOX_CONCURRENT_TESTS',
    `Two tests run at the same time in one transaction, so a query has not been run: ${excerpt(sql)}\n\n` +
      `It came from the test ${caller}, while the test ${other} was running. What one of them writes would be seen ` +
      'and rolled back by the other.\n\n' +
      'Give each test a scope of its own: useTestDatabase({ concurrent: true }) of pg-sandbox/vitest, or wrap the body: ' +
      "test.concurrent('…', isolated(async () => { … })).",
  )
}
