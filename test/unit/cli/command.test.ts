import { run } from '../../../src/cli/command.ts'
import { type Files, folder, manifest } from './folder.ts'

/** Runs the command over files in memory. */
function runIn(files: Files, parameters: string[], create?: (path: string) => void) {
  const written: Files = {}
  let told = ''
  let complained = ''
  const code = run(parameters, {
    read: folder(files),
    create: (path, text) => {
      create?.(path)
      written[path] = text
    },
    tell: (text) => (told += text),
    complain: (text) => (complained += text),
  })
  return { code, written, told, complained }
}

const jestAndPg = { 'package.json': manifest(['jest', 'pg', 'pg-sandbox'], { scripts: { test: 'jest' } }) }

test('init says what it found, what it wrote, and how to go on', () => {
  const { code, written, told } = runIn(jestAndPg, ['init'])
  expect(code).toBe(0)
  expect(Object.keys(written)).toEqual(['jest-setup.js', 'jest.config.js'])
  expect(told).toBe(`Found Jest, pg.

Wrote jest-setup.js:

    const { testTransaction } = require('pg-sandbox')

    beforeAll(testTransaction.start)
    beforeEach(testTransaction.start)
    afterEach(testTransaction.rollback)
    afterAll(testTransaction.close)

Wrote jest.config.js:

    module.exports = {
      setupFilesAfterEnv: ['<rootDir>/jest-setup.js'],
    }

Then run the tests as ever: npm test
`)
})

test('a dry run writes nothing', () => {
  const { code, written, told } = runIn(jestAndPg, ['init', '--dry-run'])
  expect(code).toBe(0)
  expect(written).toEqual({})
  expect(told).toContain('Would write jest-setup.js:')
})

test('a file that has come meanwhile is not overwritten', () => {
  const { code, told } = runIn(jestAndPg, ['init'], () => {
    throw new Error('EEXIST: file already exists')
  })
  expect(code).toBe(1)
  expect(told).toContain(
    'jest-setup.js could not be written (EEXIST: file already exists). Write it yourself:',
  )
})

test('--runner sets up the one that is named', () => {
  const { written } = runIn(jestAndPg, ['init', '--runner', 'vitest'])
  expect(Object.keys(written)).toEqual(['vitest-setup.mjs', 'vitest.config.mjs'])
})

test('an unknown runner is an error with a way out', () => {
  const { code, complained } = runIn({ 'package.json': {} }, ['init'])
  expect(code).toBe(1)
  expect(complained).toMatch(/^Found no runner.*No test runner was found.*--runner node-test\n$/s)
})

test('a missing package.json is an error', () => {
  const { code, complained, told } = runIn({}, ['init'])
  expect({ code, told }).toEqual({ code: 1, told: '' })
  expect(complained).toContain('There is no package.json in this folder.')
})

test.each([['--help'], ['-h'], ['help'], ['init', '--help']])('%s %s shows the help', (...parameters) => {
  const { code, told } = runIn(jestAndPg, parameters.filter(Boolean))
  expect(code).toBe(0)
  expect(told).toMatch(/^npx pg-sandbox init \[--dry-run\]/)
})

test.each([
  [[], 'A command is missing. There are init, fixtures.'],
  [['install'], 'There is no command "install". There are init, fixtures.'],
  [['init', 'here'], 'There is no command "init here". There are init, fixtures.'],
  [['init', '--force'], "Unknown option '--force'."],
  [['init', '--runner', 'mocha'], 'There is no --runner mocha. There are jest, vitest, node-test.'],
])('%j is not understood', (parameters, message) => {
  const { code, complained, written } = runIn(jestAndPg, parameters)
  expect({ code, written }).toEqual({ code: 2, written: {} })
  expect(complained.split('\n')[0]).toBe(message)
})
