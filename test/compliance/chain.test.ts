import { useComparison } from './compare.ts'
import { type Recorder } from './recorder.ts'

const { compare, compareInEachProtocol } = useComparison()

const cid = "insert into accounts values (3, 'Cid', 1)"
const shown = (isolation: string, readOnly: string, deferrable: string): string[] =>
  [isolation, readOnly, deferrable].map((value) => `row ["${value}"]`)

async function showModes(client: Recorder): Promise<void> {
  for (const mode of ['isolation', 'read_only', 'deferrable']) await client.run(`show transaction_${mode}`)
}

const COMMIT = 'commit and chain'
const ROLLBACK = 'rollback and chain'
const none = shown('read committed', 'off', 'off')

compareInEachProtocol(
  'READ ONLY that was set behind a savepoint',
  async (a) => {
    for (const ends of [
      [COMMIT],
      [ROLLBACK],
      ['release s', COMMIT],
      ['rollback to s', COMMIT],
      ['select 1 / 0', COMMIT],
    ]) {
      await a.run('begin')
      await a.run('savepoint s')
      await a.run('set transaction read only')
      for (const end of ends) await a.run(end)
      await a.run('show transaction_read_only')
      await a.run('rollback')
    }
  },
  ['row ["on"]', 'row ["off"]', 'row ["off"]', 'row ["off"]', 'row ["off"]'],
)

compareInEachProtocol(
  'after a failure the defaults hold that are left then',
  async (a) => {
    await a.run("set default_transaction_isolation to 'serializable'")
    await a.run('set default_transaction_read_only to on')
    await a.run('begin isolation level read committed, read write')
    await a.run('set default_transaction_read_only to off')
    await a.run('select 1 / 0')
    await a.run(COMMIT)
    await showModes(a)
    await a.run(cid)
    await a.run(ROLLBACK)
    await showModes(a)
    await a.run('set default_transaction_read_only to off')
    await a.run(COMMIT)
    await showModes(a)
    await a.run('commit')
    await showModes(a)
  },
  [
    ...shown('serializable', 'on', 'off'),
    'rejected 25006',
    ...shown('serializable', 'on', 'off'),
    ...shown('serializable', 'on', 'off'),
    ...shown('serializable', 'off', 'off'),
  ],
)

compareInEachProtocol(
  'what is written, set and listened to belongs to its own link of the chain',
  async (a) => {
    await a.run('begin')
    await a.run(cid)
    await a.run("set local application_name to 'local'")
    await a.run("set timezone to 'Asia/Tokyo'")
    await a.run('savepoint s')
    await a.run(COMMIT)
    await a.run('rollback to s')
    await a.run(ROLLBACK)
    await a.run('show application_name')
    await a.run('show timezone')
    await a.run("set timezone to 'America/Lima'")
    await a.run('delete from accounts')
    await a.run(ROLLBACK)
    await a.run('show timezone')
    await a.run('select count(*) from accounts')
    await a.run('end')
    await a.run('show timezone')
  },
  [
    'rejected 3B001',
    'row [""]',
    'row ["Asia/Tokyo"]',
    'row ["Asia/Tokyo"]',
    'row ["3"]',
    'row ["Asia/Tokyo"]',
  ],
)

compareInEachProtocol(
  'AND CHAIN outside a transaction is an error, AND NO CHAIN warns',
  async (a) => {
    await a.run(COMMIT)
    await a.run(ROLLBACK)
    await a.run('commit and no chain')
    await a.run('rollback and no chain')
    await a.run('begin')
    await a.run('commit and no chain')
    await a.run('begin')
    await a.run('select 1 / 0')
    await a.run('end and no chain')
    await a.run('begin')
    await a.run('abort and no chain')
    await a.run('begin read only')
    await a.run('END TRANSACTION AND CHAIN')
    await a.run('abort work and /* comment */ chain')
    await a.run('show transaction_read_only')
    await a.run('abort')
    await a.run(cid)
  },
  [
    '25P01',
    '25P01',
    'code=25P01',
    'complete COMMIT',
    'code=25P01',
    'complete ROLLBACK',
    'row ["on"]',
    'INSERT',
  ],
)

describe('in strings', () => {
  compare(
    'keeps the modes',
    async (a) => {
      await a.simple(
        'begin isolation level serializable; commit and chain; show transaction_isolation; rollback; select 1',
      )
      await a.simple(
        `begin read only; select 2; commit and chain; show transaction_read_only; ${cid}; select 3`,
      )
      await a.simple('commit and chain; show transaction_read_only; commit; select 4')
      await a.simple(
        `begin; ${cid}; rollback and chain; ${cid}; commit and chain; delete from accounts; rollback`,
      )
      await a.simple('begin; select 1 / 0')
      await a.simple(
        "rollback and chain; insert into log (text) values ('chained'); commit; select count(*) from accounts",
      )
    },
    ['row ["serializable"]', 'row ["1"]', 'row ["on"]', '25006', 'row ["on"]', 'row ["4"]', 'row ["3"]'],
  )

  compare(
    'outside a transaction is an error that undoes the string',
    async (a) => {
      await a.simple(`${cid}; commit and chain; select 1`)
      await a.simple(`${cid}; rollback and chain`)
      await a.simple('commit and chain; select 1')
      await a.simple(`${cid}; commit and no chain; select 2`)
      await a.simple(`begin; commit; ${cid}; commit and chain; select 1`)
      await a.simple('begin; rollback and chain; commit; rollback and chain')
    },
    [
      '25P01, status I',
      '25P01, status I',
      '25P01, status I',
      'row ["2"]',
      'rejected 23505',
      '25P01, status I',
    ],
  )

  compare(
    'of two clients by turns',
    async (a, b) => {
      await a.simple(`begin read only; commit and chain; commit; ${cid}`)
      await b.simple('begin; rollback and chain; show transaction_read_only; rollback')
      await b.run('begin isolation level serializable')
      await b.run(COMMIT)
      await b.run('commit')
      await a.run('begin')
      await a.run(COMMIT)
      await showModes(a)
      await a.run('commit')
    },
    ['INSERT 0 1', 'row ["off"]', ...none],
  )
})
