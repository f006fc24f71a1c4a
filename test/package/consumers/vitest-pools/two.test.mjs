// One of three files that write the same keys.
import { Pool } from 'pg'
import { afterAll, test } from 'vitest'
import { cases } from '../cases.cjs'

const { writes, isEmpty, takeKey, end } = cases(Pool)
afterAll(end)
test('writes', writes)
test('is empty', isEmpty)
test('takes the key', takeKey)
test('takes the same key', takeKey)
