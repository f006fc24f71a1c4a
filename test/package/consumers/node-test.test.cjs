const { after, describe, test } = require('node:test')
const { Pool } = require('pg')
const { useTestDatabase } = require('pg-sandbox/node-test')
const { cases } = require('./cases.cjs')

describe('pg-sandbox', () => {
  useTestDatabase()
  const { writes, isEmpty, end } = cases(Pool)
  after(end)
  test('writes', writes)
  test('is empty', isEmpty)
})
