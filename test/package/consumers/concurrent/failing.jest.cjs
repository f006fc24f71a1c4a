const { useTestDatabase } = require('pg-sandbox/jest')
const { add, pool, texts } = require('./notes.cjs')

useTestDatabase()
afterAll(() => pool.end())

test('passes', async () => {
  await add('of the one that passes')
})

test('fails', async () => {
  await add('of the one that fails')
  expect(await texts()).toEqual([])
})
