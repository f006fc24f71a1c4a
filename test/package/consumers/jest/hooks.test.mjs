import { Pool } from 'pg'
import { cases } from '../cases.cjs'

const { writes, isEmpty, end } = cases(Pool)
afterAll(end)
test('writes', writes)
test('is empty', isEmpty)
