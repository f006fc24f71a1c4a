import { Client, type Pool } from 'pg'
import { testTransaction } from '../../src/index.ts'
import { useBothWays, withClient, withPool } from '../support/both-ways.ts'
import { useDatabase } from '../support/database.ts'
import { until } from '../support/until.ts'

const database = useDatabase()
const elsewhere = useDatabase()
const { expectSame } = useBothWays()
const clients: Client[] = []

afterEach(async () => {
  await testTransaction.close()
  await Promise.all(clients.splice(0).map((client) => client.end()))
})

type Listener = Client & { readonly heard: string[]; hears(): Promise<string[]> }

/** A client that listens to `c` and keeps what it is told; `hears()` gives that, and forgets it. */
async function listener(url = database.url()): Promise<Listener> {
  const client = await connected(url)
  await client.query('listen c')
  return listening(client)
}

function listening(client: Client): Listener {
  const heard: string[] = []
  client.on('notification', ({ payload }) => heard.push(String(payload)))
  const hears = async (): Promise<string[]> => {
    await client.query('')
    return heard.splice(0)
  }
  return Object.assign(client, { heard, hears })
}

async function connected(url = database.url()): Promise<Client> {
  const client = new Client({ connectionString: url })
  clients.push(client)
  await client.connect()
  return client
}

describe('as without a sandbox', () => {
  test('a listener that does nothing is told, with channel, payload and the sender’s process', () =>
    expectSame(({ url }) =>
      withClient(url(), (hearing) =>
        withClient(url(), async (sending) => {
          const heard: string[] = []
          const { processID } = sending as Client & { processID: number }
          expect((hearing as Client & { processID: number }).processID).not.toBe(processID)
          for (const client of [hearing, sending])
            client.on('notification', ({ channel, payload, processId, ...rest }) => {
              const who = client === hearing ? 'hearing' : 'sending'
              heard.push([who, channel, payload, processId === processID, ...Object.keys(rest)].join(' '))
            })
          await hearing.query('listen c')
          await sending.query('listen c')
          await sending.query('begin')
          await sending.query("notify c, 'one'")
          await sending.query('commit')
          await sending.query("select pg_notify('c', $1)", ['two'])
          await until(() => heard.length === 4)
          return heard.toSorted()
        }),
      ),
    ))

  test('a pool whose clients listen when they connect', () =>
    expectSame(({ url }) =>
      withPool({ connectionString: url(), max: 2 }, async (pool: Pool) => {
        const heard: unknown[] = []
        pool.on('connect', (client) => {
          client.on('notification', ({ channel, payload }) => heard.push([channel, payload]))
          void client.query('listen c')
        })
        const [first, second] = [await pool.connect(), await pool.connect()]
        await first.query('select 1')
        await second.query('begin')
        await second.query("notify c, 'in a transaction'")
        await second.query('commit')
        first.release()
        second.release()
        await until(() => heard.length === 2)
        await pool.query("select pg_notify('c', 'by the pool')")
        await until(() => heard.length === 4)
        return heard
      }),
    ))

  test('two users of the same database hear each other', () =>
    expectSame(({ url }) =>
      withClient(url({ user: 'app_user', password: 'secret' }), (user) =>
        withClient(url(), async (superuser) => {
          const heard: string[] = []
          user.on('notification', ({ payload }) => heard.push(`user: ${payload}`))
          superuser.on('notification', ({ payload }) => heard.push(`superuser: ${payload}`))
          await user.query('listen c')
          await superuser.query('listen c')
          await user.query("notify c, 'from the user'")
          await until(() => heard.length === 2)
          await superuser.query("notify c, 'from the superuser'")
          await until(() => heard.length === 4)
          return heard.toSorted()
        }),
      ),
    ))

  test('a client of another database hears nothing', () =>
    expectSame(({ url }) =>
      withClient(elsewhere.url(), (far) =>
        withClient(url(), async (near) => {
          const heard: string[] = []
          far.on('notification', ({ payload }) => heard.push(`far: ${payload}`))
          near.on('notification', ({ payload }) => heard.push(`near: ${payload}`))
          await far.query('listen c')
          await near.query('listen c')
          await near.query("notify c, 'near'")
          await far.query("notify c, 'far'")
          await until(() => heard.length === 2)
          await near.query('')
          await far.query('')
          return heard.toSorted()
        }),
      ),
    ))
})

