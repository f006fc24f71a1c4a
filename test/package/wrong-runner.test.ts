/**
 * An entry that is imported in another runner than its own, outside of every runner, or called
 * inside a test says so at the call and names the right one.
 */
import { useDatabase } from '../support/database.ts'
import { type Installed, installWith, projectInside } from './installed.ts'

const database = useDatabase('create table notes (id serial primary key, text text not null)')

const POOL =
  "import { Pool } from 'pg'\nconst pool = new Pool({ connectionString: process.env.DATABASE_URL })\n"
const INSERT = 'pool.query("insert into notes (text) values (\'written\')")'
const VITEST = ['../../node_modules/vitest/vitest.mjs', 'run', '--root', '.', '--no-color']
const JEST = ['../../node_modules/jest/bin/jest.js', '--ci', '--rootDir', '.']

/** Runners show an error's name and text, and not its code. */
const REFUSED =
  /SandboxError: useTestDatabase\(\) (?:of pg-sandbox\/\S+ was called outside its runner|was called in a test)|PG_SANDBOX_NO_HOOKS/

/** The output, and whether all has gone well. */
async function run(
  project: Installed,
  parameters: string[],
  env: Record<string, string> = {},
): Promise<{ output: string; isOk: boolean }> {
  const given = { DATABASE_URL: database.url(), NO_COLOR: '1', ...env }
  return project.run(process.execPath, parameters, given).then(
    (output) => ({ output, isOk: true }),
    (error: Error) => ({ output: error.message, isOk: false }),
  )
}

async function expectRefused(project: Installed, parameters: string[], ...texts: string[]): Promise<void> {
  const { output, isOk } = await run(project, parameters)
  expect({ isOk, output }).toEqual({ isOk: false, output: expect.stringMatching(REFUSED) })
  for (const text of texts) expect(output).toContain(text)
  expect(await database.countOutside('notes')).toBe(0)
}

afterEach(() => database.outside('truncate notes'))

const inVitest = (entry: string, where: 'at the top' | 'in a test'): Record<string, string> => ({
  'package.json': JSON.stringify({ type: 'module' }),
  'first.test.js': `import { afterAll, test } from 'vitest'
import { useTestDatabase } from '${entry}'
${POOL}${where === 'at the top' ? 'useTestDatabase()' : ''}
test('writes', async () => { ${where === 'in a test' ? 'useTestDatabase();' : ''} await ${INSERT} })
test('writes once more', async () => { ${where === 'in a test' ? 'useTestDatabase();' : ''} await ${INSERT} })
afterAll(() => pool.end())
`,
})

const inJest = (entry: string, where: 'at the top' | 'in a test'): Record<string, string> => {
  const { 'first.test.js': text = '' } = inVitest(entry, where)
  const required = text
    .replace(/^import .* from 'vitest'\n/, '')
    .replaceAll(/^import (\{.*\}) from ('.*')$/gm, 'const $1 = require($2)')
  return { 'package.json': '{}', 'first.test.js': required }
}

const inNodeTest = (entry: string, where: 'at the top' | 'in a test'): Record<string, string> => {
  const { 'first.test.js': text = '', ...others } = inVitest(entry, where)
  const imported = text.replace(
    "{ afterAll, test } from 'vitest'",
    "{ after as afterAll, test } from 'node:test'",
  )
  return { ...others, 'first.test.js': imported }
}

describe('useTestDatabase() is refused, and names what to write:', () => {
  test.each([
    ['pg-sandbox/vitest in a test of Vitest', inVitest('pg-sandbox/vitest', 'in a test'), VITEST],
    [
      'pg-sandbox/node-test in a test of node:test',
      inNodeTest('pg-sandbox/node-test', 'in a test'),
      ['--test', 'first.test.js'],
    ],
  ])('%s', async (name, files, parameters) => {
    await expectRefused(await projectInside(name.replaceAll(/\W+/g, '-'), files), parameters, 'beforeEach')
  })

  test.each([
    [
      'pg-sandbox/node-test in Vitest',
      inVitest('pg-sandbox/node-test', 'at the top'),
      VITEST,
      'pg-sandbox/vitest',
    ],
    ['pg-sandbox/jest in Vitest', inVitest('pg-sandbox/jest', 'at the top'), VITEST, 'pg-sandbox/vitest'],
    ['pg-sandbox/node-test in Jest', inJest('pg-sandbox/node-test', 'at the top'), JEST, 'pg-sandbox/jest'],
    [
      'pg-sandbox/jest in node:test',
      inNodeTest('pg-sandbox/jest', 'at the top'),
      ['--test', 'first.test.js'],
      'pg-sandbox/node-test',
    ],
    [
      'pg-sandbox/vitest in node:test',
      inNodeTest('pg-sandbox/vitest', 'at the top'),
      ['--test', 'first.test.js'],
      'pg-sandbox/node-test',
    ],
  ])('%s', async (name, files, parameters, right) => {
    await expectRefused(await projectInside(name.replaceAll(/\W+/g, '-'), files), parameters, right)
  })
})

test.each(['pg-sandbox/jest', 'pg-sandbox'])(
  '%s in a test of Jest fails it before anything is written',
  async (entry) => {
    const project = await projectInside(
      `${entry}-in-a-test-of-Jest`.replace('/', '-'),
      inJest(entry, 'in a test'),
    )
    const { output, isOk } = await run(project, JEST)
    expect({ isOk, output }).toEqual({
      isOk: false,
      output: expect.stringContaining('cannot be defined inside tests'),
    })
    expect(await database.countOutside('notes')).toBe(0)
  },
)

describe('where no runner is installed, an entry says so itself:', () => {
  let folder: Awaited<ReturnType<typeof installWith>>
  beforeAll(async () => {
    folder = await installWith({})
  })
  afterAll(() => folder.remove())

  test.each([
    ['pg-sandbox/jest', "require('pg-sandbox/jest').useTestDatabase()"],
    ['pg-sandbox/vitest', "import('pg-sandbox/vitest').then(({ useTestDatabase }) => useTestDatabase())"],
  ])('%s', async (_entry, script) => {
    const { output, isOk } = await run(folder, ['-e', script])
    expect({ isOk, output }).toEqual({ isOk: false, output: expect.stringContaining('PG_SANDBOX_NO_HOOKS') })
    expect(output).not.toMatch(/Cannot find (?:module|package)/)
  })
})
