import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { passed } from '../readme/support/project.ts'
import { useDatabase } from '../support/database.ts'
import { type Installed, projectInside } from './installed.ts'

const SCHEMA = 'create table sample (id serial primary key, text text not null)'
const databases = [useDatabase(SCHEMA), useDatabase(SCHEMA)] as const

const FOLDER = path.join(__dirname, 'consumers', 'moving')

let project: Installed

/** The examples are written for pg-transactional-tests: the name that is imported is all that changes. */
beforeAll(async () => {
  project = await projectInside('moving', { 'package.json': {}, ...examples() })
})

describe('what pg-transactional-tests documents works with one import changed', () => {
  test('for all tests, with a set-up file', async () => {
    const output = await runJest('all-tests', '--setupFilesAfterEnv', './jest-setup.ts')
    expect(passed(output)).toBe(12)
    for (const database of databases) await expect(database.countOutside('sample')).resolves.toBe(0)
  })

  test('for some tests, with a hook of the project', async () => {
    const output = await runJest('some-tests')
    expect(passed(output)).toBe(3)
    await expect(databases[0].outside('select text from sample')).resolves.toEqual([{ text: 'outside' }])
  })
})

function examples(): Record<string, string> {
  const files = readdirSync(FOLDER).map((file): [string, string] => {
    const text = readFileSync(path.join(FOLDER, file), 'utf8')
    return [file, text.replaceAll("from 'pg-transactional-tests'", "from 'pg-sandbox'")]
  })
  return Object.fromEntries(files)
}

function runJest(file: string, ...options: string[]): Promise<string> {
  const swc = [require.resolve('@swc/jest'), { jsc: { parser: { syntax: 'typescript' } } }]
  const transform = JSON.stringify({ '^.+\\.ts$': swc })
  const jest = path.join('..', '..', 'node_modules', 'jest', 'bin', 'jest.js')
  const parameters = [jest, file, '--ci', '--rootDir', '.', '--transform', transform, ...options]
  const env = { DATABASE_URLS: databases.map((database) => database.url()).join(' ') }
  return project.run(process.execPath, parameters, env)
}