describe('tests and levels', () => {
  test('a listener whose transaction a test has left open hears again in the next test', async () => {
    await testTransaction.start()
    const hearing = await listener()
    const sending = await connected()
    await testTransaction.start()
    await hearing.query('begin')
    await hearing.query('select 1')
    await testTransaction.rollback()
    await testTransaction.start()
    await sending.query("notify c, 'told in this test'")
    expect(await hearing.hears()).toEqual(['told in this test'])
    await testTransaction.rollback()
    await testTransaction.start()
    expect(await hearing.hears()).toEqual([])
  })

  test('what a test has sent and not committed is never told', async () => {
    await testTransaction.start()
    const hearing = await listener()
    const sending = await connected()
    await testTransaction.start()
    await sending.query('begin')
    await sending.query("notify c, 'not committed'")
    await testTransaction.rollback()
    await testTransaction.start()
    await sending.query("notify c, 'next test'")
    expect(await hearing.hears()).toEqual(['next test'])
  })

  test('LISTEN of one test stays with its client for the next', async () => {
    await testTransaction.start()
    const sending = await connected()
    await testTransaction.start()
    const hearing = await listener()
    const ending = await listener()
    await testTransaction.rollback()
    await testTransaction.start()
    await ending.end()
    await sending.query("notify c, 'second test'")
    expect(await hearing.hears()).toEqual(['second test'])
    expect(ending.heard).toEqual([])
    await hearing.query('unlisten c')
    await testTransaction.rollback()
    await testTransaction.start()
    await sending.query("notify c, 'third test'")
    expect(await hearing.hears()).toEqual([])
  })

  test('LISTEN from before the sandbox holds in it and after it', async () => {
    const hearing = await listener()
    const sending = await connected()
    await testTransaction.start()
    await testTransaction.start()
    // A client that has made no query inside is not known to it.
    await hearing.query('select 1')
    await sending.query("notify c, 'first test'")
    expect(await hearing.hears()).toEqual(['first test'])
    await testTransaction.rollback()
    await testTransaction.start()
    await sending.query("notify c, 'second test'")
    expect(await hearing.hears()).toEqual(['second test'])
    await testTransaction.rollback()
    await testTransaction.close()
    await sending.query("notify c, 'after the sandbox'")
    expect(await hearing.hears()).toEqual(['after the sandbox'])
  })

  test('LISTEN of a test is over when the sandbox is closed', async () => {
    await testTransaction.start()
    const hearing = await listener()
    const sending = await connected()
    await testTransaction.close()
    await sending.query("notify c, 'after the sandbox'")
    expect(await hearing.hears()).toEqual([])
    await testTransaction.start()
    await sending.query("notify c, 'in the next sandbox'")
    expect(await hearing.hears()).toEqual([])
    await hearing.query('listen c')
    await sending.query("notify c, 'listened again'")
    expect(await hearing.hears()).toEqual(['listened again'])
  })

  test('nothing is told to other processes', async () => {
    const outside = await listener()
    await testTransaction.start()
    const sending = await connected()
    await sending.query("notify c, 'inside'")
    await testTransaction.close()
    await database.outside("notify c, 'outside'")
    await until(() => outside.heard.length > 0)
    expect(outside.heard).toEqual(['outside'])
  })
})

describe('parallel scopes', () => {
  test('hear their own, and nothing of each other or of the test around them', async () => {
    await testTransaction.start()
    const around = await listener()
    const scope = (name: string): Promise<string[]> =>
      testTransaction.parallel(async () => {
        const hearing = await listener()
        const sending = await connected()
        await sending.query('begin')
        await sending.query('select pg_notify($1, $2)', ['c', name])
        await sending.query('commit')
        await sending.query('select pg_sleep(0.02)')
        const heard = await hearing.hears()
        await sending.end()
        await hearing.end()
        return heard
      })
    const heard = await Promise.all([scope('one'), scope('two'), around.query("notify c, 'around'")])
    expect(heard.slice(0, 2)).toEqual([['one'], ['two']])
    expect(await around.hears()).toEqual(['around'])
  })

  test('what a listener from outside sends and hears in a scope stays there', async () => {
    await testTransaction.start()
    const hearing = await listener()
    const sending = await connected()
    await testTransaction.parallel(async () => {
      await sending.query("notify c, 'in the scope'")
      await sending.query('select 1')
    })
    expect(await hearing.hears()).toEqual([])
    await sending.query("notify c, 'in the test'")
    expect(await hearing.hears()).toEqual(['in the test'])
  })
})
