import { Client } from 'pg'
import { testTransaction } from '../../src/index.ts'
import { usePooled } from '../support/pooled.ts'

const { start, close } = testTransaction
const fixture = usePooled(`create table notes (id int primary key, text text)`)

test('the sandbox opens again after somebody has wrapped Client.prototype.query in the last one', async () => {
  await start()
  const { query } = Client.prototype
  Client.prototype.query = function wrapped(this: Client, ...args: unknown[]) {
    return Reflect.apply(query, this, args)
  } as typeof query
  try {
    await close()
    await start()
    await fixture.pool.query('insert into notes values (1)')
    expect(await fixture.database.countOutside('notes')).toBe(0)
  } finally {
    await close()
    Client.prototype.query = query
  }
})
