import { useDatabase } from '../support/database.ts'
import { developmentProgram, installed as sharedInstall } from './installed.ts'

const database = useDatabase('create table notes (id serial primary key, text text not null)')
const installed = sharedInstall()

const node = process.execPath
const runJest = ['node_modules/jest/bin/jest.js', '--ci', '--rootDir', 'jest', '--testMatch']
const runVitest = ['node_modules/vitest/vitest.mjs', 'run', 'vitest.test.mjs', '--pool']
const asModules = { NODE_OPTIONS: '--experimental-vm-modules' }

type Consumer = [name: string, parameters: string[], env?: Record<string, string>]

const consumers: Consumer[] = [
  ['require', ['require.cjs']],
  ['import', ['import.mjs']],
  ['require and import in one process, with one state', ['both.mjs']],
  ['node:test, CommonJS', ['--test', 'node-test.test.cjs']],
  ['node:test, ES modules', ['--test', 'node-test.test.mjs']],
  [
    'Jest with the four hooks',
    [...runJest, '**/hooks.test.cjs', '--setupFilesAfterEnv', './hooks.setup.cjs'],
  ],
  ['Jest with pg-sandbox/jest', [...runJest, '**/use.test.cjs']],
  ['Jest with useTestDatabase of pg-sandbox', [...runJest, '**/global.test.cjs']],
  ['Jest with vm-modules', [...runJest, '**/use.test.mjs'], asModules],
  ['Vitest, forks', [...runVitest, 'forks']],
  ['Vitest, threads', [...runVitest, 'threads']],
  ['Vitest, vmThreads', [...runVitest, 'vmThreads']],
]

describe('installed from its tarball, it leaves no row behind and lets the process exit', () => {
  test.each(consumers)('%s', async (_name, parameters, env = {}) => {
    const output = await installed.run(node, parameters, { ...env, DATABASE_URL: database.url() })
    expect(output).not.toMatch(/did not exit|close timed out|DeprecationWarning/)
    await expect(database.countOutside('notes')).resolves.toBe(0)
  })
})

test('the ES module has every name of the CommonJS one', async () => {
  await installed.run(node, ['names.mjs'])
})

test('its types hold without those of pg', async () => {
  const options = ['--noEmit', '--strict', '--module', 'node20', '--types', '', '--ignoreConfig']
  await installed.run(developmentProgram('tsc'), [...options, 'types.cts', 'types.mts'])
})

describe('the tarball', () => {
  test('passes publint', async () => {
    await installed.run(developmentProgram('publint'), ['--strict', installed.tarball])
  })

  test('resolves with its types for require and import', async () => {
    const attw = [installed.tarball, '--no-emoji', '--no-color']
    // Vitest cannot be required, so neither can its entry.
    await installed.run(developmentProgram('attw'), [
      ...attw,
      '--profile',
      'node16',
      '--exclude-entrypoints',
      'vitest',
    ])
    await installed.run(developmentProgram('attw'), [
      ...attw,
      '--profile',
      'esm-only',
      '--entrypoints',
      'vitest',
    ])
  })

  test('holds the build and nothing else', async () => {
    const listing = await installed.run('tar', ['-tzf', installed.tarball])
    const others = listing.split('\n').filter((file) => file && !file.startsWith('package/dist/'))
    expect(others.toSorted()).toEqual(['package/LICENSE', 'package/README.md', 'package/package.json'])
  })
})
