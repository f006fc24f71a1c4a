import net from 'node:net'
import path from 'node:path'
import { Client, DatabaseError, Pool, type QueryConfig } from 'pg'
import { testTransaction } from '../../src/index.ts'
import { describeError, rejection, useBothWays, withClient, withPool } from '../support/both-ways.ts'
import { useDatabase } from '../support/database.ts'
import { startProxy } from '../support/proxy.ts'
import { until } from '../support/until.ts'

const SCHEMA = `do $schema$ begin
  create table owners (id int primary key, name text not null check (name <> ''));
  create table pets (id int primary key, owner int references owners, unique (owner));
  create function fails() returns int language plpgsql as $$ begin
    raise exception 'made up' using errcode = 'P0777', detail = 'the detail', hint = 'the hint',
      table = 'owners', column = 'name', constraint = 'made_up';
  end $$;
  create table later (id int unique deferrable initially deferred);
end $schema$`

const { expectSame } = useBothWays(SCHEMA)

describe('an error of the server', () => {
  test.each([
    ['a syntax error', 'selct 1'],
    ['an unknown column, behind a long text', `select 1, ${'2, '.repeat(50)} no_column`],
    ['an unknown table', 'select * from nowhere'],
    ['a unique violation', "insert into owners values (1, 'again')"],
    ['a check violation', "insert into owners values (2, '')"],
    ['a missing value', 'insert into owners values (2)'],
    ['a foreign key violation', 'insert into pets values (1, 77)'],
    ['a foreign key violation the other way', 'delete from owners'],
    ['an error raised in a function', 'select fails()'],
    ['an error in DO, with its context', 'do $$ begin perform 1/0; end $$'],
    [
      'an error in the second of three statements',
      "insert into owners values (5, 'five'); select 1/0; select 5",
    ],
    ['a syntax error in the second of two statements', "insert into owners values (5, 'five'); selct"],
    ['a value of the wrong type', "select 'x'::int"],
    ['a statement with an umlaut before the error', "select 'äöü€😀', no_column"],
  ])('is the same as plainly, outside and inside a transaction, simple and extended: %s', (_, text) =>
    expectSame(({ url }) =>
      withClient(url(), async (client) => {
        await client.query("insert into owners values (1, 'one')")
        await client.query('insert into pets values (9, 1)')
        const simple = await rejection(client.query(text))
        const extended = await rejection(client.query({ text, values: [], name: 'by name' }))
        await client.query('begin')
        const within = await rejection(client.query(text))
        const aborted = await rejection(client.query('select 1'))
        await client.query('rollback')
        const { rows } = await client.query('select * from owners')
        return [simple, extended, within, aborted, rows]
      }),
    ),
  )

  test('is a DatabaseError, and its stack names the file of the test where pg does that', async () => {
    const errors = (): Promise<DatabaseError[]> =>
      withPool({ connectionString: process.env.PG_SANDBOX_TEST_SERVER! }, async (pool) => [
        await pool.query('select no_column').catch((error) => error),
        await pool.query('select $1::int', ['x']).catch((error) => error),
        await lentQuery(pool).catch((error) => error),
      ])
    const callers = ({ stack }: Error): boolean[] =>
      [path.basename(__filename), 'lentQuery'].map((caller) => stack!.includes(caller))
    const plain = (await errors()).map(callers)
    await testTransaction.start()
    const sandboxed = await errors()
    expect(sandboxed.map(callers)).toEqual(plain)
    for (const error of sandboxed) expect(error).toBeInstanceOf(DatabaseError)
  })

  async function lentQuery(pool: Pool): Promise<void> {
    const client = await pool.connect()
    try {
      await client.query('select no_column')
    } finally {
      client.release()
    }
  }

  test('of a deferred constraint comes at COMMIT', () =>
    expectSame(({ url }) =>
      withClient(url(), async (client) => {
        await client.query('begin')
        await client.query('insert into later values (1), (1)')
        const failed = await rejection(client.query('commit'))
        return [failed, (await client.query('select * from later')).rows]
      }),
    ))
})

