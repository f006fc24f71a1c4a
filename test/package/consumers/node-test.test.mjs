import { after, describe, test } from 'node:test'
import { Pool } from 'pg'
import { useTestDatabase } from 'pg-sandbox/node-test'
import { cases } from './cases.cjs'

describe('pg-sandbox', () => {
  useTestDatabase()
  const { writes, isEmpty, end } = cases(Pool)
  after(end)
  test('writes', writes)
  test('is empty', isEmpty)
})
