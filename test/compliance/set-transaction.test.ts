import { useComparison } from './compare.ts'

const { compare, compareInEachProtocol, briefly } = useComparison()

const cid = "insert into accounts values (3, 'Cid', 1)"
const late = 'rejected 25001, status E'

describe('after a query it is too late', () => {
  describe.each([
    'set transaction isolation level serializable',
    'begin isolation level repeatable read',
    "set transaction_isolation to 'serializable'",
    'set transaction deferrable',
    'set transaction not deferrable',
    'start transaction deferrable',
    'set transaction_deferrable to on',
    'set local transaction isolation level serializable',
  ])('for %s', (sql) => {
    const comparing = sql.endsWith('serializable') ? compareInEachProtocol : briefly.compare

    comparing(
      'which fails the transaction',
      async (a) => {
        for (const query of [
          'select 1',
          cid,
          'values (1)',
          'explain select 1',
          'discard plans',
          'close all',
        ]) {
          await a.run('begin')
          await a.run(query)
          await a.run(sql)
          await a.run('rollback')
        }
        await a.run(cid)
      },
      ['must be called before any query', late, 'complete ROLLBACK', late, 'complete ROLLBACK', late],
    )

    comparing(
      'but not after what is no query',
      async (a) => {
        for (const other of [
          'lock table accounts',
          'set timezone to default',
          'show timezone',
          'reset all',
        ]) {
          await a.run('begin')
          await a.run(other)
          await a.run('')
          await a.run('listen x')
          await a.run('set constraints all deferred')
          await a.run('savepoint s')
          await a.run('release s')
          await a.run(sql)
          await a.run('rollback')
        }
      },
      ['resolved, status T', 'complete ROLLBACK'],
    )
  })

  compareInEachProtocol(
    'but not for what it is already',
    async (a) => {
      await a.run('begin')
      await a.run(cid)
      await a.run('set transaction isolation level read committed')
      await a.run('set transaction read write')
      await a.run('begin isolation level read committed')
      await a.run('savepoint s')
      await a.run('set transaction isolation level read committed')
      await a.run('set transaction read write')
      await a.run('commit')
      await a.run('begin isolation level serializable')
      await a.run('select 1')
      await a.run('set transaction isolation level serializable')
      await a.run('set transaction isolation level read committed')
      await a.run('rollback')
    },
    ['complete COMMIT', 'complete SET', late],
  )

  compareInEachProtocol(
    'for READ WRITE in a read-only transaction, never for READ ONLY',
    async (a) => {
      await a.run('begin')
      await a.run(cid)
      await a.run('set transaction read only')
      await a.run('show transaction_read_only')
      await a.run('set transaction read only')
      await a.run('set transaction read write')
      await a.run('rollback')
      await a.run('begin read only')
      await a.run('select 1')
      await a.run('begin read write')
      await a.run('rollback')
      await a.run('begin read only')
      await a.run('set transaction read write')
      await a.run('set transaction read only')
      await a.run('show transaction_read_only')
      await a.run('set transaction read write')
      await a.run(cid)
      await a.run('commit')
    },
    ['row ["on"]', 'read-write mode must be set before any query', late, late, 'row ["on"]', 'INSERT 0 1'],
  )

  compareInEachProtocol(
    'in a subtransaction it is always',
    async (a) => {
      for (const sql of [
        'set transaction isolation level serializable',
        'set transaction deferrable',
        'set transaction not deferrable',
        'set transaction isolation level read committed',
        "set transaction snapshot 'x'",
      ]) {
        await a.run('begin')
        await a.run('savepoint s')
        await a.run(sql)
        await a.run('rollback to s')
        await a.run(cid)
        await a.run('rollback')
      }
      await a.run('begin read only')
      await a.run('savepoint s')
      await a.run('set transaction read only')
      await a.run('set transaction read write')
      await a.run('rollback to s')
      await a.run('show transaction_read_only')
      await a.run('release s')
      await a.run('set transaction read write')
      await a.run('rollback')
    },
    [
      'must not be called in a subtransaction',
      'cannot be called within a subtransaction',
      'complete SET',
      late,
      'inside a read-only transaction',
      'row ["on"]',
      'complete SET',
    ],
  )

  compareInEachProtocol(
    'READ ONLY of a subtransaction ends with it',
    async (a) => {
      for (const end of ['release s', 'rollback to s']) {
        await a.run('begin')
        await a.run('savepoint s')
        await a.run('set transaction read only')
        await a.run('show transaction_read_only')
        await a.run(end)
        await a.run('show transaction_read_only')
        await a.run(cid)
        await a.run('rollback')
      }
    },
    ['row ["on"]', 'row ["off"]', 'INSERT 0 1', 'row ["on"]', 'row ["off"]', 'INSERT 0 1'],
  )

  compare(
    'in a string',
    async (a) => {
      await a.simple('select 1; begin isolation level serializable; select 2')
      await a.simple(`${cid}; begin deferrable; select 2`)
      await a.simple('begin read only; set transaction read write; insert into accounts values (4); commit')
      await a.simple('begin read only; select 3; set transaction read write; select 4')
      await a.simple('rollback; begin; set transaction isolation level serializable; select 5')
      await a.simple('set transaction isolation level read committed; select 6')
      await a.run('rollback')
      await a.simple('select 7; set transaction isolation level serializable; select 8')
      await a.simple('set transaction read only; insert into accounts values (5)')
    },
    [
      'rejected 25001, status I',
      'rejected 25001, status I',
      'complete COMMIT',
      late,
      'row ["5"]',
      late,
      'row ["7"]',
      'rejected 25001, status I',
      'rejected 25006, status I',
    ],
  )
})

describe('SET TRANSACTION SNAPSHOT', () => {
  compareInEachProtocol(
    'wants a transaction, an isolation level and no query',
    async (a) => {
      await a.run("set transaction snapshot 'x'")
      await a.run('begin')
      await a.run("set transaction snapshot 'x'")
      await a.run('rollback')
      await a.run('begin isolation level serializable')
      await a.run('select 1')
      await a.run("set transaction snapshot 'x'")
      await a.run('rollback')
      await a.run('set transaction snapshot x')
    },
    ['code=25P01', 'rejected 0A000, status I', 'rejected 0A000', late, 'rejected 42601'],
  )
})
