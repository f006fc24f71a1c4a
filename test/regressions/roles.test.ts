import { Pool } from 'pg'
import { testTransaction } from '../../src/index.ts'
import { outcome, settled, usePooled } from '../support/pooled.ts'

const { start, rollback } = testTransaction
const fixture = usePooled(`create table notes (id int primary key, text text); grant all on notes to app_user;
  create schema private; create table private.c (id int unique deferrable initially deferred)`)

function ofUser(): Pool {
  return new Pool({ connectionString: fixture.database.url({ user: 'app_user', password: 'secret' }) })
}

test('COMMIT of a user with no rights on a schema that has a deferred constraint', async () => {
  await start()
  const users = ofUser()
  const client = await users.connect()
  await client.query('begin')
  await client.query('insert into notes values (1)')
  const committed = await outcome(client.query('commit'))
  client.release()
  await users.end()
  expect(committed).toEqual([])
})

test('a row that another user has written is an error for the second, not a hang', async () => {
  await start()
  await fixture.pool.query('insert into notes values (1)')
  const users = ofUser()
  const result = await settled(outcome(users.query('insert into notes values (1)')), 4000)
  await rollback()
  await users.end()
  expect(result).not.toBe('pending')
})

test('a rollback too many in a parallel scope leaves the scope usable', async () => {
  await start()
  const rows = await testTransaction.parallel(async () => {
    await fixture.pool.query('insert into notes values (1)')
    await rollback()
    return outcome(fixture.pool.query('select id from notes'))
  })
  expect(rows).toEqual([])
})
