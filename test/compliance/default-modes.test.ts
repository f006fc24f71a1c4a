import { Client } from 'pg'
import { testTransaction } from '../../src/index.ts'
import { useDatabase } from '../support/database.ts'
import { useComparison } from './compare.ts'
import { type Recorder } from './recorder.ts'

const { compare, compareInEachProtocol, briefly } = useComparison()

const MODES = ['isolation', 'read_only', 'deferrable']
const shown = (isolation: string, readOnly: string, deferrable: string): string[] =>
  [isolation, readOnly, deferrable].map((value) => `row ["${value}"]`)

async function showModes(client: Recorder): Promise<void> {
  for (const mode of MODES) await client.run(`show transaction_${mode}`)
}

async function showDefaults(client: Recorder): Promise<void> {
  for (const mode of MODES) await client.run(`show default_transaction_${mode}`)
}

/** A row of a table, of a sequence and of a function, and a new table: none of it in a read-only transaction. */
async function write(client: Recorder, id: number): Promise<void> {
  await client.run(`insert into accounts values (${id})`)
  await client.run("select nextval('numbers')")
  await client.run(`select remember('${id}')`)
  await client.run(`create temp table made_${id} (id int)`)
}

describe.each([
  'set session characteristics as transaction read only',
  'set default_transaction_read_only = on',
  "select set_config('default_transaction_read_only', 'on', false)",
  "set default_transaction_read_only to 'yes'",
])('%s', (sql) => {
  const comparing = sql.startsWith('set session') ? compareInEachProtocol : briefly.compare

  comparing(
    'holds for single statements and transactions of that client, from then on',
    async (a, b) => {
      await a.run(sql)
      await a.run('show transaction_read_only')
      await a.run('show default_transaction_read_only')
      await write(a, 3)
      await a.run('begin')
      await a.run('show transaction_read_only')
      await write(a, 4)
      await a.run('rollback')
      await a.run('begin read write')
      await write(a, 5)
      await a.run('commit')
      await a.run('select count(*) from accounts')
      await write(b, 6)
      await write(a, 7)
    },
    [
      'row ["on"]',
      'row ["on"]',
      'rejected 25006, status I',
      'rejected 25006, status E',
      'row ["3"]',
      'INSERT 0 1',
      '25006',
    ],
  )

  describe.each([
    'set session characteristics as transaction read write',
    'set default_transaction_read_only to default',
    'reset default_transaction_read_only',
    'reset all',
    'discard all',
  ])('until %s', (end) => {
    briefly.compare(
      'is over',
      async (a) => {
        await a.run(sql)
        await a.run('insert into accounts values (3)')
        await a.run(end)
        await a.run('show transaction_read_only')
        await a.run('/* now */ insert into accounts values (3)')
      },
      ['rejected 25006', 'row ["off"]', 'complete INSERT 0 1'],
    )
  })

  comparing(
    'inside a transaction holds for the next one, and is undone by ROLLBACK',
    async (a) => {
      await a.run('begin')
      await a.run(sql)
      await a.run('show transaction_read_only')
      await a.run('show default_transaction_read_only')
      await a.run('insert into accounts values (3)')
      await a.run('commit')
      await a.run('insert into accounts values (4)')
      await a.run('begin read write')
      await a.run('set default_transaction_read_only to off')
      await a.run('rollback')
      await a.run('insert into accounts values (5)')
      await a.run('begin read write')
      await a.run('set default_transaction_read_only to off')
      await a.run('savepoint s')
      await a.run(sql)
      await a.run('rollback to s')
      await a.run('commit')
      await a.run('insert into accounts values (6)')
    },
    [
      'row ["off"]',
      'row ["on"]',
      'complete INSERT',
      'rejected 25006',
      'rejected 25006',
      'complete INSERT 0 1',
    ],
  )
})

