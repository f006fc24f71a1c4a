import { Client, Pool } from 'pg'
import { testTransaction } from '../../src/index.ts'
import { useBothWays, withClient, withPool } from '../support/both-ways.ts'
import { useDatabase } from '../support/database.ts'

const SCHEMA = 'create table notes (id int primary key, body text)'
const { expectSame } = useBothWays(SCHEMA)

const hasOnConnect = String(Reflect.get(Pool.prototype, 'newClient')).includes('onConnect')

async function show(client: Pick<Client, 'query'>, name: string): Promise<unknown> {
  return (await client.query('select current_setting($1) as value', [name])).rows[0].value
}

describe('notices', () => {
  test('reach the client that asked, and not its siblings', () =>
    expectSame(({ url }) =>
      withClient(url(), (asking) =>
        withClient(url(), async (sibling) => {
          const heard: unknown[] = []
          const describe = ({
            name,
            message,
            code,
            severity,
            detail,
            hint,
          }: Record<string, unknown>): unknown => [name, message, code, severity, detail, hint]
          asking.on('notice', (notice) => heard.push(['asking', describe(notice as never)]))
          sibling.on('notice', (notice) => heard.push(['sibling', describe(notice as never)]))
          await Promise.all([
            asking.query(
              "do $$ begin raise notice 'for the asking client' using detail = 'd', hint = 'h'; end $$",
            ),
            sibling.query('insert into notes values (1)'),
            asking.query('create table if not exists notes (id int)'),
            sibling.query('select 1'),
          ])
          await sibling.query("do $$ begin raise warning 'for the sibling'; end $$")
          return heard
        }),
      ),
    ))

  test('of the server about transactions are the server’s', () =>
    expectSame(({ url }) =>
      withClient(url(), async (client) => {
        const heard: unknown[] = []
        client.on('notice', ({ message, code }) => heard.push([message, code]))
        await client.query('commit')
        await client.query('rollback')
        await client.query('begin')
        await client.query('begin')
        await client.query('commit')
        return heard
      }),
    ))

  test('of SET LOCAL outside a transaction is the server’s', () =>
    expectSame(({ url }) =>
      withClient(url(), async (client) => {
        const heard: unknown[] = []
        client.on('notice', ({ message, code }) => heard.push([message, code]))
        await client.query('set local work_mem = 100')
        return [heard, await show(client, 'work_mem')]
      }),
    ))

  test('of the sandbox itself there are none', () =>
    expectSame(({ url }) =>
      withClient(url(), async (client) => {
        const heard: unknown[] = []
        client.on('notice', ({ message }) => heard.push(message))
        await client.query("set client_min_messages = 'debug1'")
        await client.query('insert into notes values (1)')
        await client.query('begin')
        await client.query('insert into notes values (2)')
        await client.query('rollback')
        return heard
      }),
    ))
})

describe('hooks of a pool', () => {
  test("'connect' may query without being awaited", () =>
    expectSame(async ({ url }) => {
      const pool = new Pool({ connectionString: url(), max: 2 })
      pool.on('connect', (client) => {
        void client.query("set time zone 'Asia/Tokyo'")
        void client.query('set work_mem = 4321')
      })
      const [first, second] = [await pool.connect(), await pool.connect()]
      const seen = [
        await show(first, 'TimeZone'),
        await show(second, 'work_mem'),
        await show(second, 'TimeZone'),
      ]
      first.release()
      second.release()
      await pool.end()
      return seen
    }))

  const onConnect = hasOnConnect ? test : test.skip

  onConnect('onConnect is awaited', () =>
    expectSame(async ({ url }) => {
      const calls: string[] = []
      const config = {
        connectionString: url(),
        onConnect: async (client: Client) => {
          await client.query("set time zone 'Asia/Tokyo'")
          calls.push('set')
        },
      }
      return withPool(config as never, async (pool) => {
        const client = await pool.connect()
        calls.push('connected')
        const zone = await show(client, 'TimeZone')
        client.release()
        return [zone, calls]
      })
    }),
  )

  onConnect('an onConnect that fails makes connect() fail', () =>
    expectSame(async ({ url }) => {
      const config = {
        connectionString: url(),
        onConnect: (client: Client) => client.query('select no_column'),
      }
      return withPool(config as never, (pool) => pool.query('select 1'))
    }),
  )
})

