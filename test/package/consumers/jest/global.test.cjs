const { Pool } = require('pg')
const { useTestDatabase } = require('pg-sandbox')
const { cases } = require('../cases.cjs')

describe('pg-sandbox with the global hooks', () => {
  useTestDatabase()
  const { writes, isEmpty, end } = cases(Pool)
  afterAll(end)
  test('writes', writes)
  test('is empty', isEmpty)
})
