const { Pool } = require('pg')
const { useTestDatabase } = require('pg-sandbox/jest')
const { cases } = require('../cases.cjs')

describe('pg-sandbox/jest', () => {
  useTestDatabase()
  const { writes, isEmpty, end } = cases(Pool)
  afterAll(end)
  test('writes', writes)
  test('is empty', isEmpty)
})
