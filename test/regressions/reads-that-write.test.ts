import { testTransaction } from '../../src/index.ts'
import { outcome, settled, usePooled } from '../support/pooled.ts'

const { start, rollback } = testTransaction
const fixture = usePooled(`create table notes (id int primary key, text text);
  create function log_read(n int) returns int language plpgsql as $$
    begin if n = 4000 then insert into notes values (1); end if; return n; end $$;
  create view logged as select repeat('x', (random() * 60)::int) as x, log_read(n) as n from generate_series(1, 4000) n`)

test('a read of 4000 different rows that writes at its end', async () => {
  await start()
  const rows = (await settled(outcome(fixture.pool.query('select * from logged')))) as {
    n: number
    x: string
  }[]
  expect(rows.length).toBe(4000)
  expect(rows.every(({ n, x }, index) => n === index + 1 && /^x*$/.test(x))).toBe(true)
  expect(await outcome(fixture.pool.query('select id from notes'))).toEqual([{ id: 1 }])
})

test('what a view over a large-object function writes outlives a failing statement, and not its test', async () => {
  await fixture.database.outside("create view uploaded as select lo_from_bytea(777, 'x') as id")
  await start()
  await fixture.pool.query('insert into notes values (5)')
  await fixture.pool.query('select * from uploaded')
  await outcome(fixture.pool.query('select 1/0'))
  expect(await outcome(fixture.pool.query("select convert_from(lo_get(777), 'utf8') as text"))).toEqual([
    { text: 'x' },
  ])
  await rollback()
  await start()
  await fixture.pool.query('select * from uploaded')
  await rollback()
  expect(await fixture.database.countOutside('pg_largeobject_metadata')).toBe(0)
})
