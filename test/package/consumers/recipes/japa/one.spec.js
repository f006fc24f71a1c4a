import { test } from '@japa/runner'
import pg from 'pg'
import { cases } from '../../cases.cjs'

test.group('a group', (group) => {
  const { seesKey, takeKey, end } = cases(pg.Pool)
  group.setup(takeKey)
  group.teardown(end)
  test('sees what its set-up wrote', seesKey)
  test('sees it again', seesKey)
})
