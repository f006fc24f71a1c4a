import { cp } from 'node:fs/promises'
import path from 'node:path'
import { useDatabase } from '../support/database.ts'
import { installWith } from './installed.ts'

const database = useDatabase('create table notes (id serial primary key, text text not null)')
let installed: Awaited<ReturnType<typeof installWith>>

// The package `bun` only fetches this one, by an install script.
const BUN = `@oven/bun-${process.platform}-${process.arch === 'arm64' ? 'aarch64' : 'x64'}`

beforeAll(async () => {
  // Japa 5 needs Node 22.
  installed = await installWith({ '@japa/runner': '^4.5.0', '@playwright/test': '^1.65.1', [BUN]: '^1.4.5' })
  await cp(path.join(__dirname, 'consumers'), installed.folder, { recursive: true })
}, 400_000)

afterAll(() => installed?.remove())

describe('the recipe for another runner runs two files with the same keys and leaves no row', () => {
  const run = (program: string, parameters: string[], folder = '.') =>
    installed.run('sh', ['-c', 'cd "$0" && exec "$@"', folder, program, ...parameters], {
      DATABASE_URL: database.url(),
      NO_COLOR: '1',
    })

  afterEach(() => expect(database.countOutside('notes')).resolves.toBe(0))

  test('Playwright', async () => {
    const playwright = ['node_modules/@playwright/test/cli.js', 'test', 'recipes/playwright']
    const output = await run(process.execPath, [...playwright, '--reporter=line', '--workers=2'])
    expect(output).toMatch(/^ *8 passed/m)
  })

  test('Bun', async () => {
    const bun = path.join(installed.folder, 'node_modules', BUN, 'bin', 'bun')
    const output = await run(bun, ['test', '--preload', './bun-setup.ts'], 'recipes/bun')
    expect(output).toMatch(/^ *8 pass$/m)
  })

  test('Japa', async () => {
    const output = await run(process.execPath, ['test.js'], 'recipes/japa')
    expect(output).toMatch(/^Tests +7 passed \(7\)$/m)
  })
})
