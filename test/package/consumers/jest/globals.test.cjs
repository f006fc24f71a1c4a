const { afterAll, expect, test } = require('@jest/globals')
const { Pool } = require('pg')
const { cases } = require('../cases.cjs')

const { writes, isEmpty, end } = cases(Pool)
afterAll(end)
test('there are no globals', () => expect(globalThis.beforeAll).toBe(undefined))
test('writes', writes)
test('is empty', isEmpty)
