import { Client } from 'pg'
import { testTransaction } from '../../src/index.ts'
import { runScript } from '../support/node-process.ts'
import { outcome, pause, settled, usePooled } from '../support/pooled.ts'
import { until } from '../support/until.ts'

/** A level, or a connection, ends while a client is in the middle of something. */
const { start, rollback, close, parallel } = testTransaction
const fixture = usePooled('create table notes (id int primary key, text text)')
const copyStreams = require('pg-copy-streams')

type Cursor = {
  read(rows: number): Promise<unknown[]>
  handleCommandComplete(message: unknown): void
}
const CursorClass: new (text: string) => Cursor = require('pg-cursor')

async function connect(): Promise<{ client: Client; errors: string[] }> {
  const client = new Client(fixture.database.url())
  const errors: string[] = []
  client.on('error', ({ message }) => errors.push(message))
  fixture.clients.push(client)
  await client.connect()
  return { client, errors }
}

async function terminate(which: string): Promise<void> {
  const { outside } = fixture.database
  const others = `from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid() and ${which}`
  await outside(`select pg_terminate_backend(pid) ${others}`)
  await until(async () => (await outside(`select pid ${others}`)).length === 0)
}

describe('a client from before start() whose own connection is terminated', () => {
  beforeEach(() => testTransaction.configure({ outsideQueryTimeout: 300 }))
  afterEach(() => testTransaction.configure({ outsideQueryTimeout: 1000 }))

  test.each(['in the middle of COPY FROM', 'in a transaction'])(
    'ends, and holds nobody up %s',
    async (where) => {
      const { client, errors } = await connect()
      const { rows } = await client.query('select pg_backend_pid() as pid')
      await start()
      await start()
      if (where === 'in a transaction') {
        await client.query('begin')
        await client.query('insert into notes values (1)')
      } else {
        const copy = client.query(copyStreams.from('copy notes from stdin')).on('error', () => {})
        copy.write('1\tx\n')
        const copying = `select from pg_stat_activity where state = 'active' and query like 'copy notes%'`
        await until(async () => (await fixture.database.outside(copying)).length === 1)
      }
      await terminate(`pid = ${rows[0].pid}`)
      await until(() => errors.length > 0)
      expect(errors).toEqual(['Connection terminated unexpectedly'])
      expect(await settled(outcome(fixture.pool.query('select id from notes')))).toEqual([])
      expect(await settled(rollback())).toBeUndefined()
    },
    20_000,
  )

  test('in the middle of COPY TO throws nothing', async () => {
    const ended = await runScript(
      fixture.database.url(),
      `const copyStreams = require('pg-copy-streams')
      const [client, other] = [new Client(url), new Client(url)]
      const failed = new Promise((resolve) => client.on('error', resolve))
      await Promise.all([client.connect(), other.connect()])
      const { rows: [{ pid }] } = await client.query('select pg_backend_pid() as pid')
      await testTransaction.start()
      const rows = "select repeat('x', 10000), pg_sleep(0.002) from generate_series(1, 200)"
      const copy = client.query(copyStreams.to('copy (' + rows + ') to stdout'))
      copy.on('error', () => {})
      await new Promise((resolve) => copy.resume().once('data', resolve))
      await testTransaction.parallel(() => other.query('select pg_terminate_backend($1)', [pid]))
      console.log((await failed).message)
      await new Promise((resolve) => setTimeout(resolve, 100))
      await testTransaction.close()
      await other.end()`,
      8000,
    )
    expect(ended).toMatchObject({ code: 0, stdout: 'Connection terminated unexpectedly\n', stderr: '' })
  })
})

