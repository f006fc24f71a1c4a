import { useDatabase } from '../support/database.ts'
import { useProject } from '../support/databases-project.ts'
import { passed } from '../readme/support/project.ts'
import { developmentProgram, installed as sharedInstall } from './installed.ts'

const database = useDatabase()
const project = useProject(database.url)
const installed = sharedInstall()

/** Gives the output; of the databases that were made, only templates may be left. */
async function run(parameters: string[]): Promise<string> {
  const env = { DATABASE_URL: database.url(), PG_SANDBOX_PROJECT: project.name }
  const output = await installed.run(process.execPath, parameters, env)
  expect(output).not.toMatch(/did not exit|close timed out|DeprecationWarning/)
  const left = (await project.server().databases()).filter(({ mark }) => mark?.purpose !== 'template')
  expect(left).toEqual([])
  return output
}

test('pg-sandbox/databases is one module for require and import, and leaves no database behind', async () => {
  await run(['databases/both-ways.mjs'])
})

test('its fixtures give each test of Vitest databases of its own', async () => {
  const vitest = ['node_modules/vitest/vitest.mjs', 'run', 'databases/fixtures.vitest.mjs', '--no-color']
  expect(passed(await run([...vitest, '--config', 'databases/vitest.config.mjs']))).toBe(2)
})

test('its types hold, and are taken by test.extend of Vitest', async () => {
  const options = [
    '--noEmit',
    '--strict',
    '--module',
    'node20',
    '--types',
    'node',
    '--skipLibCheck',
    '--ignoreConfig',
  ]
  await installed.run(developmentProgram('tsc'), [...options, 'databases/types.cts', 'databases/types.mts'])
})
