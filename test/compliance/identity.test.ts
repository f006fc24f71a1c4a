import { Client, type ClientConfig } from 'pg'
import { testTransaction } from '../../src/index.ts'
import { useDatabase } from '../support/database.ts'
import { useComparison } from './compare.ts'

const { compareInEachProtocol } = useComparison()
const database = useDatabase()
afterEach(() => testTransaction.close())

type Connected = Client & {
  processID: unknown
  secretKey: unknown
  connection: NodeJS.EventEmitter
  getTransactionStatus?(): string | null
}

function newClient(config: ClientConfig = {}): Connected {
  return new Client({ connectionString: database.url(), ...config }) as Connected
}

/** What a client is told while it connects. */
async function greeting(config: ClientConfig): Promise<unknown> {
  const client = newClient(config)
  const told: string[] = []
  client.connection.on(
    'message',
    (message: { name: string; parameterName?: string; parameterValue?: string }) =>
      told.push(
        [message.name, message.parameterName, message.parameterValue]
          .filter((part) => part !== undefined)
          .join(' '),
      ),
  )
  await client.connect()
  const { rows } = await client.query(
    'select name, setting from pg_settings where name = any($1) order by 1',
    [NAMES],
  )
  await client.end()
  return {
    told: told.filter((line) => line.startsWith('parameterStatus') || line.startsWith('ready')).toSorted(),
    rows,
  }
}

/** All that a server of any version reports by itself. */
const NAMES = [
  'application_name',
  'client_encoding',
  'DateStyle',
  'default_transaction_read_only',
  'in_hot_standby',
  'integer_datetimes',
  'IntervalStyle',
  'is_superuser',
  'scram_iterations',
  'search_path',
  'server_encoding',
  'server_version',
  'session_authorization',
  'standard_conforming_strings',
  'TimeZone',
  'transaction_read_only',
]

const configurations: [string, () => ClientConfig][] = [
  ['the defaults', () => ({})],
  ['an application name', () => ({ application_name: "it's me" })],
  ['a fallback application name', () => ({ fallback_application_name: 'fallback' })],
  ['a client encoding', () => ({ client_encoding: 'latin1' })],
  ['options', () => ({ options: '-c timezone=Asia/Tokyo -c search_path=nowhere -c datestyle=German' })],
  ['another user', () => ({ connectionString: database.url({ user: 'app_user', password: 'secret' }) })],
]

describe.each(configurations)('at connect with %s', (_, config) => {
  test('a client is told what the server tells', async () => {
    const plain = await greeting(config())
    await testTransaction.start()
    expect(await greeting(config())).toStrictEqual(plain)
    const other = newClient()
    await other.connect()
    await other.query(
      "set timezone to 'America/Lima'; set application_name to 'other'; create table made (n int)",
    )
    await testTransaction.start()
    expect(await greeting(config())).toStrictEqual(plain)
    await other.query("begin; set local timezone to 'Europe/Paris'")
    expect(await withoutRows(greeting(config()), other)).toStrictEqual({ ...(plain as object), rows: [] })
    await testTransaction.rollback()
    expect(await greeting(config())).toStrictEqual(plain)
    await other.end()
  })
})

/** The transaction must end before the new client may ask anything. */
async function withoutRows(greeted: Promise<unknown>, owner: Client): Promise<unknown> {
  await new Promise((resolve) => setTimeout(resolve, 20))
  await owner.query('rollback')
  return { ...((await greeted) as object), rows: [] }
}

describe('identity of the backend', () => {
  async function identity(): Promise<{ processID: unknown; secretKey: unknown; asked: unknown }> {
    const client = newClient()
    await client.connect()
    const { rows } = await client.query('select pg_backend_pid() as pid')
    const { processID, secretKey } = client
    await client.end()
    return { processID, secretKey, asked: rows[0].pid }
  }

  test('processID is the number that pg_backend_pid() gives, and secretKey is there', async () => {
    for (const level of [0, 1, 2]) {
      const { processID, secretKey, asked } = await identity()
      expect({ level, processID }).toEqual({ level, processID: asked })
      expect(typeof processID).toBe('number')
      expect(typeof secretKey).toBe('number')
      await testTransaction.start()
    }
  })

  test('processID is that of pg_stat_activity, where others see the query', async () => {
    await testTransaction.start()
    const client = newClient({ application_name: 'identity' })
    await client.connect()
    await client.query('create table made (n int)')
    const seen = await database.outside('select pid, state from pg_stat_activity where pid = $1', [
      client.processID,
    ])
    expect(seen).toEqual([{ pid: client.processID, state: 'idle in transaction' }])
    await client.end()
  })
})

describe('getTransactionStatus() and the status that the server tells', () => {
  compareInEachProtocol('after each kind of step', async (a) => {
    for (const statement of [
      'select 1',
      'select 1 / 0',
      'begin',
      'select 1',
      'savepoint s',
      'select 1 / 0',
      'select 1',
      'rollback to s',
      'release s',
      'commit and chain',
      "insert into accounts values (3, 'x', 1)",
      'rollback and chain',
      'insert into accounts values (1)',
      'commit and chain',
      'commit',
      'commit',
      '',
      'begin',
      'begin',
      '',
      'abort',
      'rollback',
      'begin',
      'selec 1',
      '',
      'end',
      'start transaction read only',
      "insert into accounts values (3, 'x', 1)",
      'rollback',
      'savepoint s',
      'commit and chain',
      'release s',
    ])
      await a.run(statement)
  })

  compareInEachProtocol('of two clients, of which one has a transaction', async (a, b) => {
    await a.run('begin')
    await a.run('select 1 / 0')
    await a.run('rollback')
    await b.run('select 1')
    await b.run('begin')
    await b.run('commit')
    await a.run('select 1 / 0')
    await b.run('select 1')
  })
})

describe('warnings', () => {
  const warned = [
    'commit',
    'rollback',
    'set transaction read only',
    'set local timezone to utc',
    'begin',
    'begin',
    'commit',
  ]

  for (const level of ['error', 'warning', 'log'])
    compareInEachProtocol(`are told as client_min_messages wants them: ${level}`, async (a) => {
      await a.run(`set client_min_messages to ${level}`)
      for (const statement of warned) await a.run(statement)
      await a.run(warned.join('; '))
      await a.run('reset client_min_messages')
      await a.run('commit')
      await a.run('begin')
      await a.run(`set local client_min_messages to ${level}`)
      for (const statement of ['begin', 'savepoint s', 'begin', 'commit', 'commit']) await a.run(statement)
    })
})
