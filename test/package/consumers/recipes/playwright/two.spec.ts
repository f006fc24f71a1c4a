import { test } from '@playwright/test'
import { Pool } from 'pg'
import { cases } from '../../cases.cjs'
import { useTestDatabase } from './use-test-database'

useTestDatabase()

const { writes, isEmpty, takeKey, end } = cases(Pool)
test.afterAll(end)
test('writes', writes)
test('is empty', isEmpty)
test('takes the key', takeKey)
test('takes the same key', takeKey)
