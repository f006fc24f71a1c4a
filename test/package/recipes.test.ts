import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { blocks } from '../readme/support/readme.ts'
import { useDatabase } from '../support/database.ts'
import { installed as sharedInstall } from './installed.ts'

const database = useDatabase('create table notes (id serial primary key, text text not null)')
const { run } = sharedInstall()

const RECIPES = path.join(__dirname, 'consumers', 'recipes')

// Playwright, Bun and Japa need packages of their own: see recipes-heavy.test.ts.
test.each([
  ['one after the other', []],
  ['in parallel', ['--parallel']],
])('Mocha runs two files with the same keys %s and leaves no row', async (_name, options) => {
  const mocha = ['node_modules/mocha/bin/mocha.js', '--require', './recipes/mocha/mocha-setup.mjs']
  const parameters = [...mocha, ...options, 'recipes/mocha/*.spec.mjs']
  const output = await run(process.execPath, parameters, { DATABASE_URL: database.url() })
  expect(output).toContain('8 passing')
  await expect(database.countOutside('notes')).resolves.toBe(0)
})

test('the README shows the recipes as they are run', () => {
  const recipes = readdirSync(RECIPES, { recursive: true, encoding: 'utf8' })
  for (const block of blocks()) {
    if (block.kind !== 'file' || block.runner !== 'other') continue
    const recipe = recipes.find((file) => path.basename(file) === block.path)
    expect({ path: block.path, recipe }).toEqual({ path: block.path, recipe: expect.any(String) })
    expect(`${block.text}\n`).toBe(readFileSync(path.join(RECIPES, recipe ?? ''), 'utf8'))
  }
})
