import { useDatabase } from '../support/database.ts'
import { installed as sharedInstall } from './installed.ts'

const database = useDatabase('create table notes (id serial primary key, text text not null)')
const installed = sharedInstall()

type Variant = [name: string, file: string, options?: string[], env?: Record<string, string>]

const hooks = ['--setupFilesAfterEnv', './hooks.setup.cjs']
const asModules = { NODE_OPTIONS: '--experimental-vm-modules' }
const noGlobals = '--injectGlobals=false'
const globally = (fakeTimers: object) => ['--config', JSON.stringify({ fakeTimers }), ...hooks]

const variants: Variant[] = [
  ['vm-modules, with the four hooks', 'hooks.test.mjs', hooks, asModules],
  [
    'injectGlobals: false, with the four hooks',
    'globals.test.cjs',
    [noGlobals, '--setupFilesAfterEnv', './globals.setup.cjs'],
  ],
  ['injectGlobals: false, with pg-sandbox/jest', 'use-globals.test.cjs', [noGlobals]],
  ['fake timers of both kinds', 'timers.test.cjs', hooks],
  [
    'modern fake timers from the start',
    'global-timers.test.cjs',
    globally({ enableGlobally: true, doNotFake: ['nextTick'] }),
  ],
  [
    'legacy fake timers from the start',
    'global-timers.test.cjs',
    globally({ enableGlobally: true, legacyFakeTimers: true }),
  ],
  ['three files in three workers', 'workers-*.test.cjs', [...hooks, '--maxWorkers=3']],
  ['three files in one process', 'workers-*.test.cjs', [...hooks, '--runInBand']],
]

describe('Jest leaves no row behind and exits', () => {
  test.each(variants)('%s', async (_name, file, options = [], env = {}) => {
    const parameters = [
      'node_modules/jest/bin/jest.js',
      '--ci',
      '--rootDir',
      'jest',
      '--testMatch',
      `**/${file}`,
    ]
    const output = await installed.run(process.execPath, [...parameters, ...options], {
      ...env,
      DATABASE_URL: database.url(),
    })
    expect(output).not.toMatch(/did not exit|DeprecationWarning/)
    await expect(database.countOutside('notes')).resolves.toBe(0)
  })
})
