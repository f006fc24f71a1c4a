import { useTestDatabase } from 'pg-sandbox/vitest'
import { afterAll, expect, test } from 'vitest'
import { add, pool, texts } from './notes.cjs'

useTestDatabase({ concurrent: process.env.CONCURRENT === '1' })
afterAll(() => pool.end())

test('passes', async () => {
  await add('of the one that passes')
})

test('fails', async () => {
  await add('of the one that fails')
  expect(await texts()).toEqual([])
})
