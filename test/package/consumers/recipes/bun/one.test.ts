import { afterAll, test } from 'bun:test'
import { Pool } from 'pg'
import { cases } from '../../cases.cjs'

const { writes, isEmpty, takeKey, end } = cases(Pool)
afterAll(end)
test('writes', writes)
test('is empty', isEmpty)
test('takes the key', takeKey)
test('takes the same key', takeKey)
