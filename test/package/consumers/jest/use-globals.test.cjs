const { afterAll, describe, expect, test } = require('@jest/globals')
const { Pool } = require('pg')
const { useTestDatabase } = require('pg-sandbox/jest')
const { cases } = require('../cases.cjs')

describe('pg-sandbox/jest without globals', () => {
  useTestDatabase()
  const { writes, isEmpty, end } = cases(Pool)
  afterAll(end)
  test('there are no globals', () => expect(globalThis.beforeAll).toBe(undefined))
  test('writes', writes)
  test('is empty', isEmpty)
})
