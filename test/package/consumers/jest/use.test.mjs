import { Pool } from 'pg'
import { useTestDatabase } from 'pg-sandbox/jest'
import { cases } from '../cases.cjs'

describe('pg-sandbox/jest as an ES module', () => {
  useTestDatabase()
  const { writes, isEmpty, end } = cases(Pool)
  afterAll(end)
  test('writes', writes)
  test('is empty', isEmpty)
})
