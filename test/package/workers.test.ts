import { readFile, rm } from 'node:fs/promises'
import path from 'node:path'
import { useDatabase } from '../support/database.ts'
import { useProject } from '../support/databases-project.ts'
import { installed as sharedInstall } from './installed.ts'

const database = useDatabase()
const project = useProject(database.url)
const installed = sharedInstall()

const JEST = [
  'node_modules/jest/bin/jest.js',
  '--ci',
  '--rootDir',
  'workers',
  '-c',
  'workers/jest.config.cjs',
  '--maxWorkers=2',
]
const VITEST = ['node_modules/vitest/vitest.mjs', 'run', '--root', 'workers', '--maxWorkers=2', '--no-color']
const NODE_TEST = [
  '--import',
  './workers/node-test-setup.mjs',
  '--test',
  'workers/one.node.mjs',
  'workers/two.node.mjs',
]

/** Runs two test files; gives the databases that they have found. */
async function run(parameters: string[]): Promise<string[]> {
  const file = path.join(installed.folder, 'found-by-workers')
  await rm(file, { force: true })
  const output = await installed.run(process.execPath, parameters, {
    DATABASE_URL: database.url(),
    PG_SANDBOX_PROJECT: project.name,
    PG_SANDBOX_SHARD: '2',
    FOUND_FILE: file,
  })
  expect(output).not.toMatch(/did not exit|close timed out|DeprecationWarning/)
  return (await readFile(file, 'utf8')).trim().split('\n')
}

test('each worker of Jest has a database of its own; later runs, of whatever runner, use the same ones again', async () => {
  const first = await run(JEST)
  expect(new Set(first).size).toBe(2)
  for (const parameters of [JEST, VITEST])
    expect(first).toEqual(expect.arrayContaining(await run(parameters)))
  // The process that starts the files takes one, too.
  const byNode = await run(NODE_TEST)
  expect(byNode.some((oid) => first.includes(oid))).toBe(true)
  const left = (await project.server().databases()).filter(({ mark }) => mark?.purpose === 'worker')
  expect(left.length).toBeLessThanOrEqual(3)
})
