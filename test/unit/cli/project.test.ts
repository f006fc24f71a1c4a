import { UnknownProject } from '../../../src/cli/project.ts'
import { manifest, project } from './folder.ts'

describe('the runners', () => {
  const runners = (dependencies: string[], test?: string) => {
    const scripts = test === undefined ? {} : { test }
    return project({ 'package.json': manifest(dependencies, { scripts }) }).runners.map(({ id }) => id)
  }

  test.each([
    ['jest', ['jest']],
    ['ts-jest', ['jest']],
    ['vitest', ['vitest']],
    ['mocha', ['mocha']],
    ['@playwright/test', ['playwright']],
    ['@types/bun', ['bun']],
    ['@japa/runner', ['japa']],
  ])('are known by the dependency %s', (dependency, expected) => {
    expect(runners([dependency])).toEqual(expected)
  })

  test.each([
    ['node --test', ['node-test']],
    ['node --import tsx --test test/*.ts', ['node-test']],
    ['NODE_ENV=test c8 node --test', ['node-test']],
    ['tsx --test', ['node-test']],
    ['cross-env CI=1 jest --runInBand', ['jest']],
    ['node node_modules/jest/bin/jest.js', ['jest']],
    ['npm run build && vitest run', ['vitest']],
    ['bun test', ['bun']],
    ['node ace test', ['japa']],
    ['echo "Error: no test specified" && exit 1', []],
    ['node --test-reporter-destination=x tool.js', []],
    ['eslint --plugin jest-formatting', []],
  ])('are known by the script %s', (script, expected) => {
    expect(runners([], script)).toEqual(expected)
  })

  test('may be several', () => {
    expect(runners(['@playwright/test', 'jest'])).toEqual(['jest', 'playwright'])
  })
})

describe('the libraries', () => {
  const libraries = (...dependencies: string[]) =>
    project({ 'package.json': { dependencies: Object.fromEntries(dependencies.map((name) => [name, '*'])) } })
      .libraries

  test('that stand on pg are reached', () => {
    expect(libraries('knex', 'pg')).toEqual([
      { name: 'pg', reached: true },
      { name: 'Knex', reached: true },
    ])
  })

  test('with a connection of their own are not', () => {
    expect(libraries('pg-native')).toEqual([{ name: 'pg-native', reached: false }])
  })

  test('Prisma is reached with its adapter for pg alone', () => {
    expect(libraries('@prisma/client')).toEqual([
      { name: 'Prisma without @prisma/adapter-pg', reached: false },
    ])
    expect(libraries('@prisma/client', '@prisma/adapter-pg')).toEqual([
      { name: 'Prisma with @prisma/adapter-pg', reached: true },
    ])
  })
})

test('TypeScript is known by the dependency or the tsconfig.json', () => {
  expect(project({ 'package.json': manifest(['typescript']) }).hasTypescript).toBe(true)
  expect(project({ 'package.json': {}, 'tsconfig.json': '{}' }).hasTypescript).toBe(true)
  expect(project({ 'package.json': {} }).hasTypescript).toBe(false)
})

test.each([
  ['package-lock.json', 'npm install --save-dev'],
  ['pnpm-lock.yaml', 'pnpm add --save-dev'],
  ['yarn.lock', 'yarn add --dev'],
  ['bun.lock', 'bun add --dev'],
])('with a %s, dependencies are added by %s', (lockFile, command) => {
  expect(project({ 'package.json': {}, [lockFile]: '' }).addCommand).toBe(command)
})

describe('a package.json', () => {
  test('that is missing is named, with the way out', () => {
    expect(() => project({})).toThrow(UnknownProject)
    expect(() => project({})).toThrow(/no package\.json .*cd my-project && npx pg-sandbox init/s)
  })

  test('that is no JSON is named with the reason', () => {
    expect(() => project({ 'package.json': '{' })).toThrow(/not JSON: .*run npx pg-sandbox init again/s)
  })

  test.each(['[]', 'null', '{"scripts":[1],"devDependencies":null,"jest":null}', '\uFEFF{}'])(
    'of odd shape is read for what it has: %s',
    (text) => {
      expect(project({ 'package.json': text }).runners).toEqual([])
    },
  )
})