describe('timeouts', () => {
  test('query_timeout of the client and of one query', () =>
    expectSame(async ({ url }) => {
      const client = new Client({ connectionString: url(), query_timeout: 100 })
      await client.connect()
      const slow = await rejection(client.query('select pg_sleep(0.4)'))
      const next = await client.query({
        text: 'select 1 as works',
        query_timeout: 3000,
      } as object as QueryConfig)
      const own = await rejection(client.query({ text: 'select pg_sleep(0.4)', query_timeout: 50 } as never))
      const last = await client.query({
        text: 'select 2 as works',
        query_timeout: 3000,
      } as object as QueryConfig)
      await client.end()
      return [slow, next.rows, own, last.rows]
    }))

  test('statement_timeout of the configuration, for this client alone', () =>
    expectSame(({ url }) =>
      withClient({ connectionString: url(), statement_timeout: 100 }, (hasty) =>
        withClient(url(), async (patient) => {
          const slow = await rejection(hasty.query('select pg_sleep(3)'))
          await patient.query('select pg_sleep(0.15)')
          await hasty.query("insert into owners values (1, 'one')")
          const again = await rejection(hasty.query('select pg_sleep(3)'))
          const { rows } = await patient.query('select name from owners')
          return [slow, again, rows]
        }),
      ),
    ))

  test('lock_timeout and idle_in_transaction_session_timeout of the configuration do not disturb', () =>
    expectSame(({ url }) =>
      withClient(
        { connectionString: url(), lock_timeout: 100, idle_in_transaction_session_timeout: 5000 },
        async (client) => {
          await client.query("insert into owners values (1, 'one')")
          return (await client.query('select name from owners')).rows
        },
      ),
    ))

  test('a query cancelled by pg_cancel_backend fails alone', () =>
    expectSame(({ url }) =>
      withClient(url(), async (client) => {
        const cancelled = await rejection(client.query('select pg_cancel_backend(pg_backend_pid())'))
        await client.query("insert into owners values (1, 'one')")
        return [cancelled, (await client.query('select name from owners')).rows]
      }),
    ))
})

