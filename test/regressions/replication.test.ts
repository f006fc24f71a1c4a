/**
 * A connection for replication leads to the server itself: its commands pass, and SQL is refused, which would be committed.
 * On a server of its own, as that of the other tests takes no such connection.
 */
import { Client, type ClientConfig } from 'pg'
import { testTransaction } from '../../src/index.ts'
import { withClient } from '../support/both-ways.ts'
import { openOutside } from '../support/outside.ts'
import { outcome, pause } from '../support/pooled.ts'
import { message, RawClient } from '../support/raw-client.ts'

const { start, close } = testTransaction
type Postgres = { url: string; stop(): Promise<void> }
const {
  startPostgres,
}: {
  startPostgres(options: { settings: Record<string, string> }): Promise<Postgres>
} = require('../support/postgres.cjs')

const outside = openOutside()
let server: Postgres
beforeAll(async () => {
  server = await startPostgres({ settings: { wal_level: 'replica', max_wal_senders: '8' } })
  await outside.query(server.url, 'create table notes (id int primary key)')
}, 60_000)
afterAll(async () => {
  outside.close()
  await server.stop()
}, 60_000)

const INSERT = 'insert into notes values (1)'
const REFUSED = expect.stringContaining('PG_SANDBOX_REPLICATION')

afterEach(async () => {
  await close().catch(() => {})
  await outside.query(server.url, 'truncate notes')
})

const committed = (): Promise<unknown> => outside.query(server.url, 'select id from notes')

async function expectNothingCommitted(): Promise<void> {
  await pause(100)
  expect(await committed()).toEqual([])
}

function clientWith(replication: string): Client {
  const config: ClientConfig & { replication: string } = { connectionString: server.url, replication }
  const client = new Client(config)
  client.on('error', () => {})
  return client
}

test.each(['after start()', 'before start()'])(
  'a client that is connected %s is refused SQL, by a query and by a list of them, and goes on',
  async (when) => {
    const client = clientWith('database')
    if (when === 'before start()') await client.connect()
    await start()
    if (when === 'after start()') await client.connect()
    const queries = [INSERT, `begin; ${INSERT}; commit`].map((sql) => outcome(client.query(sql)))
    for (const told of await Promise.all(queries))
      expect(told).toMatchObject({ code: 'PG_SANDBOX_REPLICATION' })
    expect(await outcome(client.query('IDENTIFY_SYSTEM'))).toEqual([
      expect.objectContaining({ systemid: expect.any(String) }),
    ])
    await client.end()
    await expectNothingCommitted()
  },
)

test('outside the sandbox such a client writes', async () => {
  const client = clientWith('database')
  await start()
  await client.connect()
  await close()
  expect(await outcome(client.query(INSERT))).toEqual([])
  await client.end()
  expect(await committed()).toEqual([{ id: 1 }])
})

test('another driver is refused SQL, and goes on', async () => {
  await start()
  const client = await RawClient.logIn(server.url, { replication: 'database' })
  expect(await client.query(INSERT)).toEqual([REFUSED, expect.stringContaining('ReadyForQuery')])
  expect((await client.query('IDENTIFY_SYSTEM')).join(' ')).toContain('IDENTIFY_SYSTEM')
  client.write(message('P', `\0${INSERT}\0\0\0`), message('S'))
  await client.ready()
  client.end()
  await expectNothingCommitted()
})

test('a client that turns replication off is in the sandbox', async () => {
  await start()
  await withClient({ connectionString: server.url, replication: 'off' } as ClientConfig, async (client) => {
    await client.query(INSERT)
    expect(await outcome(client.query('select id from notes'))).toEqual([{ id: 1 }])
  })
  const raw = await RawClient.logIn(server.url, { replication: 'false' })
  expect(await raw.query('select id from notes')).toContainEqual(expect.stringContaining('DataRow'))
  raw.end()
  await expectNothingCommitted()
})
