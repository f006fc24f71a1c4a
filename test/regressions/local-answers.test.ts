/**
 * What the sandbox answers by itself reaches a client in a later turn of the event loop than that in
 * which it wrote, as no network answers sooner.
 */
import fc from 'fast-check'
import type { Client } from 'pg'
import { testTransaction } from '../../src/index.ts'
import { useBothWays, withClient } from '../support/both-ways.ts'
import { outcome, settled, usePooled } from '../support/pooled.ts'
import { message, RawClient } from '../support/raw-client.ts'
import { until } from '../support/until.ts'

type Cursor = { read(rows: number): Promise<unknown[]>; close(): Promise<void> }
const PgCursor: new (text: string, values?: unknown[]) => Cursor = require('pg-cursor')

const { start, rollback } = testTransaction

/** A cursor, as the queries that pg takes. */
const cursorOf = (client: Pick<Client, 'query'>, text: string): Cursor =>
  client.query(new PgCursor(text) as never)

describe('a cursor that is closed right after its read was rejected', () => {
  const bothWays = useBothWays('create table notes (id int primary key, text text)')

  test.each([
    ['as its text cannot be parsed', [], 'selec 1'],
    ['as its table is not there', [], 'select * from missing'],
    ['in a transaction', ['begin'], 'select * from missing'],
    ['in a transaction that has written', ['begin', 'insert into notes values (1)'], 'select * from missing'],
    ['in a failed transaction', ['begin', 'select 1/0'], 'select 1'],
    ['after rows', [], 'select 1 / (3 - n) from generate_series(1, 5) n'],
    ['as a savepoint needs a transaction', [], 'savepoint s'],
    ['as it releases what is not there', ['begin'], 'release s'],
  ])('%s', (_name, before, text) =>
    bothWays.expectSame(({ url }) =>
      withClient(url(), async (client) => {
        for (const sql of before) await client.query(sql).catch(() => {})
        const cursor = cursorOf(client, text)
        const told = [await outcome(cursor.read(1)), await outcome(cursor.read(5))]
        const closed = await settled(cursor.close().then(() => 'closed'))
        return [told, closed, await settled(outcome(client.query('rollback')))]
      }),
    ),
  )
})

