import pg from 'pg'
import { cases } from '../../cases.cjs'

describe('Mocha', () => {
  const { writes, isEmpty, takeKey, end } = cases(pg.Pool)
  after(end)
  it('writes', writes)
  it('is empty', isEmpty)
  it('takes the key', takeKey)
  it('takes the same key', takeKey)
})
