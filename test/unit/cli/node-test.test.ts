import { manifest, stepsFor } from './folder.ts'

const tests = (test: string, others: object = {}) => ({
  'package.json': manifest([], { scripts: { test }, ...others }),
})

test('a CommonJS project requires the file', () => {
  expect(stepsFor(tests('node --test'))).toEqual([
    {
      kind: 'write',
      path: 'node-test-setup.cjs',
      text: "const { useTestDatabase } = require('pg-sandbox/node-test')\n\nuseTestDatabase()\n",
    },
    {
      kind: 'add',
      path: 'package.json',
      where: 'write in "scripts"',
      lines: '"test": "node --require ./node-test-setup.cjs --test"',
    },
  ])
})

test('a project of ES modules imports it', () => {
  expect(stepsFor(tests('node --test', { type: 'module' }))).toEqual([
    {
      kind: 'write',
      path: 'node-test-setup.mjs',
      text: "import { useTestDatabase } from 'pg-sandbox/node-test'\n\nuseTestDatabase()\n",
    },
    expect.objectContaining({ lines: '"test": "node --import ./node-test-setup.mjs --test"' }),
  ])
})

test.each([
  [
    'NODE_ENV=test c8 node --test "test/**"',
    String.raw`"test": "NODE_ENV=test c8 node --require ./node-test-setup.cjs --test \"test/**\""`,
  ],
  ['tsx --test', '"test": "tsx --require ./node-test-setup.cjs --test"'],
])('the script is shown changed: %s', (script, lines) => {
  expect(stepsFor(tests(script))[1]).toMatchObject({ lines })
})

test('a script that loads it is left', () => {
  expect(stepsFor(tests('node --require ./node-test-setup.cjs --test'))[1]).toEqual({
    kind: 'done',
    text: 'The script "test" loads node-test-setup.cjs already.',
  })
})

test('without such a script, one is shown', () => {
  expect(stepsFor({ 'package.json': {} }, 'node-test')[1]).toMatchObject({
    lines: '"test": "node --require ./node-test-setup.cjs --test"',
  })
})

test.each(['pg-sandbox/workers', 'pg-sandbox/databases'])(
  'a file that only imports %s lacks the hooks',
  (entry) => {
    const files = {
      'node-test-setup.mjs': `import '${entry}'\n`,
      ...tests('node --test', { type: 'module' }),
    }
    expect(stepsFor(files)[0]).toMatchObject({ kind: 'show', path: 'node-test-setup.mjs' })
  },
)
