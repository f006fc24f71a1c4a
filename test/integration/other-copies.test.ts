import { existsSync } from 'node:fs'
import http from 'node:http'
import net from 'node:net'
import { sandboxSocket, testTransaction } from '../../src/index.ts'
import { useDatabase } from '../support/database.ts'
import { startProxy } from '../support/proxy.ts'
import { otherPg, type Pg } from '../support/other-pg.ts'

const { start, rollback, close, configure, parallel, unpatch } = testTransaction
const database = useDatabase('create table notes (id int primary key, body text)')
const ends: (() => Promise<unknown>)[] = []

afterEach(async () => {
  await close()
  configure({ onUnsandboxed: 'route' })
  await Promise.all(ends.splice(0).map((end) => end()))
  expect(await database.countOutside('notes')).toBe(0)
})

async function connected(pg: Pg, config: object = {}): Promise<InstanceType<Pg['Client']>> {
  const client = new pg.Client({ connectionString: database.url(), ...config })
  client.on('error', () => {})
  ends.push(() => client.end())
  await client.connect()
  return client
}

/** Clients of `pg` itself make the server known. */
async function startKnown(): Promise<void> {
  await start()
  await connected(require('pg') as Pg)
}

describe('a copy of pg that is loaded after start()', () => {
  test('is in the sandbox', async () => {
    await startKnown()
    const client = await connected(otherPg())
    await client.query('insert into notes values ($1, $2)', [1, 'Ann'])
    await client.query('begin')
    await expect(client.query('insert into notes values (1)')).rejects.toMatchObject({ code: '23505' })
    await client.query('rollback')
    expect((await client.query('select * from notes')).rows).toEqual([{ id: 1, body: 'Ann' }])
    const own = await connected(require('pg') as Pg)
    expect((await own.query('select id from notes')).rows).toEqual([{ id: 1 }])
    await rollback()
    await start()
    expect((await client.query('select * from notes')).rows).toEqual([])
  })

  test('has pools that go on outside, with their prepared statements', async () => {
    await startKnown()
    const pool = new (otherPg().Pool)({ connectionString: database.url(), max: 2 })
    ends.push(() => pool.end())
    const named = { name: 'find', text: 'select id from notes where id = $1', values: [1] }
    await Promise.all([1, 2, 3].map((id) => pool.query('insert into notes values ($1)', [id])))
    expect((await pool.query(named)).rows).toEqual([{ id: 1 }])
    await close()
    for (let i = 0; i < 3; i += 1) expect((await pool.query(named)).rows).toEqual([])
  })

  test('is in the sandbox where nobody knows its server', async () => {
    const proxy = await startProxy(at().port)
    ends.push(() => proxy.close())
    await start()
    const client = await connected(otherPg(), {
      connectionString: undefined,
      ...at(),
      port: proxy.port,
      database: databaseName(),
    })
    await client.query('insert into notes values (1)')
    expect((await client.query('select id from notes')).rows).toEqual([{ id: 1 }])
    await rollback()
    await start()
    expect((await client.query('select id from notes')).rows).toEqual([])
  })

  test('is in the sandbox over a Unix socket, too', async () => {
    const [{ unix_socket_directories: folder } = { unix_socket_directories: '' }] = (await database.outside(
      'show unix_socket_directories',
    )) as { unix_socket_directories: string }[]
    // The server may run on another machine.
    if (!existsSync(`${folder}/.s.PGSQL.${at().port}`)) return
    await start()
    const client = await connected(otherPg(), {
      connectionString: undefined,
      ...at(),
      host: folder,
      database: databaseName(),
    })
    await client.query('insert into notes values (1)')
    expect((await client.query('select id from notes')).rows).toEqual([{ id: 1 }])
    await rollback()
    await start()
    expect((await client.query('select id from notes')).rows).toEqual([])
  })

  test('belongs to the parallel scope in which it queries', async () => {
    await startKnown()
    const pg = otherPg()
    const counts = await Promise.all(
      [1, 2].map(() =>
        parallel(async () => {
          const client = await connected(pg)
          await client.query('insert into notes values (1)')
          return (await client.query('select count(*)::int as n from notes')).rows[0].n as number
        }),
      ),
    )
    expect(counts).toEqual([1, 1])
  })

  test('can cancel a query', async () => {
    await startKnown()
    const pg = otherPg()
    const client = await connected(pg)
    const query = new pg.Query('select pg_sleep(60)')
    const failed = new Promise((resolve) => query.once('error', resolve))
    client.query(query)
    const canceller = new pg.Client({ connectionString: database.url() })
    Reflect.get(canceller, 'cancel').call(canceller, client, query)
    expect(await failed).toMatchObject({ code: '57014' })
    expect((await client.query('select 1 as n')).rows).toEqual([{ n: 1 }])
  })

  test('has the settings of its start-up packet', async () => {
    await startKnown()
    const config = {
      application_name: 'a "name"',
      options: '-c search_path=pg_catalog',
      statement_timeout: 60_000,
    }
    const client = await connected(otherPg(), config)
    const shown = async (name: string): Promise<unknown> => (await client.query(`show ${name}`)).rows[0][name]
    expect(await shown('application_name')).toBe('a "name"')
    expect(await shown('search_path')).toBe('pg_catalog')
    expect(await shown('statement_timeout')).toBe('1min')
    await close()
    expect(await shown('application_name')).toBe('a "name"')
    expect(await shown('statement_timeout')).toBe('1min')
  })

  test('is told that there is no such database, and of a server that is not there', async () => {
    await startKnown()
    const pg = otherPg()
    await expect(
      connected(pg, { connectionString: undefined, database: 'nowhere', ...at() }),
    ).rejects.toMatchObject({
      code: '3D000',
    })
    const { port, free } = await freePort()
    await free()
    process.env['PG_SANDBOX_OTHER_URL'] = `postgres://127.0.0.1:${port}/x`
    await expect(
      connected(pg, { connectionString: process.env['PG_SANDBOX_OTHER_URL'] }),
    ).rejects.toMatchObject({
      code: 'ECONNREFUSED',
    })
    delete process.env['PG_SANDBOX_OTHER_URL']
    ends.splice(0)
  })

  test('that insists on encryption is told that there is none', async () => {
    await startKnown()
    const wanting = connected(otherPg(), { ssl: { rejectUnauthorized: false } })
    await expect(wanting).rejects.toThrow('The server does not support SSL connections')
    ends.splice(0)
  })

  test('replicates from the server itself', async () => {
    await startKnown()
    const replicating = connected(otherPg(), { replication: 'database' }).then((client) =>
      client.query('IDENTIFY_SYSTEM'),
    )
    const answer = await replicating.then(
      ({ fields }) => fields[0]?.name,
      (error: Error) => error.message,
    )
    ends.splice(1)
    // The servers of the tests have no room for it, which only they themselves say.
    expect(answer).toMatch(/^systemid$|max_wal_senders/)
  })

  test('is patched by patch(pg), so that its clients from before join', async () => {
    const pg = otherPg()
    const before = await connected(pg)
    await testTransaction.patch(pg)
    await start()
    await before.query('insert into notes values (1)')
    const pool = new pg.Pool({ connectionString: database.url(), max: 1 })
    ends.push(() => pool.end())
    const [first, second] = await Promise.all([pool.connect(), pool.connect()])
    expect((await second.query('select id from notes')).rows).toEqual([{ id: 1 }])
    first.release()
    second.release()
  })
})

