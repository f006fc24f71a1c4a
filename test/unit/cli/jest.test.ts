import { manifest, stepsFor } from './folder.ts'

const HOOKS = `
beforeAll(testTransaction.start)
beforeEach(testTransaction.start)
afterEach(testTransaction.rollback)
afterAll(testTransaction.close)
`
const REQUIRED = `const { testTransaction } = require('pg-sandbox')\n${HOOKS}`
const IMPORTED = `import { testTransaction } from 'pg-sandbox'\n${HOOKS}`
const typescript = ['jest', 'typescript', 'ts-jest', '@types/jest']

describe('without a configuration, both files are written', () => {
  test.each([
    ['CommonJS', ['jest'], {}, 'jest-setup.js', REQUIRED, 'jest.config.js', ''],
    ['ES modules', ['jest'], { type: 'module' }, 'jest-setup.cjs', REQUIRED, 'jest.config.cjs', ''],
    ['TypeScript', typescript, {}, 'jest-setup.ts', IMPORTED, 'jest.config.js', "  preset: 'ts-jest',\n"],
    [
      'TypeScript by swc',
      ['jest', 'typescript', '@swc/jest', '@types/jest'],
      {},
      'jest-setup.ts',
      IMPORTED,
      'jest.config.js',
      "  transform: { '^.+\\\\.tsx?$': '@swc/jest' },\n",
    ],
    [
      'TypeScript that Jest cannot run',
      ['jest', 'typescript'],
      {},
      'jest-setup.js',
      REQUIRED,
      'jest.config.js',
      '',
    ],
  ])('%s', (_name, dependencies, others, setup, text, config, transform) => {
    expect(stepsFor({ 'package.json': manifest(dependencies, others) })).toEqual([
      { kind: 'write', path: setup, text },
      {
        kind: 'write',
        path: config,
        text: `module.exports = {\n${transform}  setupFilesAfterEnv: ['<rootDir>/${setup}'],\n}\n`,
      },
    ])
  })
})

describe('a configuration is left, and the line for it is shown', () => {
  const linesFor = (files: Record<string, string | object>) =>
    stepsFor({ 'package.json': manifest(['jest']), ...files }).slice(1)

  test('in jest.config.ts', () => {
    expect(linesFor({ 'jest.config.ts': 'export default {}' })).toEqual([
      {
        kind: 'add',
        path: 'jest.config.ts',
        where: 'add to the configuration',
        lines: "setupFilesAfterEnv: ['<rootDir>/jest-setup.js'],",
      },
    ])
  })

  test('in package.json', () => {
    expect(linesFor({ 'package.json': manifest(['jest'], { jest: {} }) })).toEqual([
      {
        kind: 'add',
        path: 'package.json',
        where: 'add to "jest"',
        lines: '"setupFilesAfterEnv": ["<rootDir>/jest-setup.js"]',
      },
    ])
  })

  test('in one that has set-up files', () => {
    const text = "module.exports = { setupFilesAfterEnv: ['./other.js'] }"
    expect(linesFor({ 'jest.config.js': text })).toEqual([
      {
        kind: 'add',
        path: 'jest.config.js',
        where: 'add to the list setupFilesAfterEnv',
        lines: "'<rootDir>/jest-setup.js'",
      },
    ])
  })

  test('in each project of one', () => {
    expect(linesFor({ 'jest.config.js': 'module.exports = { projects: [] }' })).toMatchObject([
      { where: 'add to each of the projects' },
    ])
  })

  test('with another rootDir, and in a second one that a script names', () => {
    const files = {
      'package.json': manifest(['jest'], {
        jest: { rootDir: 'src' },
        scripts: { test: 'jest', e2e: 'jest --config ./test/jest-e2e.json' },
      }),
      'test/jest-e2e.json': { rootDir: '.', testRegex: 'e2e' },
    }
    expect(linesFor(files)).toMatchObject([
      { path: 'test/jest-e2e.json', lines: '"setupFilesAfterEnv": ["<rootDir>/../jest-setup.js"]' },
      { path: 'package.json', lines: '"setupFilesAfterEnv": ["<rootDir>/../jest-setup.js"]' },
    ])
  })

  test('unless it names the file already', () => {
    const text = "module.exports = { setupFilesAfterEnv: ['<rootDir>/jest-setup.js'] }"
    expect(linesFor({ 'jest.config.js': text })).toEqual([
      { kind: 'done', text: 'jest.config.js names jest-setup.js already.' },
    ])
  })
})

describe('the hooks are imported', () => {
  const setup = (files: Record<string, string | object>) => stepsFor(files)[0]

  test('with injectGlobals: false', () => {
    const config = 'module.exports = { injectGlobals: false }'
    expect(setup({ 'package.json': manifest(['jest']), 'jest.config.js': config })).toMatchObject({
      text: expect.stringContaining(
        "const { afterAll, afterEach, beforeAll, beforeEach } = require('@jest/globals')\n",
      ),
    })
  })

  test('where only @jest/globals has types', () => {
    const dependencies = ['jest', 'typescript', '@swc/jest', '@jest/globals']
    expect(setup({ 'package.json': manifest(dependencies) })).toMatchObject({
      text: expect.stringContaining(
        "import { afterAll, afterEach, beforeAll, beforeEach } from '@jest/globals'\n",
      ),
    })
  })
})

describe('a set-up file that exists is left', () => {
  const setup = (text: string) =>
    stepsFor({ 'package.json': manifest(['jest']), 'jest-setup.ts': text }, 'jest')[0]

  test('and shown what it lacks of', () => {
    expect(setup('jest.setTimeout(9)')).toEqual({ kind: 'show', path: 'jest-setup.ts', text: IMPORTED })
  })

  test('and nothing is shown when it is the same, also with the line ends of Windows', () => {
    expect(setup(IMPORTED.replaceAll('\n', '\r\n'))).toEqual({
      kind: 'done',
      text: 'jest-setup.ts is there already.',
    })
  })

  test('and nothing is shown when it uses pg-sandbox in its own way', () => {
    expect(setup("import { useTestDatabase } from 'pg-sandbox/jest'\nuseTestDatabase()")).toMatchObject({
      kind: 'done',
    })
  })
})
