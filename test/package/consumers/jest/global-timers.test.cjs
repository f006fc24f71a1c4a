// The configuration has installed fake timers before any module was loaded.
const { Client, Pool } = require('pg')
const { cases } = require('../cases.cjs')

const { writes, isEmpty, end } = cases(Pool)
afterAll(end)

test('the timers are fake', () => {
  expect(setTimeout).not.toBe(jest.requireActual('node:timers').setTimeout)
})
test('writes', writes)
test('is empty', isEmpty)
test('an outside query has its limit in real time', async () => {
  const clients = [1, 2].map(() => new Client({ connectionString: process.env.DATABASE_URL }))
  await Promise.all(clients.map((client) => client.connect()))
  await clients[0].query('begin')
  await clients[0].query("insert into notes (text) values ('inside')")
  await expect(clients[1].query('select 1')).rejects.toMatchObject({ code: 'PG_SANDBOX_OUTSIDE_QUERY' })
  await Promise.all(clients.map((client) => client.end()))
})
