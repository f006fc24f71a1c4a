import { useTestDatabase } from 'pg-sandbox/vitest'
import { afterAll, test } from 'vitest'
import { add, pause, pool } from './notes.cjs'

useTestDatabase()
afterAll(() => pool.end())

test.concurrent.each(['one', 'two'])('%s', async (name) => {
  await pause(50)
  await add(name)
})
