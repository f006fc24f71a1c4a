/** docs/fixtures.md: its blocks, put together to a project, pass. */
import { existsSync, readFileSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { useDatabase } from '../support/database.ts'
import { useProject } from '../support/databases-project.ts'
import { command, installBuild, passed, remove, run } from './support/project.ts'
import { ROOT } from './support/readme.ts'

const PAGE = readFileSync(path.join(ROOT, 'docs', 'fixtures.md'), 'utf8')

const blocks = Array.from(PAGE.matchAll(/^```(\w+)\n([\s\S]*?)^```$/gm), ([, language = '', text = '']) => ({
  language,
  text,
  file: /^(?:#|--|\/\/) ([\w./-]+)\n/.exec(text)?.[1],
}))

const files = new Map(blocks.flatMap(({ file, text }) => (file === undefined ? [] : [[file, text] as const])))
const commands = blocks.flatMap(({ language, text }) => (language === 'sh' ? text.trim().split('\n') : []))

const database = useDatabase()
const { name: PG_SANDBOX_PROJECT } = useProject(database.url)
let folder = ''
let env: Record<string, string> = {}

beforeAll(async () => {
  folder = await installBuild()
  for (const [file, text] of files) {
    await mkdir(path.dirname(path.join(folder, file)), { recursive: true })
    await writeFile(path.join(folder, file), text)
  }
  const jest = { setupFilesAfterEnv: ['<rootDir>/jest-setup.ts'] }
  await writeFile(path.join(folder, 'package.json'), JSON.stringify({ private: true, jest }))
  for (const statement of (files.get('schema.sql') ?? '').split(/;\n/))
    if (statement.trim()) await database.outside(statement)
  await database.leave()
  env = { DATABASE_URL: database.url(), PG_SANDBOX_PROJECT }
}, 60_000)
afterAll(() => remove(folder))

test('every block is run', () => {
  const unknown = blocks.filter(({ language, file }) => file === undefined && language !== 'sh')
  expect(unknown).toEqual([])
  expect(blocks).toHaveLength((PAGE.match(/^```/gm)?.length ?? 0) / 2)
})

test('the tests pass, and leave nothing', async () => {
  const tests = [...files.values()].join('\n').match(/^test(?:\.each\(\[1, 2\]\))?\(/gm)?.length ?? 0
  const output = await run(
    process.execPath,
    command({ runner: 'jest', variant: '', files: new Map(), tests }),
    folder,
    env,
  )
  expect(tests).toBeGreaterThan(10)
  expect(passed(output)).toBe(tests + 1)
  await expect(database.countOutside('users')).resolves.toBe(0)
}, 90_000)

test('the commands do what they say', async () => {
  const [install, ...own] = commands
  expect(install).toBe('npm install --save-dev pg-sandbox')
  const main = path.join(folder, 'node_modules/pg-sandbox/dist/cli/main.js')
  const told: string[] = []
  for (const each of own) {
    const [npx, program, ...parameters] = each.split(' ')
    expect([npx, program]).toEqual(['npx', 'pg-sandbox'])
    told.push(await run(process.execPath, [main, ...parameters], folder, env))
  }
  expect(told).toEqual([
    'Wrote test/fixtures/fixtures.d.ts: 5 tables, 3 files.\n',
    '3 files of test/fixtures: no mistakes.\n',
    expect.stringMatching(/^Loaded users into .*, with 1 row by name\.\n$/),
  ])
  await expect(database.countOutside('users')).resolves.toBe(2)
  await expect(
    run(process.execPath, [main, 'fixtures', 'check', '--folder', 'test/mistaken'], folder, env),
  ).rejects.toThrow(
    'test/mistaken/post.yml:5:7: posts, row 1: there is no column "titel". Did you mean "title"?',
  )
}, 60_000)

test.each(Array.from(PAGE.matchAll(/\]\(([^)]+)\)/g), ([, target = '']) => target))(
  '%s leads somewhere',
  (target) => {
    const anchors = PAGE.match(/^#+ .+$/gm)?.map(
      (line) =>
        `#${line
          .replace(/^#+ /, '')
          .toLowerCase()
          .replaceAll(/[^\w -]/g, '')
          .replaceAll(' ', '-')}`,
    )
    if (target.startsWith('#')) expect(anchors).toContain(target)
    else expect(existsSync(path.join(ROOT, 'docs', target))).toBe(true)
  },
)
