import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { passed } from '../readme/support/project.ts'
import { blocks, section } from '../readme/support/readme.ts'
import { useDatabase } from '../support/database.ts'
import { useProject } from '../support/databases-project.ts'
import { type Installed, projectInside, writeFiles } from './installed.ts'

const TABLE = 'create table newcomers (email text primary key)'
const database = useDatabase(TABLE)
const { name: PG_SANDBOX_PROJECT } = useProject(database.url)

const SIGN_UP = `
const pool = new Pool({ connectionString: process.env.DATABASE_URL })
const signUp = () => pool.query("insert into newcomers (email) values ('ada@example.com')")
`
const TWICE = "\ntest('signs up', signUp)\ntest('signs up as if for the first time', signUp)\n"
const required = (...lines: string[]) => ["const { Pool } = require('pg')", ...lines].join('\n') + SIGN_UP
const imported = (...lines: string[]) => ["import { Pool } from 'pg'", ...lines].join('\n') + SIGN_UP

type Newcomer = {
  type?: 'module'
  dependencies: string[]
  script?: string
  file: string
  test: string
  /** What init writes. */
  writes: string[]
}

const jestAsModules = 'node --experimental-vm-modules ../../node_modules/jest/bin/jest.js'

const newcomers = {
  'Jest, CommonJS': {
    dependencies: ['jest'],
    script: 'jest',
    file: 'first.test.js',
    test: `${required()}afterAll(() => pool.end())${TWICE}`,
    writes: ['jest-setup.js', 'jest.config.js'],
  },
  'Jest, ES modules': {
    type: 'module',
    dependencies: ['jest'],
    script: jestAsModules,
    file: 'first.test.js',
    test: `${imported()}afterAll(() => pool.end())${TWICE}`,
    writes: ['jest-setup.cjs', 'jest.config.cjs'],
  },
  'Vitest, ES modules': {
    type: 'module',
    dependencies: ['vitest'],
    script: 'vitest run',
    file: 'first.test.js',
    test: `${imported("import { afterAll, test } from 'vitest'")}afterAll(() => pool.end())${TWICE}`,
    writes: ['vitest-setup.js', 'vitest.config.js'],
  },
  'Vitest, TypeScript': {
    dependencies: ['vitest', 'typescript'],
    script: 'vitest run',
    file: 'first.test.ts',
    test: `${imported("import { afterAll, test } from 'vitest'")}afterAll((): Promise<void> => pool.end())${TWICE}`,
    writes: ['vitest-setup.ts', 'vitest.config.mts'],
  },
  'node:test, CommonJS': {
    dependencies: [],
    script: 'node --test',
    file: 'first.test.js',
    test: `${required("const { after, test } = require('node:test')")}after(() => pool.end())${TWICE}`,
    writes: ['node-test-setup.cjs'],
  },
  'node:test, ES modules': {
    type: 'module',
    dependencies: [],
    script: 'node --test',
    file: 'first.test.js',
    test: `${imported("import { after, test } from 'node:test'")}after(() => pool.end())${TWICE}`,
    writes: ['node-test-setup.mjs'],
  },
} satisfies Record<string, Newcomer>

describe("a newcomer's first test passes after npx pg-sandbox init, and leaves no row", () => {
  test.each(Object.entries<Newcomer>(newcomers))('%s', async (name, newcomer) => {
    const project = await begin(name, newcomer)
    const told = await project.run('npx', ['pg-sandbox', 'init'])
    expect(told).toMatch(/^Found .*pg\./m)
    expect(newcomer.writes.filter((file) => existsSync(path.join(project.folder, file)))).toEqual(
      newcomer.writes,
    )
    await followAdvice(project, told)
    const output = await project.run('npm', ['test'], { DATABASE_URL: database.url(), NO_COLOR: '1' })
    expect(passed(output)).toBe(2)
    expect(output).not.toMatch(/did not exit|close timed out|DeprecationWarning/)
    await expect(database.countOutside('newcomers')).resolves.toBe(0)
  })
})