function at(): { host: string; port: number; user: string; password: string } {
  const { hostname, port, username, password } = new URL(database.url())
  return { host: hostname, port: Number(port), user: username || 'postgres', password }
}

function databaseName(): string {
  return new URL(database.url()).pathname.slice(1)
}

async function freePort(): Promise<{ port: number; free: () => Promise<unknown> }> {
  const server = net.createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as net.AddressInfo
  return { port, free: () => new Promise((resolve) => server.close(resolve)) }
}

const EXPLANATION = [
  '',
  'It is that of a driver other than pg, or of a copy of pg that is not patched: what it writes would be committed.',
  '',
  "Open it after testTransaction.start(), with the option onUnsandboxed left at 'route', or through sandboxSocket; a copy of pg can be patched: testTransaction.patch(pg). If the connection is meant to be outside: testTransaction.configure({ onUnsandboxed: 'allow' }).",
  '',
  'It happened here:',
]

async function failure(work: Promise<unknown>): Promise<Error> {
  return work.then(
    () => new Error('it has not failed'),
    (error: Error) => error,
  )
}

function beginning({ message }: Error): string[] {
  return message
    .replace(/:\d+ (is|was)/, ':5432 $1')
    .split('\n')
    .slice(0, 7)
}

test('a connection of such a copy from before start() is refused when it is used', async () => {
  const client = await connected(otherPg())
  await startKnown()
  const error = await failure(client.query('insert into notes values (1)'))
  expect(error).toMatchObject({ name: 'SandboxError', code: 'PG_SANDBOX_UNSANDBOXED' })
  expect(beginning(error)).toEqual([
    'A connection to the database server 127.0.0.1:5432 was opened before start(), and is being used past the sandbox.',
    ...EXPLANATION,
  ])
  expect(error.message).toContain(__filename)
})

