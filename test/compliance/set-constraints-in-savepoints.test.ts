import { useComparison } from './compare.ts'

const { compareInEachProtocol } = useComparison(`
  create table parents (id int primary key);
  create table children (
    id int primary key,
    parent int constraint to_parent references parents deferrable initially deferred,
    other int constraint to_other references parents deferrable initially immediate
  )`)

const failsAtOnce = 'rejected 23503, status E'
const failsAtEnd = 'rejected 23503, status I'

describe('SET CONSTRAINTS', () => {
  compareInEachProtocol(
    'in a savepoint is undone with it',
    async (a) => {
      await a.run('begin')
      await a.run('savepoint s')
      await a.run('set constraints all immediate')
      await a.run('rollback to s')
      await a.run('insert into children (id, parent) values (1, 1)')
      await a.run('savepoint t')
      await a.run('set constraints all deferred')
      await a.run('insert into children (id, other) values (2, 2)')
      await a.run('rollback to t')
      await a.run('insert into children (id, other) values (2, 2)')
      await a.run('rollback to t')
      await a.run('commit')
    },
    ['complete INSERT 0 1', 'complete INSERT 0 1', failsAtOnce, failsAtEnd],
  )

  compareInEachProtocol(
    'in a savepoint stays when that is released',
    async (a) => {
      await a.run('begin')
      await a.run('savepoint s')
      await a.run('set constraints all immediate')
      await a.run('release s')
      await a.run('savepoint s')
      await a.run('insert into children (id, parent) values (1, 1)')
      await a.run('rollback to s')
      await a.run('release s')
      await a.run('insert into children (id, parent) values (1, 1)')
      await a.run('commit')
    },
    [failsAtOnce, failsAtOnce, 'complete ROLLBACK'],
  )

  compareInEachProtocol(
    'in a savepoint finds what was written before it',
    async (a) => {
      await a.run('begin')
      await a.run('insert into children (id, parent) values (1, 1)')
      await a.run('savepoint s')
      await a.run('set constraints all immediate')
      await a.run('rollback to s')
      await a.run('set constraints to_other immediate')
      await a.run('insert into parents values (1)')
      await a.run('savepoint s')
      await a.run('set constraints to_parent immediate')
      await a.run('commit')
      await a.run('select id from children')
    },
    [failsAtOnce, 'complete COMMIT', 'row ["1"]'],
  )

  compareInEachProtocol(
    'a violation in a savepoint that is released is found at COMMIT, one rolled back to is not',
    async (a) => {
      await a.run('begin')
      await a.run('savepoint s')
      await a.run('insert into children (id, parent) values (1, 1)')
      await a.run('rollback to s')
      await a.run('commit')
      await a.run('begin')
      await a.run('savepoint s')
      await a.run('insert into children (id, parent) values (1, 1)')
      await a.run('release s')
      await a.run('commit')
    },
    ['complete COMMIT', failsAtEnd],
  )
})
