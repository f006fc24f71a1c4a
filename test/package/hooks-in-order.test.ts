/**
 * A file's own hooks that run after those of the sandbox, and what a test has left behind, in the
 * real runners. Nothing is committed: it stays in, or is refused with an error that names the hook.
 */
import { useDatabase } from '../support/database.ts'
import { type Installed, installWith, projectInside, writeFiles } from './installed.ts'

const database = useDatabase('create table notes (id serial primary key, text text not null)')

beforeEach(async () => {
  await database.outside('truncate notes')
  await database.outside("insert into notes (text) values ('kept')")
})

const texts = async (): Promise<unknown[]> =>
  (await database.outside('select text from notes order by id')).map(({ text }) => text)

const FOUR_HOOKS = `const { testTransaction } = require('pg-sandbox')
beforeAll(testTransaction.start)
beforeEach(testTransaction.start)
afterEach(testTransaction.rollback)
afterAll(testTransaction.close)
`
const USE = "require('pg-sandbox/jest').useTestDatabase()\n"
const POOL =
  "const { Pool } = require('pg')\nconst pool = new Pool({ connectionString: process.env.DATABASE_URL })\n"
const TEST = "test('writes', () => pool.query(\"insert into notes (text) values ('of the test')\"))\n"
const after = (sql: string): string => `afterAll(() => pool.query(${JSON.stringify(sql)}))\n`
const END = 'afterAll(() => pool.end())\n'

const INSERT = "insert into notes (text) values ('left behind')"
const DELETE = 'delete from notes'

/** Runs one Jest project; its output, whether it passes or fails. */
async function jest(name: string, files: Record<string, string>, options: string[] = []): Promise<string> {
  const project = await projectInside(name, { 'package.json': {}, ...files })
  const setup = 'setup.js' in files ? ['--setupFilesAfterEnv', './setup.js'] : []
  return run(project, ['../../node_modules/jest/bin/jest.js', '--ci', '--rootDir', '.', ...setup, ...options])
}

function run(project: Installed, parameters: string[]): Promise<string> {
  const env = { DATABASE_URL: database.url(), NO_COLOR: '1' }
  return project.run(process.execPath, parameters, env).catch((error: Error) => error.message)
}

/** A hook may be refused: then it is told which. */
function expectPassedOrNamed(output: string): void {
  if (!/[1-9]\d* failed/.test(output)) return
  expect(output).toMatch(/PG_SANDBOX_\w+|pg-sandbox/)
  expect(output).toMatch(/afterAll/)
}

describe('Jest: an afterAll of the file that runs after close()', () => {
  test.each([
    ['four hooks, an insert', FOUR_HOOKS, INSERT],
    ['four hooks, a delete', FOUR_HOOKS, DELETE],
    ['useTestDatabase(), an insert', USE, INSERT],
    ['useTestDatabase(), a delete', USE, DELETE],
  ])('of a set-up file with %s, commits nothing', async (name, setup, sql) => {
    const files = { 'setup.js': setup, 'first.test.js': POOL + TEST + after(sql) + END }
    const output = await jest(`after all ${name}`.replaceAll(/\W+/g, '-'), files)
    expect(output).not.toMatch(/did not exit/)
    expect(await texts()).toEqual(['kept'])
    expectPassedOrNamed(output)
  })

  test.each([
    ['before', TEST + after(INSERT) + END, ''],
    ['behind', '', TEST + after(INSERT) + END],
  ])('of useTestDatabase() of the file, which stands %s it, commits nothing', async (where, above, below) => {
    const output = await jest(`after-all-${where}`, { 'first.test.js': POOL + above + USE + below })
    expect(await texts()).toEqual(['kept'])
    expectPassedOrNamed(output)
  })

  test('of one file is not seen by the next in the same process', async () => {
    const look = `test('sees what is there', async () => {
      expect((await pool.query('select text from notes')).rows).toEqual([{ text: 'kept' }])
    })\n`
    const file = POOL + look + TEST + after(INSERT) + END
    const files = { 'setup.js': FOUR_HOOKS, 'a.test.js': file, 'b.test.js': file }
    const output = await jest('after-all-two-files', files, ['--runInBand'])
    expect(output).not.toMatch(/sees what is there.*\n.*Received/)
    expect(await texts()).toEqual(['kept'])
  })

  test('that waits for ten queries of a timer that a test has left commits none', async () => {
    const late = `let late
test('leaves a timer', async () => {
  await pool.query('select 1')
  late = new Promise((resolve) => setTimeout(resolve, 300)).then(async () => {
    for (let i = 0; i < 10; i += 1) await pool.query("${INSERT}").catch(() => {})
  })
})
afterAll(() => late)
`
    await jest('after-all-late', { 'setup.js': FOUR_HOOKS, 'first.test.js': POOL + late + END })
    expect(await texts()).toEqual(['kept'])
  })

  test('close() on purpose, in the middle of a test: what comes after it is committed', async () => {
    const onPurpose = `const { testTransaction } = require('pg-sandbox')
test('commits', async () => {
  await testTransaction.close()
  await pool.query("insert into notes (text) values ('on purpose')")
  await testTransaction.start()
})
`
    await jest('on-purpose', { 'setup.js': FOUR_HOOKS, 'first.test.js': POOL + onPurpose + END })
    expect(await texts()).toEqual(['kept', 'on purpose'])
  })
})

