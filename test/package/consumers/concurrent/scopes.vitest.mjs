import { isolated, useTestDatabase } from 'pg-sandbox/vitest'
import { afterAll, afterEach, beforeEach, describe, expect, test } from 'vitest'
import { add, leaveBehind, pause, pool, texts } from './notes.cjs'

useTestDatabase({ concurrent: true, seed: () => add('seed') })
afterAll(() => pool.end())

let running = 0
let most = 0

describe.concurrent('at the same time', () => {
  beforeEach(() => add('before'))
  afterEach(async () => expect(await texts()).toContain('before'))

  test.each(['one', 'two', 'three'])('%s', async (name) => {
    running += 1
    most = Math.max(most, running)
    await add(name)
    await pause(100)
    expect(await texts()).toEqual(['before', name, 'seed'].sort())
    running -= 1
  })
})

let whatCameOfIt

test('one after another', async () => {
  expect(most).toBeGreaterThan(1)
  await add('alone')
  expect(await texts()).toEqual(['alone', 'seed'])
  whatCameOfIt = leaveBehind()
})

test('left behind', async () => {
  expect(await whatCameOfIt()).toMatch(
    /after its test had ended[^]*the test "one after another"[^]*notes\.cjs:\d+/,
  )
  expect(await texts()).toEqual(['seed'])
})

const withFixtures = test.extend({
  // eslint-disable-next-line no-empty-pattern
  thing: async ({}, use) => use('thing'),
})

withFixtures('fixtures', async ({ thing }) => {
  await add(thing)
  expect(await texts()).toEqual(['seed', 'thing'])
})

withFixtures(
  'isolated takes fixtures',
  isolated(async ({ thing }) => {
    await add(thing)
    expect(await texts()).toEqual(['thing'])
  }),
)
