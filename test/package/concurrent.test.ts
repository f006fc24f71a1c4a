import { useDatabase } from '../support/database.ts'
import { installed as sharedInstall } from './installed.ts'

const database = useDatabase('create table notes (id serial primary key, text text not null)')
const installed = sharedInstall()

afterEach(async () => {
  expect(await database.countOutside('notes')).toBe(0)
})

const withVitest = (file: string) => [
  'node_modules/vitest/vitest.mjs',
  'run',
  '--no-color',
  '--root',
  'concurrent',
  file,
]
const withJest = (file: string) => [
  'node_modules/jest/bin/jest.js',
  '--ci',
  '--rootDir',
  'concurrent',
  '--testMatch',
  `**/${file}`,
]

/** The output, also of tests that fail. */
function run(parameters: string[], env: Record<string, string> = {}): Promise<string> {
  const given = { DATABASE_URL: database.url(), NO_COLOR: '1', ...env }
  return installed.run(process.execPath, parameters, given).catch((error: Error) => error.message)
}

describe('tests at the same time, each in a scope of its own', () => {
  test('Vitest, with concurrent and seed', async () => {
    expect(await run(withVitest('scopes.vitest.mjs'))).toMatch(/Tests +7 passed \(7\)/)
  })

  test('Vitest: what beforeAll writes is seen by none, and a warning says so', async () => {
    const output = await run(withVitest('unseen.vitest.mjs'))
    expect(output).toMatch(/Tests +1 passed \(1\)/)
    expect(output)
      .toContain(`[PG_SANDBOX_UNSEEN_ROWS] PgSandboxWarning: Something was written outside the tests, in beforeAll for instance, and each test has a scope of its own: none sees it.

useTestDatabase({ concurrent: true }) gives each test a connection and a transaction of its own, and what beforeAll writes is not committed.

Make the rows in seed, which each test runs first: useTestDatabase({ concurrent: true, seed: () => signUp('ada@example.com') }).`)
  })

  test('Vitest: without a scope each, they are told why they fail', async () => {
    const output = await run(withVitest('mixed.vitest.mjs'))
    expect(output).toMatch(/Tests +1 failed \| 1 passed \(2\)/)
    expect(output).toContain('It came from the test "one", while the test "two" was running.')
  })

  test('Jest, with isolated', async () => {
    expect(await run(withJest('isolated.jest.cjs'))).toMatch(/Tests: +7 passed, 7 total/)
  })

  test('node:test, with isolated', async () => {
    expect(await run(['--test', 'concurrent/isolated.node.cjs'])).toMatch(/^(?:#|ℹ) pass 6$/m)
  })
})

test('Vitest: what a test leaves behind is refused, without a scope each as well', async () => {
  expect(await run(withVitest('levels.vitest.mjs'))).toMatch(/Tests +7 passed \(7\)/)
})

describe('TEST_DB_LOG_SQL=1 shows the SQL of the test that fails, and of no other', () => {
  const runners: [name: string, parameters: string[], env?: Record<string, string>][] = [
    ['Vitest', withVitest('failing.vitest.mjs')],
    ['Vitest, concurrent', withVitest('failing.vitest.mjs'), { CONCURRENT: '1' }],
    ['Jest', withJest('failing.jest.cjs')],
    ['node:test', ['--test', 'concurrent/failing.node.cjs']],
  ]

  test.each(runners)('%s', async (_name, parameters, env = {}) => {
    const output = await run(parameters, { ...env, TEST_DB_LOG_SQL: '1' })
    expect(output).toMatch(/the SQL of the test "(?:notes > )?fails"\n/)
    expect(output).toMatch(
      /1\. insert into notes \(text\) values \(\$1\)\n.*values: 'of the one that fails'\n/,
    )
    expect(output).toMatch(
      /2\. select text from notes order by text\n.*on the wire: .*\n.*SELECT 1 in \d+\.\d ms/,
    )
    expect(output).not.toContain("'of the one that passes'")
    expect(await run(parameters, env)).not.toContain('the SQL of')
  })
})
