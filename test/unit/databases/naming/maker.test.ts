import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { makerOf, projectIn, projectOf } from '../../../../src/databases/naming/maker.ts'

let folder: string
beforeAll(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'maker-'))
  for (const name of ['one', 'two', 'one/src/deep']) mkdirSync(path.join(folder, name), { recursive: true })
  for (const name of ['one', 'two'])
    writeFileSync(path.join(folder, name, 'package.json'), '{"name":"@acme/shop"}')
})
afterAll(() => rmSync(folder, { recursive: true }))

test('two projects of one name in two folders are told apart', () => {
  const one = projectIn(path.join(folder, 'one'))
  const two = projectIn(path.join(folder, 'two'))
  expect(one).toEqual({ label: 'acmeshop', id: expect.stringMatching(/^[0-9a-f]{8}$/) })
  expect(two.label).toBe('acmeshop')
  expect(two.id).not.toBe(one.id)
})

test('a folder below belongs to the project', () => {
  expect(projectIn(path.join(folder, 'one/src/deep'))).toEqual(projectIn(path.join(folder, 'one')))
})

test('a project that is named is the same in every folder', () => {
  const env = { PG_SANDBOX_PROJECT: 'shop' }
  const one = makerOf(env, path.join(folder, 'one'))
  expect(one.project).toEqual(makerOf(env, path.join(folder, 'two')).project)
  expect(one.project).toEqual(projectOf('shop'))
})

test('a name without a letter or digit of ASCII still gives a label', () => {
  expect(projectOf('Ω').label).toBe('project')
})

test('processes that are given one run belong together; else each has its own', () => {
  const run = (env: NodeJS.ProcessEnv) => makerOf({ PG_SANDBOX_PROJECT: 'shop', ...env }, folder).run
  expect(run({ PG_SANDBOX_RUN: 'build 17' })).toBe(run({ PG_SANDBOX_RUN: 'build 17' }))
  expect(run({ PG_SANDBOX_RUN: 'build 17' })).not.toBe(run({ PG_SANDBOX_RUN: 'build 18' }))
  expect(run({})).toMatch(/^[0-9a-f]{8}$/)
})

test.each([
  [{ JEST_WORKER_ID: '3' }, '3', undefined],
  [{ VITEST_POOL_ID: '4', PG_SANDBOX_SHARD: '2' }, '4', '2'],
  [{}, undefined, undefined],
])('of %o the worker is %s and the shard %s', (env, worker, shard) => {
  expect(makerOf({ PG_SANDBOX_PROJECT: 'shop', ...env }, folder)).toMatchObject({ worker, shard })
})
