import { Pool } from 'pg'
import { useTestDatabase } from 'pg-sandbox/vitest'
import { afterAll, describe, test } from 'vitest'
import { cases } from './cases.cjs'

describe('pg-sandbox/vitest', () => {
  useTestDatabase()
  const { writes, isEmpty, end } = cases(Pool)
  afterAll(end)
  test('writes', writes)
  test('is empty', isEmpty)
})