describe('settings', () => {
  const database = useDatabase(SCHEMA)

  test('are of one client alone', () =>
    expectSame(({ url }) =>
      withClient(url(), (first) =>
        withClient(url(), async (second) => {
          await first.query("set time zone 'Asia/Tokyo'")
          await second.query("set work_mem = '5MB'")
          const seen: unknown[] = []
          for (const client of [first, second, first]) {
            seen.push([await show(client, 'TimeZone'), await show(client, 'work_mem')])
          }
          await first.query('reset time zone')
          seen.push(await show(first, 'work_mem'), await show(second, 'work_mem'))
          return seen
        }),
      ),
    ))

  test('of the configuration hold', () =>
    expectSame(async ({ url }) => {
      const config = {
        connectionString: url(),
        application_name: 'the tests',
        statement_timeout: 12_345,
        lock_timeout: 2345,
        options: '-c geqo_threshold=7',
      }
      return withClient(config, (client) =>
        withClient(url(), async (plain) => {
          const names = ['application_name', 'statement_timeout', 'lock_timeout', 'geqo_threshold']
          const seen: unknown[] = []
          for (const name of names) seen.push(await show(client, name), await show(plain, name))
          await client.query('insert into notes values (1)')
          for (const name of names) seen.push(await show(client, name), await show(plain, name))
          return seen
        }),
      )
    }))

  test.each([
    ['application_name', 'search_path', 'transaction_isolation', 'idle_in_transaction_session_timeout'],
    ['default_transaction_read_only', 'transaction_read_only'],
  ])('show what they show plainly: %s …', (...names) =>
    expectSame(({ url }) =>
      withClient(url(), async (client) => {
        const seen: unknown[] = []
        for (const name of names) seen.push([name, await show(client, name)])
        await client.query('insert into notes values (1)')
        for (const name of names) seen.push([name, await show(client, name)])
        return seen
      }),
    ),
  )

  test('set in a transaction that is rolled back are rolled back', () =>
    expectSame(({ url }) =>
      withClient(url(), async (client) => {
        await client.query("set work_mem = '5MB'")
        await client.query('begin')
        await client.query("set work_mem = '6MB'")
        await client.query("set local search_path = 'nowhere'")
        const within = [await show(client, 'work_mem'), await show(client, 'search_path')]
        await client.query('rollback')
        const after = [await show(client, 'work_mem'), await show(client, 'search_path')]
        await client.query('begin')
        await client.query("set local work_mem = '7MB'")
        await client.query('commit')
        return [within, after, await show(client, 'work_mem')]
      }),
    ))

  test('made at connect hold in the second test, and never in a sibling', async () => {
    await testTransaction.start()
    const pool = new Pool({ connectionString: database.url(), max: 1 })
    pool.on('connect', (client) => void client.query("set time zone 'Asia/Tokyo'"))
    const sibling = new Client(database.url())
    await sibling.connect()
    for (const _ of ['first', 'second', 'third']) {
      await testTransaction.start()
      const seen = [await show(pool, 'TimeZone'), await show(sibling, 'TimeZone')]
      await pool.query('insert into notes values (1)')
      await sibling.query('insert into notes values (2)')
      seen.push(await show(pool, 'TimeZone'), await show(sibling, 'TimeZone'))
      await testTransaction.rollback()
      const own = await database.outside('show time zone')
      const ordinary = own[0]?.TimeZone
      expect(seen).toEqual(['Asia/Tokyo', ordinary, 'Asia/Tokyo', ordinary])
    }
    await testTransaction.close()
    await pool.end()
    await sibling.end()
  })

  test('made inside hold after close(), as the client believes', async () => {
    await testTransaction.start()
    await withClient(database.url(), async (client) => {
      await client.query("set time zone 'Asia/Tokyo'")
      await testTransaction.close()
      expect(await show(client, 'TimeZone')).toBe('Asia/Tokyo')
    })
  })
})

test('the role of a client is its own', () =>
  expectSame(({ url }) =>
    withClient(url(), (superuser) =>
      withClient(url({ user: 'app_user', password: 'secret' }), async (user) => {
        const who = 'select current_user, session_user'
        const seen = [(await superuser.query(who)).rows, (await user.query(who)).rows]
        await superuser.query('set role app_user')
        seen.push((await superuser.query(who)).rows, (await user.query(who)).rows)
        await superuser.query('reset role')
        seen.push((await superuser.query(who)).rows)
        return seen
      }),
    ),
  ))

test('the role app_user is refused what it may not do, beside the superuser', () =>
  expectSame(({ url }) =>
    withPool({ connectionString: url({ user: 'app_user', password: 'secret' }) }, async (users) => {
      const refused = await users
        .query('insert into notes values (1)')
        .catch((error) => [error.message, error.code])
      await withClient(url(), (superuser) => superuser.query('insert into notes values (1)'))
      return refused
    }),
  ))