describe('other runners: a hook of the file that runs after those of the sandbox commits nothing', () => {
  const imports =
    "import { Pool } from 'pg'\nconst pool = new Pool({ connectionString: process.env.DATABASE_URL })\n"

  test.each(['stack', 'list', 'parallel'])('Vitest, with sequence.hooks: %s', async (order) => {
    const project = await projectInside(`vitest-hooks-${order}`, {
      'package.json': { type: 'module' },
      'setup.js': "import { useTestDatabase } from 'pg-sandbox/vitest'\nuseTestDatabase()\n",
      'first.test.js': `import { afterAll, test } from 'vitest'\n${imports}${TEST}${after(INSERT)}${END}`,
      'vitest.config.js': `export default { test: { setupFiles: ['./setup.js'], sequence: { hooks: '${order}' } } }\n`,
    })
    await run(project, ['../../node_modules/vitest/vitest.mjs', 'run', '--root', '.', '--no-color'])
    expect(await texts()).toEqual(['kept'])
  })

  test('node:test', async () => {
    const project = await projectInside('node-test-hooks', {
      'package.json': { type: 'module' },
      'first.test.js': `import { after as afterAll, test } from 'node:test'
import { useTestDatabase } from 'pg-sandbox/node-test'
${imports}useTestDatabase()
${TEST}${after(INSERT)}${END}`,
    })
    await run(project, ['--test', 'first.test.js'])
    expect(await texts()).toEqual(['kept'])
  })
})

