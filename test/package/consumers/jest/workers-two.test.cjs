// One of three files that write the same keys at the same time.
const { Pool } = require('pg')
const { cases } = require('../cases.cjs')

const { writes, isEmpty, takeKey, end } = cases(Pool)
afterAll(end)
test('writes', writes)
test('is empty', isEmpty)
test('takes the key', takeKey)
test('takes the same key', takeKey)
