import { testTransaction } from '../../src/index.ts'
import { usePooled } from '../support/pooled.ts'

const { start, close } = testTransaction
const fixture = usePooled(`create table notes (id int primary key)`)

test('a pool that outlives many sandboxes gathers no listeners', async () => {
  for (let sandbox = 0; sandbox < 12; sandbox += 1) {
    await start()
    await fixture.pool.query('insert into notes values (1)')
    await close()
  }
  expect(fixture.pool.listenerCount('acquire')).toBeLessThanOrEqual(1)
})
