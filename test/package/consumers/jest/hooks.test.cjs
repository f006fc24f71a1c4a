const { Pool } = require('pg')
const { cases } = require('../cases.cjs')

const { writes, isEmpty, end } = cases(Pool)
afterAll(end)
test('writes', writes)
test('is empty', isEmpty)