describe('what the sandbox answers by itself', () => {
  const fixture = usePooled('create table notes (id int primary key, text text)')
  const query = (sql: string): Buffer => message('Q', `${sql}\0`)
  const sync = message('S')
  const extended = (sql: string): Buffer[] => [
    message('P', `\0${sql}\0\0\0`),
    message('B', '\0\0\0\0\0\0\0\0'),
    message('E', '\0\0\0\0\0'),
    sync,
  ]

  const local: [name: string, before: string[], messages: Buffer[]][] = [
    ['BEGIN', [], [query('begin')]],
    ['BEGIN by the extended protocol', [], extended('begin')],
    ['a second BEGIN', ['begin'], [query('begin')]],
    ['COMMIT', ['begin'], [query('commit')]],
    ['ROLLBACK', ['begin'], [query('rollback')]],
    ['ROLLBACK after a write', ['begin', 'insert into notes values (1)'], [query('rollback')]],
    ['ROLLBACK by the extended protocol', ['begin'], extended('rollback')],
    ['COMMIT outside a transaction', [], [query('commit')]],
    ['ROLLBACK outside a transaction', [], [query('rollback')]],
    ['COMMIT of a failed transaction', ['begin', 'select 1/0'], [query('commit')]],
    ['SAVEPOINT outside a transaction', [], [query('savepoint s')]],
    ['RELEASE of what is not there', ['begin'], [query('release s')]],
    ['ROLLBACK TO what is not there', ['begin'], [query('rollback to s')]],
    ['a statement in a failed transaction', ['begin', 'select 1/0'], [query('select 1')]],
    ['PREPARE TRANSACTION', ['begin'], [query("prepare transaction 'x'")]],
    ['COMMIT PREPARED', [], [query("commit prepared 'x'")]],
    ['SET TRANSACTION', ['begin'], [query('set transaction isolation level serializable')]],
    [
      'SHOW TRANSACTION ISOLATION LEVEL',
      ['begin isolation level serializable'],
      [query('show transaction isolation level')],
    ],
    ['LISTEN', [], [query('listen news')]],
    ['NOTIFY', [], [query('notify news')]],
    ['an empty query', [], [query('')]],
    ['a comment', [], [query('-- nothing')]],
    ['Sync alone', [], [sync]],
    ['Sync after Flush', [], [message('P', '\0select 1\0\0\0'), message('H'), sync]],
    ['Sync after an error and Flush', [], [message('P', '\0selec 1\0\0\0'), message('H'), sync]],
    ['Close of a statement', [], [message('C', 'Snone\0'), sync]],
    ['DECLARE outside a transaction', [], [query('declare c cursor for select 1')]],
    ['LOCK outside a transaction', [], [query('lock table notes')]],
    ['DISCARD ALL in a transaction', ['begin'], [query('discard all')]],
  ]

  /** Promises and what nextTick() has run, over and over, without a turn of the event loop. */
  async function restOfTheTurn(): Promise<void> {
    for (let round = 0; round < 50; round += 1) {
      await Promise.resolve()
      await new Promise<void>((resolve) => process.nextTick(resolve))
    }
  }

  test.each(local)('comes in a later turn: %s', async (_name, before, messages) => {
    await start()
    const client = await RawClient.logIn(fixture.database.url())
    for (const sql of before) await client.query(sql)
    client.heard.length = 0
    client.write(...messages)
    await restOfTheTurn()
    const inTheSameTurn = [...client.heard]
    await client.ready()
    client.end()
    expect(inTheSameTurn).toEqual([])
  })

  test.each(local)('comes in a later turn to a client of pg: %s', async (_name, before, messages) => {
    await start()
    const client = await fixture.lend()
    for (const sql of before) await client.query(sql).catch(() => {})
    const { stream } = (client as unknown as { connection: { stream: NodeJS.ReadWriteStream } }).connection
    stream.removeAllListeners('data')
    let heard = 0
    stream.on('data', (chunk: Buffer) => (heard += chunk.length))
    stream.write(Buffer.concat(messages))
    await restOfTheTurn()
    const inTheSameTurn = heard
    await until(() => heard > 0)
    expect(inTheSameTurn).toBe(0)
  })

  /** Whether the client is ready in a later turn than that in which it asked. */
  async function answered(client: RawClient, messages: readonly Buffer[]): Promise<string> {
    client.heard.length = 0
    client.write(...messages)
    await restOfTheTurn()
    const isReady = client.heard.some((line) => line.startsWith('ReadyForQuery'))
    await client.ready()
    return isReady ? 'in the same turn' : 'later'
  }

  test('comes in a later turn, whatever came before', async () => {
    const kinds = fc.array(fc.constantFrom(...local), { minLength: 1, maxLength: 6 })
    const heard = async (asked: typeof local): Promise<void> => {
      await start()
      const client = await RawClient.logIn(fixture.database.url())
      for (const [name, before, messages] of asked) {
        for (const sql of before) await answered(client, [query(sql)])
        expect([name, await answered(client, messages)]).toEqual([name, 'later'])
      }
      client.end()
      await rollback()
    }
    await fc.assert(fc.asyncProperty(kinds, heard), { numRuns: 30 })
  }, 60_000)

  test.each([
    ['a query of an ended test', 'insert into notes values (1)'],
    ['BEGIN of an ended test', 'begin'],
  ])('comes in a later turn: %s', async (_name, sql) => {
    await start()
    const client = await fixture.lend()
    const other = await fixture.lend()
    await start()
    const running = outcome(other.query('select pg_sleep(0.2)'))
    let turn = 0
    // What is put off to the next turn runs in this order.
    setImmediate(() => (turn += 1))
    const late = outcome(client.query(sql)).then(() => turn)
    const ended = rollback()
    expect(await late).toBeGreaterThan(0)
    await Promise.all([running, ended])
  })
})
