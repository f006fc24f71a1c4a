/**
 * Poolers: behind PgBouncer, in session and in transaction mode, whether it refuses the start-up parameter `options` or
 * ignores it. Runs where the program is installed, as Debian's package `pgbouncer` does.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { chmodSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import net from 'node:net'
import os from 'node:os'
import path from 'node:path'
import { Pool } from 'pg'
import { testTransaction } from '../../src/index.ts'
import { describeError, withClient } from '../support/both-ways.ts'
import { useDatabase } from '../support/database.ts'
import { outcome, settled } from '../support/pooled.ts'
import { until } from '../support/until.ts'

const PROGRAM = ['/usr/sbin/pgbouncer', '/usr/bin/pgbouncer'].find((file) => existsSync(file))
const { start, rollback, close } = testTransaction

type Mode = [mode: 'session' | 'transaction', ignored: string]
const modes: Mode[] = [
  ['session', 'extra_float_digits'],
  ['session', 'options'],
  ['transaction', 'extra_float_digits'],
  ['transaction', 'options'],
]

const onlyWithPgBouncer = PROGRAM === undefined ? describe.skip : describe

onlyWithPgBouncer.each(modes)('behind PgBouncer in %s mode that ignores %s', (mode, ignored) => {
  const database = useDatabase('create table notes (id int primary key, text text)')
  let folder: string
  let pooler: ChildProcess
  let url: string
  let pool: Pool

  beforeAll(async () => {
    folder = mkdtempSync(path.join(os.tmpdir(), 'pg-sandbox-pgbouncer-'))
    // The program must not run as root.
    chmodSync(folder, 0o755)
    const port = await freePort()
    const server = new URL(database.url())
    const config = path.join(folder, 'pgbouncer.ini')
    writeFileSync(config, configuration(server, { port, mode, ignored }))
    chmodSync(config, 0o644)
    const user = process.getuid?.() === 0 ? ['-u', 'nobody'] : []
    pooler = spawn(PROGRAM!, ['-q', ...user, config], { stdio: 'ignore' })
    server.port = String(port)
    url = server.href
    await until(() => answers(port))
  })
  afterAll(async () => {
    const ended = new Promise((resolve) => pooler.once('close', resolve))
    pooler.kill('SIGKILL')
    await ended
    rmSync(folder, { recursive: true })
  })

  beforeEach(() => {
    pool = new Pool({ connectionString: url, connectionTimeoutMillis: 5000 })
    pool.on('error', () => {})
  })
  afterEach(async () => {
    await close().catch(() => {})
    await settled(pool.end())
    await database.outside('truncate notes')
    await database.outside('drop function if exists writes() cascade')
  })

  test('a test is rolled back', async () => {
    await start()
    for (let round = 0; round < 3; round += 1) {
      await start()
      expect(await outcome(pool.query('select 1 as n'))).toEqual([{ n: 1 }])
      expect(await outcome(pool.query('insert into notes values ($1)', [1]))).toEqual([])
      expect(await outcome(pool.query('select id from notes'))).toEqual([{ id: 1 }])
      await rollback()
      expect(await database.countOutside('notes')).toBe(0)
    }
  })

  test('parallel scopes are apart', async () => {
    await start()
    const scope = (): Promise<unknown> =>
      testTransaction.parallel(async () => {
        await pool.query('insert into notes values (1)')
        return outcome(pool.query('select count(*)::int as n from notes'))
      })
    expect(await outcome(Promise.all([scope(), scope()]))).toEqual([[{ n: 1 }], [{ n: 1 }]])
  })

  test('a read that turns out to write is undone', async () => {
    await start()
    await outcome(pool.query('select 1 as n'))
    await database.outside(`create function writes() returns int language plpgsql as
      $$ begin insert into notes values (1); return 1; end $$`)
    await database.outside('create view writing as select writes() as n')
    expect(await outcome(pool.query('select n from writing'))).toEqual([{ n: 1 }])
    expect(await outcome(pool.query('select id from notes'))).toEqual([{ id: 1 }])
    await rollback()
    await close()
    expect(await database.countOutside('notes')).toBe(0)
  })

  test('settings of the start-up and of SET are in force, for their client alone', async () => {
    await start()
    await withClient({ connectionString: url, statement_timeout: 4000 }, async (client) => {
      await client.query("set time zone 'Asia/Tokyo'")
      expect(await outcome(client.query('show statement_timeout'))).toEqual([{ statement_timeout: '4s' }])
      expect(await outcome(client.query('show time zone'))).toEqual([{ TimeZone: 'Asia/Tokyo' }])
      expect(await outcome(pool.query('show time zone'))).not.toEqual([{ TimeZone: 'Asia/Tokyo' }])
    }).catch((error: unknown) => expect(describeError(error)).toBeUndefined())
  })

  test('nothing stays on a pooled connection', async () => {
    const shown = `select name, setting from pg_settings where source = 'session'
      and name not in ('client_encoding', 'application_name') order by 1`
    const plain = await outcome(pool.query(shown))
    await start()
    await outcome(pool.query('insert into notes values (1)'))
    await rollback()
    await close()
    const seen = await Promise.all(
      [1, 2, 3].map(() => withClient(url, (client) => outcome(client.query(shown)))),
    )
    expect(seen).toEqual([plain, plain, plain])
    expect(await outcome(pool.query('insert into notes values (2)'))).toEqual([])
  })
})

function configuration(
  server: URL,
  { port, mode, ignored }: { port: number; mode: string; ignored: string },
): string {
  return `[databases]
* = host=127.0.0.1 port=${server.port} user=${server.username} password=${server.password}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${port}
unix_socket_dir =
auth_type = any
pool_mode = ${mode}
ignore_startup_parameters = ${ignored}
default_pool_size = 10
`
}

async function freePort(): Promise<number> {
  const server = net.createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as net.AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = net.connect(port, '127.0.0.1')
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false))
    socket.once('connect', () => socket.destroy())
  })
}