describe('sandboxSocket', () => {
  async function through(): Promise<InstanceType<Pg['Client']>> {
    return connected(otherPg(), { stream: () => sandboxSocket(at()) as net.Socket })
  }

  test('takes in connections from before start(), with their settings and statements', async () => {
    const client = await through()
    const named = { name: 'find', text: 'select id from notes where id = $1', values: [1] }
    await client.query("set time zone 'Asia/Tokyo'")
    expect((await client.query(named)).rows).toEqual([])
    await start()
    await client.query('insert into notes values (1)')
    expect((await client.query(named)).rows).toEqual([{ id: 1 }])
    expect((await client.query('show time zone')).rows).toEqual([{ TimeZone: 'Asia/Tokyo' }])
    await rollback()
    expect((await client.query(named)).rows).toEqual([])
    await close()
    expect((await client.query(named)).rows).toEqual([])
    expect((await client.query('show time zone')).rows).toEqual([{ TimeZone: 'Asia/Tokyo' }])
  })

  test('is a connection to the server where no level is open', async () => {
    const client = await through()
    await client.query('insert into notes values (1)')
    expect(await database.countOutside('notes')).toBe(1)
    await client.query('delete from notes')
  })
})

describe('the option onUnsandboxed', () => {
  test("'error' refuses the connection, telling where it was opened", async () => {
    await startKnown()
    configure({ onUnsandboxed: 'error' })
    const error = await failure(connected(otherPg()))
    ends.splice(1)
    expect(error).toMatchObject({ name: 'SandboxError', code: 'PG_SANDBOX_UNSANDBOXED' })
    expect(beginning(error)).toEqual([
      'A connection to the database server 127.0.0.1:5432 is being opened past the sandbox.',
      ...EXPLANATION,
    ])
    expect(error.message).toContain(__filename)
  })

  test.each(['warn', 'allow'] as const)("'%s' lets it through to the server", async (onUnsandboxed) => {
    await startKnown()
    configure({ onUnsandboxed })
    const warnings: Error[] = []
    const emit = jest.spyOn(process, 'emitWarning').mockImplementation((warning) => {
      warnings.push(warning as Error)
    })
    const client = await connected(otherPg())
    await client.query('insert into notes values (1)')
    expect(await database.countOutside('notes')).toBe(1)
    await client.query('delete from notes')
    emit.mockRestore()
    const codes =
      onUnsandboxed === 'warn' ? [expect.objectContaining({ code: 'PG_SANDBOX_UNSANDBOXED' })] : []
    expect(warnings).toEqual(codes)
  })

  test('does not take another value', () => {
    expect(() => configure({ onUnsandboxed: 'maybe' as never })).toThrow(
      "'route', 'error', 'warn' or 'allow'",
    )
  })
})

test('a socket to anything else stays as it is', async () => {
  const server = http.createServer((_, response) => response.end('hello'))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  ends.push(() => new Promise((resolve) => server.close(resolve)))
  await startKnown()
  const { port } = server.address() as net.AddressInfo
  const response = await fetch(`http://127.0.0.1:${port}/`)
  expect(await response.text()).toBe('hello')
})

test('net.Socket is as it was after unpatch()', async () => {
  await unpatch()
  const { connect } = net.Socket.prototype
  await start()
  expect(net.Socket.prototype.connect).not.toBe(connect)
  await close()
  await unpatch()
  expect(net.Socket.prototype.connect).toBe(connect)
})

test('a second copy of this package has the same sandbox', async () => {
  await startKnown()
  let copies: { testTransaction: typeof testTransaction; pg: Pg } | undefined
  jest.isolateModules(() => {
    copies = { testTransaction: require('../../src/index.ts').testTransaction, pg: require('pg') as Pg }
  })
  const { testTransaction: second, pg } = copies!
  const pool = new pg.Pool({ connectionString: database.url() })
  ends.push(() => pool.end())
  await pool.query('insert into notes values (1)')
  const count = async (): Promise<number> =>
    (await pool.query('select count(*)::int as n from notes')).rows[0].n as number
  expect(await second.parallel(count)).toBe(0)
  expect(await count()).toBe(1)
  await second.start()
  await pool.query('insert into notes values (2)')
  await rollback()
  expect(await count()).toBe(1)
})
