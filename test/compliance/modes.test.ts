import { useComparison } from './compare.ts'

const { compare, compareInEachProtocol, briefly } = useComparison()

const cid = "insert into accounts values (3, 'Cid', 1)"
const dan = "insert into accounts values (4, 'Dan', 1)"

describe.each([
  'begin read only',
  'start transaction read only',
  'begin isolation level repeatable read, read only',
  'begin read only deferrable',
])('%s', (begin) => {
  briefly.compareInEachProtocol('refuses a write', async (a) => {
    await a.run(begin)
    await a.run('select count(*) from accounts')
    await a.run(cid)
    await a.run('select 1')
    await a.run('commit')
    await a.run(dan)
  })

  briefly.compareInEachProtocol('refuses a write as its first statement', async (a) => {
    await a.run(begin)
    await a.run(cid)
    await a.run('rollback')
    await a.run(dan)
  })

  briefly.compareInEachProtocol('refuses a read that writes', async (a) => {
    await a.run(begin)
    await a.run("select remember('x')")
    await a.run('rollback')
    await a.run(begin)
    await a.run('select * from remembering')
    await a.run('commit')
    await a.run('select * from remembering')
  })
})

compareInEachProtocol('SET TRANSACTION READ ONLY as the first statement', async (a) => {
  await a.run('begin')
  await a.run('set transaction read only')
  await a.run(cid)
  await a.run('rollback')
  await a.run(dan)
})

compareInEachProtocol('SET TRANSACTION READ ONLY after a write', async (a) => {
  await a.run('begin')
  await a.run(cid)
  await a.run('set transaction read only')
  await a.run('select count(*) from accounts')
  await a.run(dan)
  await a.run('rollback')
})

compareInEachProtocol('READ ONLY ends with the transaction', async (a) => {
  await a.run('begin')
  await a.run(cid)
  await a.run('set transaction read only')
  await a.run('commit')
  await a.run(dan)
})

compareInEachProtocol('READ WRITE again before anything has run', async (a) => {
  await a.run('begin read only')
  await a.run('set transaction read write')
  await a.run(cid)
  await a.run('commit')
})

compareInEachProtocol('READ WRITE after a read in a READ ONLY transaction is an error', async (a) => {
  await a.run('begin read only')
  await a.run('select count(*) from accounts')
  await a.run('set transaction read write')
  await a.run('rollback')
})

compareInEachProtocol('READ ONLY in a savepoint ends with it', async (a) => {
  await a.run('begin')
  await a.run('savepoint s')
  await a.run('set transaction read only')
  await a.run(cid)
  await a.run('rollback to s')
  await a.run(cid)
  await a.run('commit')
})

compareInEachProtocol('SET TRANSACTION outside a transaction warns', async (a) => {
  await a.run('set transaction read only')
  await a.run(cid)
  await a.run('set transaction isolation level serializable')
  await a.run('set transaction deferrable')
  await a.run(dan)
})

compareInEachProtocol('isolation levels are accepted', async (a) => {
  for (const level of ['read uncommitted', 'read committed', 'repeatable read', 'serializable']) {
    await a.run(`begin isolation level ${level}`)
    await a.run('select count(*) from accounts')
    await a.run('commit')
    await a.run('begin')
    await a.run(`set transaction isolation level ${level}`)
    await a.run('select count(*) from accounts')
    await a.run('rollback')
  }
})

compareInEachProtocol('the modes are shown as they were asked for', async (a) => {
  await a.run('show transaction_isolation')
  await a.run('show transaction_read_only')
  await a.run('show default_transaction_read_only')
  await a.run(
    "select current_setting('transaction_read_only'), current_setting('default_transaction_read_only')",
  )
  await a.run('begin read only')
  await a.run('show transaction_isolation')
  await a.run('show transaction_read_only')
  await a.run('commit')
  await a.run('show transaction_isolation')
  await a.run('show transaction_read_only')
})

compareInEachProtocol('a second BEGIN with modes sets them', async (a) => {
  await a.run('begin')
  await a.run('begin read only')
  await a.run(cid)
  await a.run('rollback')
})

compareInEachProtocol('an isolation level after a query is too late', async (a) => {
  await a.run('begin')
  await a.run('select count(*) from accounts')
  await a.run('set transaction isolation level serializable')
  await a.run('rollback')
})

compare('READ ONLY of one client is not the other one’s', async (a, b) => {
  await a.run('begin read only')
  await a.run('select count(*) from accounts')
  await a.run('commit')
  await b.run(cid)
  await a.run('begin read only')
  await a.run('commit')
  await b.run(dan)
})