describe('a configuration that exists', () => {
  const given = newcomers['Jest, CommonJS']
  const config = "module.exports = { testEnvironment: 'node' }\n"

  test('is left as it is, and works with the line that init shows for it', async () => {
    const project = await begin('Jest, configured', given)
    await writeFiles(project.folder, { 'jest.config.js': config })
    const told = await project.run('npx', ['pg-sandbox', 'init'])
    expect(readFileSync(path.join(project.folder, 'jest.config.js'), 'utf8')).toBe(config)
    const [, line = ''] = /^In jest\.config\.js, add to the configuration:\n\n {4}(.*)$/m.exec(told) ?? []
    await writeFiles(project.folder, { 'jest.config.js': config.replace('{', `{ ${line}`) })
    await project.run('npm', ['test'], { DATABASE_URL: database.url() })
    await expect(database.countOutside('newcomers')).resolves.toBe(0)
  })
})

describe('a database for each worker of node:test, as README says, and rollback with it', () => {
  const [, load = ''] =
    /`node (--import \S+) --test`\. Each process/.exec(section('A database for each worker')) ?? []
  const file = blocks().find(
    (block) => block.kind === 'file' && block.text.includes('await useWorkerDatabase('),
  )
  if (file?.kind !== 'file') throw new Error('README shows no set-up file with useWorkerDatabase().')
  const setup = { [file.path]: file.text, 'src/migrations/1.sql': TABLE }

  test.each(
    (['node:test, CommonJS', 'node:test, ES modules'] as const).flatMap((name) =>
      ['after init', 'before init'].map((when) => [name, when] as const),
    ),
  )('%s, written %s', async (name, when) => {
    const project = await begin(`${name}, ${when}`, newcomers[name])
    if (when === 'before init') await writeFiles(project.folder, setup)
    const told = await project.run('npx', ['pg-sandbox', 'init'])
    await followAdvice(project, told)
    await writeFiles(project.folder, setup)
    const env = { DATABASE_URL: database.url(), PG_SANDBOX_PROJECT, NO_COLOR: '1' }
    // The command of README, and what init has written with what README adds.
    const asInit = scriptOf(project).split(' ').slice(1)
    for (const parameters of [
      [...load.split(' '), '--test'],
      [...load.split(' '), ...asInit],
    ]) {
      const output = await project.run(process.execPath, parameters, env)
      expect(passed(output)).toBe(2)
      expect(output).not.toMatch(/did not exit|DeprecationWarning/)
    }
    await expect(database.countOutside('newcomers')).resolves.toBe(0)
  })
})

test('a second time, init says that all is there and changes nothing', async () => {
  const project = await begin('Jest, twice', newcomers['Jest, CommonJS'])
  await project.run('npx', ['pg-sandbox', 'init'])
  const told = await project.run('npx', ['pg-sandbox', 'init'])
  expect(told).toContain('jest-setup.js is there already.')
  expect(told).not.toContain('Wrote')
})

test('what init refuses, it says with exit code 1; what it does not understand, with 2', async () => {
  const project = await projectInside('empty', { 'package.json': {} })
  await expect(project.run('npx', ['pg-sandbox', 'init'])).rejects.toThrow(/failed \(1\)\n.*No test runner/s)
  await expect(project.run('npx', ['pg-sandbox', 'begin'])).rejects.toThrow(
    /failed \(2\)\n.*There is no command/s,
  )
})

function begin(name: string, { type, dependencies, script, file, test }: Newcomer): Promise<Installed> {
  const versions = Object.fromEntries([...dependencies, 'pg', 'pg-sandbox'].map((each) => [each, '*']))
  return projectInside(name.replaceAll(/\W+/g, '-').toLowerCase(), {
    'package.json': { private: true, type, scripts: { test: script }, devDependencies: versions },
    [file]: test,
  })
}

function scriptOf({ folder }: Installed): string {
  const manifest = JSON.parse(readFileSync(path.join(folder, 'package.json'), 'utf8')) as {
    scripts: { test: string }
  }
  return manifest.scripts.test
}

/** Writes the script of package.json as init has shown it. */
async function followAdvice({ folder }: Installed, told: string): Promise<void> {
  const [, line] = /^In package\.json, write in "scripts":\n\n {4}(.*)$/m.exec(told) ?? []
  if (line === undefined) return
  const manifest = JSON.parse(readFileSync(path.join(folder, 'package.json'), 'utf8')) as { scripts: object }
  manifest.scripts = { ...manifest.scripts, ...JSON.parse(`{${line}}`) }
  await writeFiles(folder, { 'package.json': manifest })
}
