import { testTransaction } from '../../src/index.ts'
import { outcome, pause, settled, usePooled } from '../support/pooled.ts'

const { start, rollback } = testTransaction
const fixture = usePooled(
  `create table notes (id int primary key, text text); create table big as select n, repeat('x', 1000) as t from generate_series(1, 30000) n`,
)

const copyStreams = require('pg-copy-streams')

test('a client destroyed right after it has sent COPY FROM holds nobody up', async () => {
  await start()
  await fixture.pool.query('insert into notes values (1)')
  const client = await fixture.lend()
  client.query(copyStreams.from('copy notes from stdin')).on('error', () => {})
  Reflect.get(client, 'connection').stream.destroy()
  expect(await settled(outcome(fixture.pool.query('select id from notes')))).toEqual([{ id: 1 }])
})

test('the rows of the outer level outlive a COPY FROM in the middle when its test ends', async () => {
  testTransaction.configure({ rollbackTimeout: 2000 })
  await start()
  await fixture.pool.query('insert into notes values (1)')
  await start()
  const client = await fixture.lend()
  const stream = client.query(copyStreams.from('copy notes from stdin')).on('error', () => {})
  stream.write('5\tx\n')
  await pause(200)
  await rollback()
  await start()
  expect(await outcome(fixture.pool.query('select id from notes'))).toEqual([{ id: 1 }])
})

test('the rows of the outer level outlive a COPY TO that nobody reads', async () => {
  testTransaction.configure({ rollbackTimeout: 2000 })
  await start()
  await fixture.pool.query('insert into notes values (1)')
  await start()
  const client = await fixture.lend()
  client.query(copyStreams.to('copy big to stdout')).on('error', () => {})
  await pause(200)
  await rollback()
  await start()
  expect(await outcome(fixture.pool.query('select id from notes'))).toEqual([{ id: 1 }])
})
