import { planFor } from '../../../src/cli/plan.ts'
import { manifest, notesFor, project, stepsFor } from './folder.ts'

const found = (dependencies: string[], others: object = {}) =>
  planFor(project({ 'package.json': manifest(dependencies, others) })).found

test('what was found is said in one line', () => {
  expect(found(['vitest', 'typescript', 'pg', 'kysely'], { type: 'module' })).toBe(
    'Found Vitest, TypeScript, ES modules, pg, Kysely.',
  )
  expect(found([])).toBe('Found no runner, no driver.')
})

test('two runners are both set up, and a third is pointed to its recipe', () => {
  const files = { 'package.json': manifest(['jest', 'vitest', 'mocha', 'pg', 'pg-sandbox']) }
  expect(stepsFor(files).map((step) => 'path' in step && step.path)).toEqual([
    'jest-setup.js',
    'jest.config.js',
    'vitest-setup.mjs',
    'vitest.config.mjs',
  ])
  expect(notesFor(files)).toEqual([
    'Mocha: init writes no file for it. See "Other runners" in the README of pg-sandbox for what to write.',
    'Then run the tests as ever: npx jest, npx vitest run',
  ])
})

test('a missing dependency is named with the command that adds it', () => {
  const files = { 'package.json': manifest(['jest', 'pg']), 'yarn.lock': '' }
  expect(notesFor(files)[0]).toMatch(/Install it:\n\n {4}yarn add --dev pg-sandbox$/)
})

test('a driver that goes past pg is named', () => {
  const notes = notesFor({ 'package.json': manifest(['jest', '@vercel/postgres', 'pg-sandbox']) }).join('\n')
  expect(notes).toContain('@vercel/postgres: these queries do not go through pg')
  expect(notes).toContain('pg is not among the dependencies')
})

test('postgres.js is given the socket of the sandbox', () => {
  const notes = notesFor({ 'package.json': manifest(['jest', 'postgres', 'pg-sandbox']) })
  expect(notes).toEqual([
    expect.stringMatching(/^postgres\.js: .*postgres\(url, \{ socket: sandboxSocket \}\)$/s),
    'Then run the tests as ever: npx jest',
  ])
})

test('a project that uses pg-transactional-tests changes one import', () => {
  const files = { 'package.json': manifest(['jest', 'pg', 'pg-sandbox', 'pg-transactional-tests']) }
  expect(stepsFor(files)).toEqual([])
  expect(notesFor(files)).toEqual([expect.stringContaining("import { testTransaction } from 'pg-sandbox'")])
})

test('the root of workspaces is told apart', () => {
  expect(notesFor({ 'package.json': { workspaces: ['packages/*'] } })[0]).toContain('the root of workspaces')
})

test('the script that runs the tests is named', () => {
  const scripts = { 'test:unit': 'vitest' }
  const notes = notesFor({ 'package.json': manifest(['vitest', 'pg', 'pg-sandbox'], { scripts }) })
  expect(notes).toEqual(['Then run the tests as ever: npm run test:unit'])
})