describe('a connection that fails', () => {
  const database = useDatabase()

  type Config = Record<string, unknown>
  const server = (): Config => {
    const { hostname, port, username, password } = new URL(database.url())
    return {
      host: hostname,
      port: Number(port),
      user: username,
      password,
      database: new URL(database.url()).pathname.slice(1),
    }
  }
  const appUser = (): Config => ({ ...server(), user: 'app_user', password: undefined })

  const cases: [string, () => Config][] = [
    ['a wrong password', () => ({ ...appUser(), password: 'wrong' })],
    ['no password', () => appUser()],
    ['an empty password', () => ({ ...appUser(), password: '' })],
    [
      'a password function that rejects',
      () => ({ ...appUser(), password: () => Promise.reject(new Error('no secret today')) }),
    ],
    [
      'a password function that throws',
      () => ({
        ...appUser(),
        password: () => {
          throw new Error('no secret today')
        },
      }),
    ],
    ['a password function that gives a number', () => ({ ...appUser(), password: () => 5 })],
    ['a missing database', () => ({ ...server(), database: 'pg_sandbox_no_such_database' })],
    ['a missing user', () => ({ ...server(), user: 'pg_sandbox_no_such_user', password: 'x' })],
    ['a refused port', () => ({ ...server(), port: 1 })],
    ['a host that does not resolve', () => ({ ...server(), host: 'no-such-host.invalid' })],
    ['a socket folder that is not there', () => ({ ...server(), host: '/nonexistent' })],
    ['TLS at a server without it', () => ({ ...server(), ssl: true })],
    [
      'TLS without verification at a server without it',
      () => ({ ...server(), ssl: { rejectUnauthorized: false } }),
    ],
    ['a wrong start-up option', () => ({ ...server(), options: '-c no_such_setting=1' })],
    ['a wrong value of a start-up option', () => ({ ...server(), options: '-c work_mem=nonsense' })],
  ]

  const made: Client[] = []
  class Remembered extends Client {
    constructor(config?: object) {
      super(config)
      made.push(this)
    }
  }

  // pg leaves the connection open when a password function fails.
  afterEach(() => {
    for (const client of made.splice(0)) Reflect.get(client, 'connection').stream.destroy()
  })

  async function attempt(given: Config): Promise<unknown> {
    const config = { ...given, Client: Remembered }
    const events: string[] = []
    const client = new Remembered(config)
    client.on('error', (error) => events.push(`error: ${error.message}`))
    const byPromise = await rejection(client.connect())
    await new Promise((resolve) => setTimeout(resolve, 20))
    const pool = new Pool(config)
    pool.on('error', (error) => events.push(`pool error: ${error.message}`))
    const byPool = await rejection(pool.query('select 1'))
    const byConnect = await rejection(pool.connect())
    await pool.end()
    const withCallback = new Remembered(config)
    withCallback.on('error', () => {})
    const byCallback = await new Promise((resolve) => {
      withCallback.connect((error?: Error) => resolve(describeError(error)))
    })
    return [byPromise, byPool, byConnect, byCallback, events]
  }

  test.each(cases)(
    '%s: the error of pg, and everything works afterwards',
    async (_, config) => {
      const plain = await attempt(config())
      await testTransaction.start()
      expect(await attempt(config())).toEqual(plain)
      await withClient(server(), async (client) => {
        await client.query('create table made (id int)')
        expect(await attempt(config())).toEqual(plain)
        expect((await client.query('select * from made')).rows).toEqual([])
      })
      await testTransaction.rollback()
      await testTransaction.close()
      await expect(database.outside('select * from made')).rejects.toMatchObject({ code: '42P01' })
    },
    30_000,
  )

  test('a password function that gives the password, at once or later', () =>
    expectSame(async ({ url }) => {
      const seen: unknown[] = []
      for (const password of [() => 'secret', async () => 'secret']) {
        const { hostname, port, pathname } = new URL(url())
        const config = {
          host: hostname,
          port: Number(port),
          database: pathname.slice(1),
          user: 'app_user',
          password,
        }
        seen.push(
          await withClient(config, async (client) => (await client.query('select current_user')).rows),
        )
      }
      return seen
    }))

  test('a wrong password after a right one is refused still', () =>
    expectSame(async ({ url }) => {
      const right = url({ user: 'app_user', password: 'secret' })
      return withClient(right, async (client) => {
        const wrong = await rejection(new Client(url({ user: 'app_user', password: 'wrong' })).connect())
        return [wrong, (await client.query('select 1 as works')).rows]
      })
    }))

  test('connectionTimeoutMillis at a server that says nothing', async () => {
    const sockets: net.Socket[] = []
    const silent = net.createServer((socket) => sockets.push(socket.on('error', () => {})))
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve))
    const { port } = silent.address() as net.AddressInfo
    const config = { host: '127.0.0.1', port, user: 'x', database: 'x', connectionTimeoutMillis: 150 }
    const both = async (): Promise<unknown> => {
      const client = new Client(config)
      client.on('error', () => {})
      const byClient = await rejection(client.connect())
      const pool = new Pool(config)
      const byPool = await rejection(pool.query('select 1'))
      await pool.end()
      return [byClient, byPool]
    }
    try {
      const plain = await both()
      await testTransaction.start()
      const sandboxed = await both()
      await testTransaction.close()
      expect(sandboxed).toEqual(plain)
    } finally {
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => silent.close(resolve))
    }
  })

  test('connectionTimeoutMillis of one client does not end the login of another', async () => {
    const proxy = await startProxy(Number(server().port), { delay: 400 })
    const { port } = proxy
    const both = (): Promise<unknown> => {
      const hasty = new Client({ ...server(), port, connectionTimeoutMillis: 100 })
      hasty.on('error', () => {})
      const patient = (): Promise<unknown> =>
        withClient({ ...server(), port }, async (client) => (await client.query('select 1 as works')).rows)
      return Promise.all([rejection(hasty.connect()), patient().catch(describeError)])
    }
    try {
      const plain = await both()
      await testTransaction.start()
      expect(await both()).toEqual(plain)
      await testTransaction.close()
    } finally {
      await proxy.close()
    }
  })

  test.each([
    ['a password function that rejects', () => Promise.reject(new Error('no secret today'))],
    ['a password that is no string', () => 5],
    ['a wrong password', () => 'wrong'],
  ])('no connection is left open after %s', async (_, password) => {
    const proxy = await startProxy(Number(server().port))
    const failOnce = async (): Promise<void> => {
      const client = new Client({ ...appUser(), port: proxy.port, password: password as () => string })
      client.on('error', () => {})
      await rejection(client.connect())
      Reflect.get(client, 'connection').stream.destroy()
    }
    try {
      await failOnce()
      await until(() => proxy.open() === 0)
      await testTransaction.start()
      await failOnce()
      await testTransaction.close()
      await until(() => proxy.open() === 0)
    } finally {
      await proxy.close()
    }
  })

  test('connectionTimeoutMillis of a pool that works does not disturb', () =>
    expectSame(({ url }) =>
      withPool({ connectionString: url(), connectionTimeoutMillis: 2000 }, async (pool) => {
        await pool.query("insert into owners values (1, 'one')")
        return (await pool.query('select name from owners')).rows
      }),
    ))
})
