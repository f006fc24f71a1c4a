import { Client } from 'pg'
import { testTransaction } from '../../src/index.ts'
import { useDatabase } from '../support/database.ts'
import { useComparison } from './compare.ts'

const { compare, compareInEachProtocol } = useComparison('revoke insert on accounts from public')

const who = 'select current_user, session_user'
const cid = "insert into accounts values (3, 'Cid', 1)"

describe.each([
  'set local role app_user',
  "select set_config('role', 'app_user', true)",
  'set local role to app_user',
])('%s', (sql) => {
  compareInEachProtocol(
    'ends with the transaction, whatever its end',
    async (a, b) => {
      for (const end of ['commit', 'rollback', 'commit and chain']) {
        await a.run('begin')
        await a.run(sql)
        await a.run(who)
        await a.run('savepoint s')
        await a.run(cid)
        await a.run('rollback to s')
        await a.run(end)
        await a.run(who)
        await a.run('end')
      }
      await a.run(cid)
      await b.run(who)
    },
    ['row ["app_user","postgres"]', 'rejected 42501', 'row ["postgres","postgres"]', 'INSERT 0 1'],
  )

  compareInEachProtocol(
    'over a role of the session, and back',
    async (a) => {
      await a.run('set role app_user')
      await a.run('begin')
      await a.run('set local role none')
      await a.run(who)
      await a.run(cid)
      await a.run('commit')
      await a.run(who)
      await a.run('reset role')
      await a.run('begin')
      await a.run(sql)
      await a.run('reset role')
      await a.run(who)
      await a.run('commit')
      await a.run(who)
    },
    [
      'row ["postgres","postgres"]',
      'INSERT 0 1',
      'row ["app_user","postgres"]',
      'row ["postgres","postgres"]',
    ],
  )
})

compareInEachProtocol(
  'SET LOCAL SESSION AUTHORIZATION ends with the transaction',
  async (a) => {
    for (const end of ['commit', 'rollback']) {
      await a.run('begin')
      await a.run('set local session authorization app_user')
      await a.run(who)
      await a.run(end)
      await a.run(who)
    }
    await a.run(cid)
  },
  [
    'row ["app_user","app_user"]',
    'complete COMMIT',
    'row ["postgres","postgres"]',
    'complete ROLLBACK',
    '"postgres"]',
  ],
)

compareInEachProtocol(
  'outside a transaction a local role warns and changes nothing',
  async (a) => {
    await a.run('set local role app_user')
    await a.run(who)
    await a.run('set local session authorization app_user')
    await a.run(who)
    await a.run("select set_config('role', 'app_user', true), current_user")
    await a.run(who)
    await a.run('set local role nobody_at_all')
  },
  [
    'code=25P01',
    'row ["postgres","postgres"]',
    'row ["postgres","postgres"]',
    'row ["postgres","postgres"]',
    'rejected 22023',
  ],
)

