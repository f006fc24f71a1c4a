/**
 * Encryption of other drivers and of copies of `pg`, on a server that has it: TLS is between the sandbox and the server, as
 * the driver has asked for it; what the sandbox does not see is refused at once.
 */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import tls from 'node:tls'
import { testTransaction } from '../../src/index.ts'
import { withClient } from '../support/both-ways.ts'
import { openOutside } from '../support/outside.ts'
import { otherPg } from '../support/other-pg.ts'
import { outcome, settled } from '../support/pooled.ts'
import { RawClient } from '../support/raw-client.ts'
import { until } from '../support/until.ts'

const { start, close } = testTransaction
const INSERT = 'insert into notes values (1)'

type Postgres = { url: string; stop(): Promise<void> }
const {
  startPostgres,
}: {
  startPostgres(options: { settings: Record<string, string> }): Promise<Postgres>
} = require('../support/postgres.cjs')

const outside = openOutside()
let folder: string
let server: Postgres
beforeAll(async () => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'pg-sandbox-tls-'))
  const files = { key: path.join(folder, 'server.key'), certificate: path.join(folder, 'server.crt') }
  const request = ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', '/CN=localhost']
  execFileSync('openssl', [...request, '-keyout', files.key, '-out', files.certificate], {
    stdio: 'ignore',
  })
  // The server wants a key that nobody else may read, and may run as another user: it makes copies of its own.
  server = await startPostgres({ settings: {} })
  const [{ data_directory: data } = {}] = await outside.query(server.url, 'show data_directory')
  for (const [name, file] of [
    ['server.key', files.key],
    ['server.crt', files.certificate],
  ] as const) {
    const text = readFileSync(file, 'utf8').replaceAll('\n', String.raw`\n`)
    // The server writes to the program, which must read that.
    const program = `umask 077; printf '%b' '${text}' > ${String(data)}/${name}; cat > /dev/null`
    await outside.query(server.url, `copy (select 1) to program ${literal(program)}`)
  }
  await outside.query(server.url, 'alter system set ssl = on')
  await outside.query(server.url, 'select pg_reload_conf()')
  await outside.query(server.url, 'create table notes (id int primary key)')
  const ssl = async (): Promise<unknown> => (await outside.query(server.url, 'show ssl'))[0]?.ssl
  await until(async () => (await ssl()) === 'on')
}, 60_000)
afterAll(async () => {
  outside.close()
  await server.stop()
  rmSync(folder, { recursive: true })
}, 60_000)
afterEach(async () => {
  await close().catch(() => {})
  await outside.query(server.url, 'truncate notes')
})

async function expectNothingCommitted(): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, 200))
  expect(await outside.query(server.url, 'select id from notes')).toEqual([])
}

describe('a server with TLS', () => {
  const ssl = { rejectUnauthorized: false }

  test('a copy of pg that is loaded late is in the sandbox', async () => {
    await start()
    const client = new (otherPg().Client)({ connectionString: server.url, ssl })
    client.on('error', () => {})
    expect(await settled(outcome(client.connect().then(() => 'connected')), 5000)).toBe('connected')
    await client.query(INSERT)
    expect((await client.query('select id from notes')).rows).toEqual([{ id: 1 }])
    await client.end()
    await expectNothingCommitted()
  })

  test('a copy of pg from before that was connected is refused', async () => {
    const client = new (otherPg().Client)({ connectionString: server.url, ssl })
    client.on('error', () => {})
    await client.connect()
    await start()
    await outcome(client.query(INSERT))
    await client.end().catch(() => {})
    await expectNothingCommitted()
  })

  test('a copy of pg that is loaded late verifies the server’s certificate, as it does outside', async () => {
    const refused = async (): Promise<unknown> => {
      const client = new (otherPg().Client)({ connectionString: server.url, ssl: true })
      client.on('error', () => {})
      return outcome(client.connect().then(() => 'connected'))
    }
    const plain = await refused()
    await start()
    expect(plain).toMatchObject({ message: expect.stringContaining('self-signed') })
    expect(await refused()).toEqual(plain)
  })

  /** What has been promised TLS by the answer S, as that of a driver that insists on it. */
  async function promised(): Promise<RawClient> {
    const client = await RawClient.connect(server.url)
    client.write(Buffer.from([0, 0, 0, 8, 4, 210, 22, 47]))
    await until(() => client.bytes.length > 0)
    client.socket.removeAllListeners('data')
    expect(client.bytes.toString()).toBe('S')
    return client
  }

  const encrypted = (secure: tls.TLSSocket): Promise<unknown> =>
    settled(
      new Promise((resolve) => secure.once('secureConnect', () => resolve('secure')).once('error', resolve)),
      5000,
    )

  test('a driver that insists on TLS, as postgres.js does, is let in', async () => {
    await start()
    const client = await promised()
    const secure = tls.connect({ socket: client.socket, ...ssl })
    expect(await encrypted(secure)).toBe('secure')
    secure.destroy()
  })

  test('a driver that makes TLS by itself is refused at once', async () => {
    await start()
    const client = await promised()
    const failed = new Promise((resolve) => client.socket.once('error', resolve))
    // The first message of a handshake.
    client.write(Buffer.from('16030100c8010000c40303', 'hex'))
    expect(await failed).toMatchObject({ name: 'SandboxError', code: 'PG_SANDBOX_UNSANDBOXED' })
  })

  test('connect() of tls is as it was once the patches are off', async () => {
    await testTransaction.unpatch()
    const { connect } = tls
    await start()
    const client = await promised()
    expect(tls.connect).not.toBe(connect)
    client.end()
    await close()
    await testTransaction.unpatch()
    expect(tls.connect).toBe(connect)
  })

  test('pg with ssl is in the sandbox, and knows that it is encrypted', async () => {
    await start()
    await withClient({ connectionString: server.url, ssl }, async (client) => {
      await client.query(INSERT)
      const { rows } = await client.query('select ssl from pg_stat_ssl where pid = pg_backend_pid()')
      expect(rows).toEqual([{ ssl: true }])
    })
  })
})

function literal(text: string): string {
  return `E'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`
}