describe('the last page of a cursor comes', () => {
  /** Reads a cursor to its end; `work` comes between the last page and the closing of the cursor. */
  async function readThen(work: () => Promise<unknown>): Promise<unknown> {
    const client = await fixture.lend()
    const cursor: Cursor = client.query(new CursorClass('select 1 as n') as never)
    const handle = cursor.handleCommandComplete.bind(cursor)
    cursor.handleCommandComplete = (message) => void work().then(() => handle(message))
    return settled(outcome(cursor.read(10)))
  }

  test('when the test ends before the cursor is closed', async () => {
    await start()
    await start()
    expect(await readThen(rollback)).toEqual([{ n: 1 }])
    await start()
    expect(await settled(outcome(fixture.pool.query('select 2 as n')))).toEqual([{ n: 2 }])
    expect(await settled(close())).toBeUndefined()
  })

  test.each(['insert into notes values (1)', 'select id from notes'])(
    'when the connection is lost before the cursor is closed, after %s',
    async (sql) => {
      await start()
      await start()
      await fixture.pool.query(sql)
      const lose = async (): Promise<void> => {
        await terminate('true')
        await pause(50)
      }
      expect(await readThen(lose)).toEqual([{ n: 1 }])
      expect(await settled(rollback())).toBeUndefined()
      await start()
      expect(await settled(outcome(fixture.pool.query('select id from notes')))).toEqual([])
    },
    20_000,
  )
})

describe('the first query of a client from before start(), not awaited, fails', () => {
  const ended = { code: 'PG_SANDBOX_TEST_ENDED' }

  test('when its test ends, and the next test does not see it', async () => {
    const { client } = await connect()
    await start()
    await start()
    const late = outcome(client.query('insert into notes values (1)'))
    await rollback()
    await start()
    expect(await settled(late)).toMatchObject(ended)
    expect(await outcome(fixture.pool.query('select id from notes'))).toEqual([])
    expect(await outcome(client.query('select id from notes'))).toEqual([])
  })

  test('when the sandbox is closed, and the client works on', async () => {
    const { client } = await connect()
    await start()
    await start()
    const late = outcome(client.query('insert into notes values (1)'))
    await close()
    expect(await settled(late)).toMatchObject(ended)
    expect(await settled(outcome(client.query('select id from notes')))).toEqual([])
  })

  test('when its parallel scope ends, and the client works on', async () => {
    const { client } = await connect()
    await start()
    await start()
    let late: Promise<unknown> | undefined
    await parallel(() => {
      late = outcome(client.query('insert into notes values (1)'))
    })
    expect(await settled(late!)).toMatchObject(ended)
    expect(await settled(outcome(client.query('select id from notes')))).toEqual([])
  })
})

describe('in the midst of a row', () => {
  const rows = "select n, repeat('x', 3000000) as text from generate_series(1, 3) n"

  /** After a write the rows of a result are handed on as far as they have come. */
  async function begun(client: Client): Promise<{ answer: Promise<unknown> }> {
    await client.query('insert into notes values (1)')
    const { stream } = (client as unknown as { connection: { stream: NodeJS.EventEmitter } }).connection
    const begins = new Promise<void>((resolve) => {
      stream.on('data', (bytes: Buffer) => bytes.length > 1000 && resolve())
    })
    const answer = outcome(client.query(rows))
    await begins
    return { answer }
  }

  test.each([
    ['a parallel scope ends', (client: Client) => parallel(() => begun(client))],
    [
      'everything ends',
      async (client: Client) => {
        const started = await begun(client)
        await close()
        return started
      },
    ],
  ])('%s: the query fails, and its client goes on', async (_, end) => {
    await start()
    await start()
    const { client, errors } = await connect()
    const { answer } = await end(client)
    expect(await settled(answer)).toMatchObject({ code: 'PG_SANDBOX_TEST_ENDED' })
    expect(errors).toEqual([])
    await close()
    expect((await client.query('select 1 as one')).rows).toEqual([{ one: 1 }])
  })

  test('the connection is lost: the query fails, and no row is made up', async () => {
    await start()
    await start()
    const { client } = await connect()
    const { answer } = await begun(client)
    await terminate('true')
    expect(await settled(answer)).toMatchObject({ message: expect.any(String) })
  })
})
