/** What keeps DROP DATABASE from its work, also WITH (FORCE), and outlives the connection that has made it. */
import { randomBytes } from 'node:crypto'
import { Client, type ClientConfig } from 'pg'
import { ClonePool } from '../../../../src/databases/clones/clone-pool.ts'
import type { Clone } from '../../../../src/databases/clones/clone.ts'
import { makerOf } from '../../../../src/databases/naming/maker.ts'
import { Server } from '../../../../src/databases/server/server.ts'
import { type Postgres, startPostgres } from '../../../support/postgres.cjs'
import { until } from '../../../support/until.ts'

jest.setTimeout(60_000)

let postgres: Postgres
let server: Server
let pool: ClonePool
const clients: Client[] = []

beforeAll(async () => {
  const settings = {
    max_prepared_transactions: '10',
    wal_level: 'logical',
    max_wal_senders: '5',
    max_replication_slots: '5',
  }
  postgres = await startPostgres({ settings })
  const project = `wing ${randomBytes(4).toString('hex')}`
  server = Server.of(postgres.url, makerOf({ PG_SANDBOX_PROJECT: project }, '.'))
})
afterAll(() => postgres.stop())
beforeEach(() => {
  pool = new ClonePool(server, 'pg_sandbox_test', { ahead: 0 })
})
afterEach(() => Promise.all(clients.splice(0).map((client) => client.end().catch(() => {}))))

async function connectTo(
  { url }: Clone,
  config: ClientConfig & { replication?: 'database' } = {},
): Promise<Client> {
  const client = new Client({ connectionString: url, ...config })
  client.on('error', () => {})
  clients.push(client)
  await client.connect()
  return client
}

async function prepare(client: Client, name: string): Promise<void> {
  await client.query(`begin; create table ${name} (id int); prepare transaction '${name}''s'`)
}

const SUBSCRIBE =
  "create subscription orders connection 'dbname=nowhere' publication p with (connect = false)"

describe('a clone is dropped all the same', () => {
  test.each<[string, (client: Client, clone: Clone) => Promise<unknown>]>([
    ['prepared transactions', (client) => prepare(client, 'one').then(() => prepare(client, 'two'))],
    ['a subscription', (client) => client.query(SUBSCRIBE)],
    [
      'a subscription that is at work',
      (client) =>
        client.query(
          `${SUBSCRIBE}; alter subscription orders set (slot_name = 'x'); alter subscription orders enable`,
        ),
    ],
    [
      'a subscription that a prepared transaction has altered',
      async (client) => {
        await client.query(SUBSCRIBE)
        await client.query(
          "begin; alter subscription orders owner to postgres; prepare transaction 'altered'",
        )
      },
    ],
    [
      'a replication slot that somebody reads',
      async (client, clone) => {
        await client.query("select pg_create_logical_replication_slot('read', 'pgoutput')")
        const reader = await connectTo(clone, { replication: 'database' })
        const publication = `(proto_version '1', publication_names 'p')`
        reader.query(`START_REPLICATION SLOT read LOGICAL 0/0 ${publication}`).catch(() => {})
        const active = "select from pg_replication_slots where slot_name = 'read' and active"
        await until(async () => (await client.query(active)).rowCount === 1)
      },
    ],
    [
      'all of these',
      async (client) => {
        // A slot begins when all transactions have ended, prepared ones as well.
        await client.query("select pg_create_logical_replication_slot('unread', 'pgoutput')")
        await prepare(client, 'three')
        await client.query(SUBSCRIBE)
      },
    ],
  ])('that has %s', async (_what, make) => {
    const clone = await pool.take()
    await make(await connectTo(clone), clone)
    pool.release(clone)
    await pool.end()
    expect(await server.databases()).toEqual([])
    expect(await server.query('select from pg_prepared_xacts')).toEqual([])
    expect(await server.query('select from pg_subscription')).toEqual([])
    expect(await server.query('select from pg_replication_slots')).toEqual([])
  })
})

test('what other databases have of these stays', async () => {
  const [one, other] = [await pool.take(), await pool.take()]
  const stays = await connectTo(other)
  await stays.query("select pg_create_logical_replication_slot('stays', 'pgoutput')")
  await prepare(stays, 'stays')
  await stays.query(SUBSCRIBE)
  await prepare(await connectTo(one), 'goes')
  await server.dropDatabase(one.name)
  expect(await server.query('select gid from pg_prepared_xacts')).toEqual([{ gid: "stays's" }])
  expect(await server.query('select subname from pg_subscription')).toEqual([{ subname: 'orders' }])
  expect(await server.query('select slot_name from pg_replication_slots')).toEqual([{ slot_name: 'stays' }])
  await pool.end()
  expect(await server.databases()).toEqual([])
})