describe('useTestDatabase() of a block commits nothing of the hooks behind it, and leaves the next block outside', () => {
  const blocks = (beforeAll: string, afterAll: string): string => `${POOL}describe('in the sandbox', () => {
  useTestDatabase()
  ${TEST}  ${afterAll}(() => pool.query("${INSERT}"))
})
describe('outside', () => {
  ${beforeAll}(() => pool.query("insert into notes (text) values ('of the next block')"))
  test('is committed', () => pool.query("insert into notes (text) values ('of the next test')"))
})
${afterAll}(() => pool.end())
`
  const committed = ['kept', 'of the next block', 'of the next test']
  const imported = (text: string): string =>
    text.replace("const { Pool } = require('pg')", "import { Pool } from 'pg'")

  test('Jest', async () => {
    const text = `const { useTestDatabase } = require('pg-sandbox/jest')\n${blocks('beforeAll', 'afterAll')}`
    const output = await jest('block', { 'first.test.js': text })
    expect(output).toMatch(/2 passed/)
    expect(await texts()).toEqual(committed)
  })

  test('Vitest', async () => {
    const project = await projectInside('vitest-block', {
      'package.json': { type: 'module' },
      'first.test.js': `import { afterAll, beforeAll, describe, test } from 'vitest'
import { useTestDatabase } from 'pg-sandbox/vitest'
${imported(blocks('beforeAll', 'afterAll'))}`,
      'vitest.config.js': "export default { test: { sequence: { hooks: 'list' } } }\n",
    })
    const output = await run(project, [
      '../../node_modules/vitest/vitest.mjs',
      'run',
      '--root',
      '.',
      '--no-color',
    ])
    expect(output).toMatch(/2 passed/)
    expect(await texts()).toEqual(committed)
  })

  test('node:test', async () => {
    const project = await projectInside('node-test-block', {
      'package.json': { type: 'module' },
      'first.test.js': `import { after, before, describe, test } from 'node:test'
import { useTestDatabase } from 'pg-sandbox/node-test'
${imported(blocks('before', 'after'))}`,
    })
    expect(await run(project, ['--test', 'first.test.js'])).toMatch(/pass 2/)
    expect(await texts()).toEqual(committed)
  })
})

test('Jest: close() on purpose in a beforeAll, ahead of the tests: what comes after it is committed', async () => {
  const onPurpose = `const { testTransaction } = require('pg-sandbox')
beforeAll(async () => {
  await testTransaction.close()
  await pool.query("insert into notes (text) values ('on purpose')")
  await testTransaction.start()
})
`
  await jest('on-purpose-before', { 'setup.js': FOUR_HOOKS, 'first.test.js': POOL + onPurpose + TEST + END })
  expect(await texts()).toEqual(['kept', 'on purpose'])
})

test("Jest, with isolation: 'database', commits nothing of a hook behind close()", async () => {
  const use = "require('pg-sandbox/jest').useTestDatabase({ isolation: 'database' })\n"
  const files = { 'first.test.js': POOL + use + TEST + after(INSERT) + END }
  await database.leave()
  const output = await jest('after-all-database', files)
  expect(output).toMatch(/1 passed/)
  expect(output).not.toMatch(/did not exit/)
  expect(await texts()).toEqual(['kept'])
})

test('Jest: a transaction in a hook behind close() works, and its rows are seen by the next hook', async () => {
  const hooks = `afterAll(async () => {
  const client = await pool.connect()
  await client.query('begin')
  await client.query("${INSERT}")
  await client.query('commit')
  client.release()
})
afterAll(async () => expect((await pool.query('select text from notes')).rows).toHaveLength(2))
`
  const files = { 'setup.js': FOUR_HOOKS, 'first.test.js': POOL + TEST + hooks + END }
  const output = await jest('after-all-transaction', files)
  expect(output).toMatch(/1 passed/)
  expect(output).not.toMatch(/failed|expect\(/)
  expect(await texts()).toEqual(['kept'])
})

test('Jest 29, in two files of one process: commits nothing of a hook behind close(), and what is on purpose', async () => {
  const folder = await installWith({ jest: '^29.7.0' })
  try {
    const onPurpose = `const { testTransaction } = require('pg-sandbox')
test('commits', async () => {
  await testTransaction.close()
  await pool.query("insert into notes (text) values ('on purpose')")
  await testTransaction.start()
})
`
    const file = POOL + TEST + onPurpose + after(INSERT) + END
    await writeFiles(folder.folder, { 'setup.js': FOUR_HOOKS, 'a.test.js': file, 'b.test.js': file })
    const parameters = ['node_modules/jest/bin/jest.js', '--ci', '--rootDir', '.', '--runInBand']
    const output = await run(folder, [...parameters, '--setupFilesAfterEnv', './setup.js'])
    expect(output).toMatch(/4 passed/)
    expect(output).not.toMatch(/did not exit/)
    expect(await texts()).toEqual(['kept', 'on purpose', 'on purpose'])
  } finally {
    await folder.remove()
  }
})