compareInEachProtocol(
  'the default isolation level and DEFERRABLE',
  async (a, b) => {
    await a.run('set session characteristics as transaction isolation level serializable, deferrable')
    await showModes(a)
    await showDefaults(a)
    await a.run('begin')
    await showModes(a)
    await a.run('commit')
    await a.run('begin isolation level read committed, not deferrable')
    await showModes(a)
    await a.run("set default_transaction_isolation to 'repeatable read'")
    await a.run('show transaction_isolation')
    await a.run('commit and chain')
    await a.run('show transaction_isolation')
    await a.run('commit')
    await showModes(a)
    await showModes(b)
    await a.run('reset all')
    await showModes(a)
    await a.run("set default_transaction_isolation to 'nonsense'")
    await a.run('set default_transaction_deferrable to 5')
  },
  [
    ...shown('serializable', 'off', 'on'),
    ...shown('serializable', 'off', 'on'),
    ...shown('read committed', 'off', 'off'),
    'row ["read committed"]',
    'row ["read committed"]',
    ...shown('repeatable read', 'off', 'on'),
    'rejected 22023',
    'rejected 22023',
  ],
)

compare(
  'defaults that are set in a string hold after it',
  async (a) => {
    await a.simple('set default_transaction_read_only to on; insert into accounts values (3)')
    await a.simple('insert into accounts values (4)')
    await a.simple('set default_transaction_read_only to off; insert into accounts values (4)')
    await a.simple(
      'show default_transaction_read_only; begin read write; insert into accounts values (5); commit',
    )
    await a.simple(
      'begin read write; insert into accounts values (6); commit; insert into accounts values (7)',
    )
    await a.simple('select 1; begin read write; insert into accounts values (7)')
    await a.simple('set default_transaction_read_only to off; begin; commit; insert into accounts values (7)')
  },
  [
    'INSERT 0 1',
    'rejected 25006',
    'SET',
    'rejected 25006',
    'INSERT 0 1',
    'rejected 25006',
    'rejected 25001, status I',
    'INSERT 0 1',
  ],
)

describe('a client whose connection options say read only', () => {
  compareInEachProtocol(
    'writes in transactions that are READ WRITE alone',
    async (a) => {
      const reader = await a.sibling('reader', {
        options: '-c default_transaction_read_only=on -c default_transaction_isolation=repeatable\\ read',
      })
      await showModes(reader)
      await write(reader, 3)
      await reader.run('begin read write')
      await write(reader, 4)
      await reader.run('delete from accounts where id = 4')
      await reader.run('delete from log')
      await reader.run('commit')
      await reader.run('set default_transaction_read_only to off')
      await write(reader, 5)
      await reader.run('delete from accounts where id = 5')
      await reader.run('delete from log')
      await reader.run('reset all')
      await showModes(reader)
      await write(reader, 6)
      await reader.end()
      await write(a, 7)
    },
    [
      ...shown('repeatable read', 'on', 'off'),
      'rejected 25006, status I',
      'INSERT 0 1',
      'DELETE 1',
      'INSERT 0 1',
      'DELETE 1',
      ...shown('repeatable read', 'on', 'off'),
      'rejected 25006, status I',
      'INSERT 0 1',
    ],
  )
})

describe('from test to test', () => {
  const database = useDatabase('create table notes (id int)')
  beforeAll(() => testTransaction.close())
  afterEach(() => testTransaction.close())

  test('the defaults stay with their client', async () => {
    await testTransaction.start()
    const [reader, writer] = [database.url(), database.url()].map(
      (connectionString) => new Client({ connectionString }),
    ) as [Client, Client]
    await Promise.all([reader.connect(), writer.connect()])
    await testTransaction.start()
    await reader.query('set session characteristics as transaction read only')
    await writer.query('insert into notes values (1)')
    await testTransaction.rollback()
    await testTransaction.start()
    await writer.query('insert into notes values (2)')
    await expect(reader.query('insert into notes values (3)')).rejects.toMatchObject({ code: '25006' })
    expect((await reader.query('select id from notes')).rows).toEqual([{ id: 2 }])
    await testTransaction.rollback()
    await reader.query('reset all')
    await reader.query('insert into notes values (4)')
    await reader.end()
    await writer.end()
  })
})
