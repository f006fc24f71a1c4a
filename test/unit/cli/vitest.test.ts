import { manifest, stepsFor } from './folder.ts'

const SETUP = `import { useTestDatabase } from 'pg-sandbox/vitest'

useTestDatabase()
`

test.each([
  ['CommonJS', ['vitest'], {}, 'vitest-setup.mjs', 'vitest.config.mjs'],
  ['ES modules', ['vitest'], { type: 'module' }, 'vitest-setup.js', 'vitest.config.js'],
  ['TypeScript', ['vitest', 'typescript'], {}, 'vitest-setup.ts', 'vitest.config.mts'],
  [
    'TypeScript and ES modules',
    ['vitest', 'typescript'],
    { type: 'module' },
    'vitest-setup.ts',
    'vitest.config.ts',
  ],
])('without a configuration, both files are written: %s', (_name, dependencies, others, setup, config) => {
  expect(stepsFor({ 'package.json': manifest(dependencies, others) })).toEqual([
    { kind: 'write', path: setup, text: SETUP },
    { kind: 'write', path: config, text: expect.stringContaining(`test: { setupFiles: ['./${setup}'] },`) },
  ])
})

test.each([
  [
    'vite.config.js',
    'export default {}',
    'add to the configuration',
    "test: { setupFiles: ['./vitest-setup.mjs'] },",
  ],
  [
    'vitest.config.ts',
    '{ test: { globals: true } }',
    'add to the test options',
    "setupFiles: ['./vitest-setup.mjs'],",
  ],
  [
    'vitest.config.js',
    "{ test: { setupFiles: ['./a.js'] } }",
    'add to the list setupFiles',
    "'./vitest-setup.mjs'",
  ],
  [
    'vitest.config.mts',
    '{ test: { projects: [] } }',
    'add to the test options of each project',
    "setupFiles: ['./vitest-setup.mjs'],",
  ],
])('the lines are shown for a configuration that exists: %s %s', (path, text, where, lines) => {
  const steps = stepsFor({ 'package.json': manifest(['vitest']), [path]: text })
  expect(steps.slice(1)).toEqual([{ kind: 'add', path, where, lines }])
})

test('a second time, all is there', () => {
  const files = {
    'package.json': manifest(['vitest']),
    'vitest-setup.mjs': SETUP,
    'vitest.config.mjs': "test: { setupFiles: ['./vitest-setup.mjs'] }",
  }
  expect(stepsFor(files).map(({ kind }) => kind)).toEqual(['done', 'done'])
})
