import { test } from '@japa/runner'
import pg from 'pg'
import { cases } from '../../cases.cjs'

const { writes, isEmpty, takeKey, end } = cases(pg.Pool)
test('writes', writes)
test('is empty', isEmpty)
test('takes the key', takeKey)
test('takes the same key', takeKey)
test.group('at the end', () => test('the pool ends', end))
