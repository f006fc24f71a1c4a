import { useComparison } from './compare.ts'
import { type Recorder } from './recorder.ts'

const { compareInEachProtocol, briefly } = useComparison()

const cid = "insert into accounts values (3, 'Cid', 1)"
const shown = (isolation: string, readOnly: string, deferrable: string): string[] =>
  [isolation, readOnly, deferrable].map((value) => `row ["${value}"]`)

async function showModes(client: Recorder): Promise<void> {
  for (const mode of ['isolation', 'read_only', 'deferrable']) await client.run(`show transaction_${mode}`)
}

const COMMIT = 'commit and chain'
const ROLLBACK = 'rollback and chain'
const all = shown('serializable', 'on', 'on')
const none = shown('read committed', 'off', 'off')

/** Ways to have all three modes other than they are by default. */
const ways = new Map([
  ['BEGIN', ['begin isolation level serializable, read only, deferrable']],
  ['SET TRANSACTION', ['begin', 'set transaction isolation level serializable, read only, deferrable']],
  [
    'settings',
    ['begin read only', "set transaction_isolation to 'serializable'", 'set transaction_deferrable to on'],
  ],
  [
    'an earlier chain',
    ['begin isolation level serializable, read only, deferrable', COMMIT, 'select 1', ROLLBACK],
  ],
])

describe.each([...ways.keys()])('modes by %s', (way) => {
  // What a chain has kept is no setting of the transaction that it begins: a failure does not undo it.
  const left = way === 'an earlier chain' ? all : none
  const comparing = way === 'BEGIN' ? compareInEachProtocol : briefly.compare
  const begin = async (client: Recorder): Promise<void> => {
    for (const sql of ways.get(way)!) await client.run(sql)
  }

  describe.each([COMMIT, ROLLBACK])('%s', (chain) => {
    comparing(
      'keeps them',
      async (a) => {
        await begin(a)
        await a.run(chain)
        await showModes(a)
        await a.run(cid)
        await a.run('rollback')
        await showModes(a)
        await a.run(cid)
      },
      [...all, 'rejected 25006, status E', ...none, 'INSERT 0 1'],
    )

    comparing(
      'keeps them after a query and another chain',
      async (a, b) => {
        await begin(a)
        await a.run('select count(*) from accounts')
        await a.run(chain)
        await a.run('select count(*) from accounts')
        await a.run(chain)
        await a.run('set transaction isolation level repeatable read')
        await a.run(chain)
        await showModes(a)
        await a.run('commit')
        await showModes(b)
      },
      [...shown('repeatable read', 'on', 'on'), ...none],
    )

    comparing(
      'keeps after a failure what the transaction began with',
      async (a) => {
        await begin(a)
        await a.run('select 1 / 0')
        await a.run(chain)
        await showModes(a)
        await a.run('set transaction isolation level repeatable read')
        await a.run('select 1 / 0')
        await a.run(chain)
        await showModes(a)
        await a.run(cid)
        await a.run('commit')
        await showModes(a)
      },
      ['complete ROLLBACK', ...left, 'rejected 22012', ...left, ...none],
    )

    comparing(
      'keeps them after a failure behind a savepoint',
      async (a) => {
        await begin(a)
        await a.run('savepoint s')
        await a.run('select 1 / 0')
        await a.run(chain)
        await showModes(a)
        await a.run('rollback')
        await begin(a)
        await a.run('savepoint s')
        await a.run('savepoint t')
        await a.run('release t')
        await a.run('select 1 / 0')
        await a.run('rollback to s')
        await a.run(chain)
        await showModes(a)
        await a.run('rollback')
        await begin(a)
        await a.run('savepoint s')
        await a.run('release s')
        await a.run('select 1 / 0')
        await a.run(chain)
        await showModes(a)
        await a.run('rollback')
      },
      [...all, ...all, ...left],
    )
  })
})
