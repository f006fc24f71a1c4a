import { useComparison } from './compare.ts'

const { compare, compareInEachProtocol, serverMajor } = useComparison()

const cid = "insert into accounts values (3, 'Cid', 1)"
const late = 'rejected 25001, status E'

describe('transaction modes as settings', () => {
  compareInEachProtocol(
    'outside a transaction they have no effect, and do not warn',
    async (a) => {
      await a.run("set transaction_isolation to 'serializable'")
      await a.run('show transaction_isolation')
      await a.run('set transaction_read_only to on')
      await a.run('show transaction_read_only')
      await a.run("select set_config('transaction_read_only', 'on', false)")
      await a.run("select set_config('transaction_read_only', 'on', true)")
      await a.run(cid)
      await a.run("set transaction_isolation to 'nonsense'")
      await a.run('set local transaction_read_only to on')
      await a.run("set local transaction_isolation to 'serializable'")
      await a.run('set transaction read only')
      await a.run('set session transaction isolation level serializable')
      await a.run('set local transaction isolation level serializable')
    },
    ['row ["read committed"]', 'row ["off"]', 'INSERT 0 1', 'rejected 22023', 'code=25P01', 'complete SET'],
  )

  describe.each([
    'set transaction_read_only to on',
    'set local transaction_read_only = true',
    "select set_config('transaction_read_only', 'on', true)",
    "select set_config('transaction_read_only', 'on', false)",
  ])('%s', (sql) => {
    compare(
      'makes the transaction read only, to its end',
      async (a) => {
        await a.run('begin')
        await a.run(sql)
        await a.run('show transaction_read_only')
        await a.run(cid)
        await a.run('rollback')
        await a.run('begin')
        await a.run(cid)
        await a.run(sql)
        await a.run('commit')
        await a.run('show transaction_read_only')
        await a.run('insert into accounts values (4)')
      },
      ['row ["on"]', 'rejected 25006, status E', 'complete COMMIT', 'row ["off"]', 'INSERT 0 1'],
    )
  })

  compareInEachProtocol(
    'they are set, reset and too late as SET TRANSACTION is',
    async (a) => {
      await a.run('begin')
      await a.run("set transaction_isolation to 'repeatable read'")
      await a.run('set transaction_deferrable to on')
      await a.run('show transaction_isolation')
      await a.run('show transaction_deferrable')
      await a.run("select set_config('transaction_isolation', 'serializable', true)")
      await a.run('rollback')
      await a.run('begin read only')
      await a.run('reset all')
      await a.run('show transaction_read_only')
      await a.run('set transaction_read_only to off')
      await a.run(cid)
    },
    ['row ["repeatable read"]', 'row ["on"]', late, 'row ["on"]', 'INSERT 0 1'],
  )

  compareInEachProtocol('they have no default since PostgreSQL 16', async (a) => {
    if ((await serverMajor()) < 16) return
    for (const name of ['transaction_isolation', 'transaction_read_only', 'transaction_deferrable']) {
      await a.run(`reset ${name}`)
      await a.run('begin isolation level serializable, read only, deferrable')
      await a.run(`set ${name} to default`)
      await a.run(`show ${name}`)
      await a.run('rollback')
    }
  })
})
