import { testTransaction } from '../../src/index.ts'
import { outcome, usePooled } from '../support/pooled.ts'

const { start, close } = testTransaction
const fixture = usePooled(`create table notes (id int primary key, text text)`)

test('what a view made in the same test writes outlives a failing statement', async () => {
  await start()
  await fixture.pool.query('insert into notes values (5)')
  await fixture.pool.query(`create function note() returns int language plpgsql as
    $$ begin insert into notes values (8); return 1; end $$`)
  await fixture.pool.query('create view noting as select note()')
  await fixture.pool.query('select * from noting')
  await outcome(fixture.pool.query('select 1/0'))
  expect(await outcome(fixture.pool.query('select id from notes order by id'))).toEqual([
    { id: 5 },
    { id: 8 },
  ])
})

test('a deferrable constraint added between close() and start() is checked at COMMIT', async () => {
  await start()
  await fixture.pool.query('select 1')
  await close()
  await fixture.pool.query('create table later (id int unique deferrable initially deferred)')
  await start()
  const client = await fixture.lend()
  await client.query('begin')
  await client.query('insert into later values (1), (1)')
  expect(await outcome(client.query('commit'))).toMatchObject({ code: '23505' })
})

test('a deferred constraint dropped between close() and start() does not fail a COMMIT', async () => {
  await start()
  await fixture.pool.query('select 1')
  await close()
  await fixture.pool.query('drop table later')
  await start()
  const client = await fixture.lend()
  await client.query('begin')
  await client.query('insert into notes values (1)')
  expect(await outcome(client.query('commit'))).toEqual([])
})