describe('forgetting', () => {
  compareInEachProtocol(
    'RESET ALL takes back settings, not the role, and is undone by ROLLBACK',
    async (a) => {
      await a.run("set app.tenant to 'x'")
      await a.run("set timezone to 'Asia/Tokyo'")
      await a.run('set role app_user')
      await a.run('begin')
      await a.run('reset all')
      await a.run('show timezone')
      await a.run('rollback')
      await a.run('show timezone')
      await a.run("select current_setting('app.tenant')")
      await a.run('reset all')
      await a.run('/* reset */ show timezone')
      await a.run("/* reset */ select current_setting('app.tenant')")
      await a.run(who)
    },
    [
      'complete ROLLBACK',
      'row ["Asia/Tokyo"]',
      'row ["x"]',
      'reset all',
      'row [""]',
      'row ["app_user","postgres"]',
    ],
  )

  compareInEachProtocol(
    'DISCARD ALL takes back settings and role',
    async (a, b) => {
      await a.run("set timezone to 'Asia/Tokyo'")
      await a.run("set app.tenant to 'x'")
      await a.run('set session authorization app_user')
      await b.run("set timezone to 'America/Lima'")
      await a.run('discard all')
      await a.run(who)
      await a.run("select current_setting('app.tenant', true)")
      await a.run("select current_setting('timezone') = 'Asia/Tokyo'")
      await b.run('show timezone')
    },
    ['row ["postgres","postgres"]', 'row [""]', 'row ["f"]', 'row ["America/Lima"]'],
  )

  compare(
    'DISCARD ALL, DEALLOCATE ALL and DEALLOCATE drop prepared statements, DISCARD PLANS does not',
    async (a, b) => {
      for (const forget of ['discard all', 'deallocate all', 'deallocate prepare all', 'deallocate p']) {
        await a.simple('prepare p as select 1')
        await a.simple('discard plans')
        await a.simple('execute p')
        await a.simple(forget)
        await a.simple('execute p')
      }
      await a.simple('deallocate p')
      await b.prepared('named', 'select $1::int', 1)
      await a.prepared('named', 'select $1::text', 'x')
      await a.simple('discard plans')
      await a.prepared('named', 'select $1::text', 'y')
      await a.simple('deallocate all')
      await b.prepared('named', 'select $1::int', 2)
      await a.prepared('named', 'select $1::text', 'z')
    },
    [
      'row ["1"]',
      'rejected 26000',
      'rejected 26000',
      'rejected 26000',
      'rejected 26000',
      'row ["y"]',
      'row ["2"]',
      '26000',
    ],
  )

  compareInEachProtocol(
    'DISCARD SEQUENCES forgets the last values',
    async (a) => {
      await a.run("select nextval('numbers') > 0")
      await a.run("select currval('numbers') = lastval()")
      await a.run('discard sequences')
      await a.run("/* forgotten */ select currval('numbers') = lastval()")
      await a.run('begin')
      await a.run("select nextval('numbers') > 0")
      await a.run('discard sequences')
      await a.run('select lastval() > 0')
      await a.run('rollback')
    },
    ['row ["t"]', 'row ["t"]', 'rejected 55000, status I', 'rejected 55000, status E'],
  )

  compareInEachProtocol(
    'DISCARD ALL is refused in a transaction, the others are not',
    async (a) => {
      await a.run('begin')
      await a.run('discard plans')
      await a.run('deallocate all')
      await a.run('discard all')
      await a.run('rollback')
    },
    ['DISCARD PLANS', 'DEALLOCATE ALL', 'rejected 25001, status E'],
  )
})

describe('from test to test', () => {
  const database = useDatabase()
  const clients: Client[] = []
  beforeAll(() => testTransaction.close())
  afterEach(async () => {
    await testTransaction.close()
    await Promise.all(clients.splice(0).map((client) => client.end()))
  })

  async function connected(): Promise<Client> {
    const client = new Client({ connectionString: database.url() })
    clients.push(client)
    await client.connect()
    return client
  }

  const tenantOf = async (client: Client): Promise<unknown> =>
    (await client.query("select current_setting('app.tenant', true) as tenant")).rows[0].tenant

  test('what was SET stays with its client, what was local does not', async () => {
    await testTransaction.start()
    const [one, other] = [await connected(), await connected()]
    await testTransaction.start()
    await one.query("set app.tenant to 'kept'")
    await one.query('begin')
    await one.query("set app.other to 'kept too'")
    await one.query("set local app.tenant to 'local'")
    await one.query('set local role app_user')
    await one.query('commit')
    await testTransaction.rollback()
    await testTransaction.start()
    expect(await tenantOf(one)).toBe('kept')
    expect((await one.query('show app.other')).rows).toEqual([{ 'app.other': 'kept too' }])
    expect((await one.query('select current_user')).rows).toEqual([{ current_user: 'postgres' }])
    expect(await tenantOf(other)).toBeFalsy()
    await testTransaction.rollback()
  })

  test('what was local in a transaction that a test left open is over', async () => {
    await testTransaction.start()
    const [one, other] = [await connected(), await connected()]
    await testTransaction.start()
    await one.query('begin')
    await one.query("select set_config('app.tenant', 'local', true)")
    await one.query("set app.other to 'undone'")
    await testTransaction.rollback()
    await testTransaction.start()
    expect(await tenantOf(one)).toBeFalsy()
    expect(await tenantOf(other)).toBeFalsy()
    expect((await one.query("select current_setting('app.other', true) as other")).rows[0].other).toBeFalsy()
    await testTransaction.rollback()
  })
})
