import path from 'node:path'
import { passed, TABLES, writeProject } from '../readme/support/project.ts'
import { type Project, projects } from '../readme/support/readme.ts'
import { useDatabase } from '../support/database.ts'
import { installed as sharedInstall } from './installed.ts'

const database = useDatabase()
const installed = sharedInstall()

beforeAll(async () => {
  for (const table of TABLES) await database.outside(table)
})

/** The README shows the set-up file without a test: what it shows for Jest is as true of Vitest's globals. */
function withTests(project: Project): Project {
  if (project.tests > 0) return project
  const main = projects('jest').find(({ variant }) => variant === '')
  if (!main) return project
  const tests = [...main.files].filter(([name]) => name.includes('.test.'))
  const imports = "import { afterAll, beforeAll, describe, expect, test } from 'vitest'\n"
  const files = new Map([
    ...project.files,
    ...tests.map(([name, text]): [string, string] => [name, imports + text]),
  ])
  return { ...project, files, tests: main.tests }
}

const vitest = projects('vitest').map(withTests)

test('the README has Vitest with and without a set-up file', () => {
  expect(vitest.map(({ variant }) => variant)).toEqual(['', 'without a set-up file'])
})

test.each(vitest.map((project): [string, Project] => [project.variant, project]))(
  'the files of the README for Vitest, put together to a project, pass: %s',
  async (_variant, project) => {
    const folder = await writeProject(installed.folder, project)
    const vitestProgram = path.join('node_modules', 'vitest', 'vitest.mjs')
    const parameters = [vitestProgram, 'run', '--root', path.relative(installed.folder, folder), '--no-color']
    const env = { DATABASE_URL: database.url(), NO_COLOR: '1' }
    const output = await installed.run(process.execPath, parameters, env)
    expect(passed(output)).toBe(project.tests)
    expect(output).not.toMatch(/close timed out|DeprecationWarning/)
    await expect(database.countOutside('users')).resolves.toBe(0)
    await expect(database.countOutside('sessions')).resolves.toBe(0)
  },
)
