import { testTransaction } from 'pg-sandbox'
import { isolated, useTestDatabase } from 'pg-sandbox/vitest'
import { afterAll, expect, test } from 'vitest'
import { add, leaveBehind, pause, pool, texts } from './notes.cjs'

useTestDatabase()
afterAll(() => pool.end())

let whatCameOfIt

test('leaves something behind', async () => {
  await add('one')
  whatCameOfIt = leaveBehind()
})

test('is not touched', async () => {
  expect(await whatCameOfIt()).toMatch(/the test "leaves something behind"/)
  expect(await texts()).toEqual([])
})

test('goes on outside and inside, by hand', async () => {
  await testTransaction.close()
  expect(await texts()).toEqual([])
  await testTransaction.start()
  await add('two')
  await testTransaction.start()
  await add('three')
  await testTransaction.rollback()
  expect(await texts()).toEqual(['two'])
})

test('callbacks go on', async () => {
  const rows = await new Promise((resolve) => {
    pool.query('select 1', () =>
      setTimeout(() => pool.query('select 2', (_, result) => resolve(result.rows)), 10),
    )
  })
  expect(rows).toHaveLength(1)
})

const withFixtures = test.extend({
  // eslint-disable-next-line no-empty-pattern
  thing: async ({}, use) => use('thing'),
})

withFixtures('fixtures', async ({ thing }) => {
  await add(thing)
  await pause(1)
  expect(await texts()).toEqual(['thing'])
})

test.concurrent.each(['four', 'five'])(
  'isolated in a concurrent test: %s',
  isolated(async (name) => {
    await add(name)
    await pause(50)
    expect(await texts()).toEqual([name])
  }),
)
