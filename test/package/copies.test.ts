import { useDatabase } from '../support/database.ts'
import { installed as sharedInstall } from './installed.ts'

const database = useDatabase('create table notes (id serial primary key, text text not null)')
const installed = sharedInstall()

const copies: [name: string, file: string, options?: string[]][] = [
  ['jest.resetModules() before each test', 'reset-modules.test.cjs'],
  ['resetModules: true', 'reset-modules.test.cjs', ['--resetModules']],
  ['jest.isolateModules() and isolateModulesAsync()', 'isolate-modules.test.cjs'],
]

describe('copies of pg that Jest loads after the first level was opened are in the sandbox', () => {
  test.each(copies)('%s', async (_name, file, options = []) => {
    const jest = ['node_modules/jest/bin/jest.js', '--ci', '--rootDir', 'jest', '--testMatch', `**/${file}`]
    const hooks = ['--setupFilesAfterEnv', './hooks.setup.cjs']
    const env = { DATABASE_URL: database.url() }
    const output = await installed.run(process.execPath, [...jest, ...hooks, ...options], env)
    expect(output).not.toMatch(/did not exit/)
    await expect(database.countOutside('notes')).resolves.toBe(0)
  })
})
