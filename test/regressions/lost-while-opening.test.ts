import { Client } from 'pg'
import { testTransaction } from '../../src/index.ts'
import { outcome, settled, usePooled } from '../support/pooled.ts'
import { type Disturbance, withProxiedPool } from '../support/proxy.ts'
import { until } from '../support/until.ts'

const { start, rollback, close } = testTransaction
const fixture = usePooled('create table notes (id int primary key, text text)')
const copyStreams = require('pg-copy-streams')

async function connect(url: string): Promise<Client> {
  const client = new Client(url)
  client.on('error', () => {})
  fixture.clients.push(client)
  await client.connect()
  return client
}

function destroy(client: Client): void {
  Reflect.get(client, 'connection').stream.destroy()
}

async function terminateAll(): Promise<void> {
  const others = 'from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()'
  await fixture.database.outside(`select pg_terminate_backend(pid) ${others}`)
  await until(async () => (await fixture.database.outside(`select pid ${others}`)).length === 0)
}

/** Does `work` at the first message that contains `text`, before it goes on to the server. */
function atFirst(text: string, work: NonNullable<Disturbance['before']>): Disturbance {
  let isFirst = true
  const before: Disturbance['before'] = (sent, connection) => {
    if (!isFirst || !sent.includes(text)) return
    isFirst = false
    return work(sent, connection)
  }
  return { before }
}

test.each(['set_config', 'pg_constraint'])(
  'a connection that is cut while the sandbox prepares it, at %s, fails its query and holds nobody up',
  async (at) => {
    const cut = atFirst(at, (_, connection) => connection.destroy())
    await withProxiedPool(fixture.database.url(), cut, async ({ pool, proxy }) => {
      await start()
      await start()
      expect(await settled(outcome(pool.query('insert into notes values (1)')))).toMatchObject({
        message: 'Connection terminated unexpectedly',
      })
      expect(await settled(rollback())).toBeUndefined()
      await start()
      expect(await settled(outcome(pool.query('select id from notes')))).toEqual([])
      expect(await settled(close())).toBeUndefined()
      await until(() => proxy.open() === 0)
    })
  },
  20_000,
)

test('a connection that is terminated while the sandbox prepares it fails its query with the code of the server', async () => {
  const terminated = atFirst('set_config', terminateAll)
  await withProxiedPool(fixture.database.url(), terminated, async ({ pool }) => {
    await start()
    expect(await settled(outcome(pool.query('select 1')))).toMatchObject({
      code: '57P01',
      severity: 'FATAL',
      message: expect.stringContaining('terminating connection'),
    })
    expect(await settled(outcome(pool.query('select 1 as a')))).toEqual([{ a: 1 }])
  })
})

test('a client from before start() that was destroyed is told that its connection has ended', async () => {
  const client = await connect(fixture.database.url())
  await start()
  destroy(client)
  const { message, code } = await settled(outcome(client.query('select 1')))
  expect({ message, code }).toEqual({ message: 'Connection terminated unexpectedly', code: undefined })
  expect(await settled(close())).toBeUndefined()
})

test('COPY FROM of a client that is gone before the connection was open holds nobody up', async () => {
  let isOpening = false
  let isGone = false
  const held = atFirst('set_config', () => {
    isOpening = true
    return until(() => isGone)
  })
  await withProxiedPool(fixture.database.url(), held, async ({ pool, url }) => {
    const client = await connect(url)
    await start()
    await start()
    client.query(copyStreams.from('copy notes from stdin')).on('error', () => {})
    await until(() => isOpening)
    destroy(client)
    isGone = true
    expect(await settled(outcome(pool.query('select id from notes')))).toEqual([])
    expect(await settled(rollback())).toBeUndefined()
  })
})

test('a connection that comes after its attempt was given up takes the place of no other, and is closed', async () => {
  let isArmed = false
  let isOpening = false
  let isLate = false
  testTransaction.configure({ rollbackTimeout: 100 })
  const before: Disturbance['before'] = (text) => {
    if (!isArmed || isOpening || !text.includes('set_config')) return
    isOpening = true
    return until(() => isLate)
  }
  await withProxiedPool(fixture.database.url(), { before }, async ({ pool, proxy }) => {
    await start()
    await pool.query('select 1')
    await close()
    await start()
    await start()
    isArmed = true
    const early = outcome(pool.query('select 1'))
    await until(() => isOpening)
    expect(await settled(rollback())).toBeUndefined()
    expect(await settled(early)).toMatchObject({ code: 'PG_SANDBOX_TEST_ENDED' })
    await start()
    expect(await settled(outcome(pool.query('insert into notes values (1)')))).toEqual([])
    expect(proxy.open()).toBe(2)
    isLate = true
    await until(() => proxy.open() === 1)
    expect(await settled(outcome(pool.query('select id from notes')))).toEqual([{ id: 1 }])
    expect(await settled(close())).toBeUndefined()
    await until(() => proxy.open() === 0)
  })
})
