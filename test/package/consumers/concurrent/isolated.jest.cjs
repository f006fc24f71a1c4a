const { isolated, useTestDatabase } = require('pg-sandbox/jest')
const { add, leaveBehind, pause, pool, texts } = require('./notes.cjs')

useTestDatabase({ seed: () => add('seed') })
afterAll(() => pool.end())

let running = 0
let most = 0

const body = isolated(async (name) => {
  running += 1
  most = Math.max(most, running)
  await add(name)
  await pause(100)
  expect(await texts()).toEqual([name])
  running -= 1
})
test.concurrent.each(['one', 'two', 'three'])('%s', body)

test.concurrent(
  'with rows of its own',
  isolated({ seed: () => add('mine') }, async () => expect(await texts()).toEqual(['mine'])),
)

test('one after another', async () => {
  expect(most).toBeGreaterThan(1)
  await add('alone')
  expect(await texts()).toEqual(['alone', 'seed'])
})

let whatCameOfIt

test('leaves something behind', () => {
  whatCameOfIt = leaveBehind()
})

test('is not touched', async () => {
  expect(await whatCameOfIt()).toMatch(/the test "leaves something behind"[^]*notes\.cjs:\d+/)
  expect(await texts()).toEqual(['seed'])
})
