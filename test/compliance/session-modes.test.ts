import { useComparison } from './compare.ts'
import { type Recorder } from './recorder.ts'

const { compare, compareInEachProtocol } = useComparison()

const MODES = ['isolation', 'read_only', 'deferrable']
const shown = (isolation: string, readOnly: string, deferrable: string): string[] =>
  [isolation, readOnly, deferrable].map((value) => `row ["${value}"]`)

async function showModes(client: Recorder): Promise<void> {
  for (const mode of MODES) await client.run(`show transaction_${mode}`)
}

async function showDefaults(client: Recorder): Promise<void> {
  for (const mode of MODES) await client.run(`show default_transaction_${mode}`)
}

describe('what SHOW and current_setting tell', () => {
  compareInEachProtocol(
    'outside a transaction and in one, whatever its first statement does',
    async (a) => {
      await showModes(a)
      await showDefaults(a)
      await a.run("insert into log (text) values ('a write')")
      await showModes(a)
      await a.run('begin')
      await showModes(a)
      await a.run("select current_setting('transaction_isolation'), current_setting('transaction_read_only')")
      await a.run("insert into log (text) values ('another')")
      await showModes(a)
      await a.run('commit')
      await showDefaults(a)
    },
    [...shown('read committed', 'off', 'off'), 'row ["read committed","off"]'],
  )

  describe.each([
    ['begin isolation level serializable, read only, deferrable', 'serializable', 'on', 'on'],
    ['begin transaction isolation level repeatable read', 'repeatable read', 'off', 'off'],
    ['start transaction read only', 'read committed', 'on', 'off'],
    ['begin isolation level read uncommitted not deferrable', 'read uncommitted', 'off', 'off'],
    ['begin deferrable, read write, read only, isolation level serializable', 'serializable', 'on', 'on'],
  ])('%s', (begin, isolation, readOnly, deferrable) => {
    compare(
      'are the modes that it asked for, until its end',
      async (a, b) => {
        await a.run(begin)
        await showModes(a)
        await a.run('select count(*) from accounts')
        await showModes(a)
        await showDefaults(a)
        await a.run('savepoint s')
        await a.run('select 1')
        await a.run('rollback to s')
        await showModes(a)
        await a.run('commit')
        await showModes(a)
        await showModes(b)
      },
      [...shown(isolation, readOnly, deferrable), ...shown('read committed', 'off', 'off')],
    )

    compare(
      'are gone after its failure',
      async (a) => {
        await a.run(begin)
        await a.run('select 1 / 0')
        await a.run('show transaction_isolation')
        await a.run('rollback')
        await showModes(a)
      },
      ['rejected 22012', 'rejected 25P02', ...shown('read committed', 'off', 'off')],
    )
  })

  compareInEachProtocol(
    'after SET TRANSACTION, and a second BEGIN with modes',
    async (a) => {
      await a.run('begin')
      await a.run('set transaction isolation level repeatable read')
      await showModes(a)
      await a.run('set transaction read only, deferrable')
      await showModes(a)
      await a.run('commit')
      await showModes(a)
      await a.run('begin')
      await a.run('start transaction isolation level serializable, read only')
      await showModes(a)
      await a.run('rollback')
      await a.run('set transaction isolation level serializable')
      await showModes(a)
    },
    [
      ...shown('repeatable read', 'off', 'off'),
      ...shown('repeatable read', 'on', 'on'),
      ...shown('serializable', 'on', 'off'),
    ],
  )

  compareInEachProtocol(
    'of a read-only transaction is what pg_settings and larger queries tell',
    async (a) => {
      await a.run('begin read only')
      await a.run("select name, setting from pg_settings where name = 'transaction_read_only'")
      await a.run("select id, current_setting('transaction_read_only') from accounts order by id")
      await a.run("select current_setting('transaction_' || 'read_only')")
      await a.run('commit')
      await a.run(
        "select name, setting from pg_settings where name like 'default_transaction%' order by name",
      )
    },
    ['row ["transaction_read_only","on"]', 'row ["2","on"]', 'row ["on"]', 'row ["default_transaction'],
  )

  compare(
    'in strings',
    async (a) => {
      await a.simple('show transaction_isolation; begin; show transaction_read_only; commit')
      await a.simple(
        'begin isolation level serializable, read only; show transaction_isolation; show transaction_read_only',
      )
      await a.simple(
        'show transaction_isolation; commit; show transaction_isolation; show transaction_read_only',
      )
      await a.simple('set transaction isolation level repeatable read; show transaction_isolation; select 1')
      await a.simple(
        'set transaction read only; begin; show transaction_read_only; commit; show transaction_read_only',
      )
      await a.simple(
        'select 1; begin read only; show transaction_read_only; rollback; show transaction_read_only',
      )
    },
    [
      'row ["serializable"]',
      'row ["on"]',
      'row ["serializable"]',
      'row ["read committed"]',
      'row ["repeatable read"]',
      'row ["on"]',
      'row ["off"]',
      'row ["on"]',
      'row ["off"]',
    ],
  )
})
