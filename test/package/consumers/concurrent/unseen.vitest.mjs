import { useTestDatabase } from 'pg-sandbox/vitest'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { add, pool, texts } from './notes.cjs'

useTestDatabase({ concurrent: true })
beforeAll(() => add('unseen'))
afterAll(() => pool.end())

test('rows of beforeAll are seen by no test', async () => {
  expect(await texts()).toEqual([])
})
