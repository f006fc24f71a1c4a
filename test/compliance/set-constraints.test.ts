import { useComparison } from './compare.ts'

const { compare, compareInEachProtocol } = useComparison(`
  create table parents (id int primary key);
  create table children (
    id int primary key,
    parent int constraint to_parent references parents deferrable initially deferred,
    other int constraint to_other references parents deferrable initially immediate,
    fixed int constraint to_fixed references parents
  );
  create table other.parents (id int primary key);
  create table other.children (
    id int primary key,
    parent int constraint to_parent references other.parents deferrable initially deferred
  )`)

const failsAtOnce = 'rejected 23503, status E'
const failsAtEnd = 'rejected 23503, status I'

describe('SET CONSTRAINTS in a transaction', () => {
  compareInEachProtocol(
    'ALL IMMEDIATE checks what is open, and from then on at once',
    async (a) => {
      await a.run('begin')
      await a.run('insert into children (id, parent) values (1, 1)')
      await a.run('set constraints all immediate')
      await a.run('select 1')
      await a.run('rollback')
      await a.run('begin')
      await a.run('set constraints all immediate')
      await a.run('insert into children (id, parent) values (1, 1)')
      await a.run('commit')
      await a.run('begin')
      await a.run('insert into children (id, parent) values (1, 1)')
      await a.run('insert into parents values (1)')
      await a.run('set constraints all immediate')
      await a.run('insert into children (id, parent) values (2, 1)')
      await a.run('commit')
      await a.run('select id from children order by id')
    },
    [failsAtOnce, 'rejected 25P02', failsAtOnce, 'complete ROLLBACK', 'complete COMMIT', 'row ["2"]'],
  )

  compareInEachProtocol(
    'ALL DEFERRED defers also what is initially immediate',
    async (a) => {
      await a.run('begin')
      await a.run('set constraints all deferred')
      await a.run('insert into children (id, other) values (1, 1)')
      await a.run('commit')
      await a.run('begin')
      await a.run('set constraints all deferred')
      await a.run('insert into children (id, other) values (1, 1)')
      await a.run('insert into parents values (1)')
      await a.run('commit')
      await a.run('select id from children')
    },
    ['complete INSERT 0 1', failsAtEnd, 'complete COMMIT', 'row ["1"]'],
  )

  compareInEachProtocol(
    'by name, with and without a schema',
    async (a) => {
      await a.run('begin')
      await a.run('set constraints to_parent immediate')
      await a.run('insert into other.children values (1, 1)')
      await a.run('savepoint s')
      await a.run('insert into children (id, parent) values (1, 1)')
      await a.run('rollback to s')
      await a.run('set constraints other.to_parent immediate')
      await a.run('rollback')
      await a.run('begin')
      await a.run('set constraints public.to_other, other.to_parent deferred')
      await a.run('insert into children (id, other) values (1, 1)')
      await a.run('set constraints "to_other" immediate')
      await a.run('commit')
    },
    ['complete INSERT 0 1', failsAtOnce, failsAtOnce, 'complete INSERT 0 1', failsAtOnce],
  )

  compareInEachProtocol(
    'names the first schema of the search path that has one',
    async (a) => {
      await a.run('set search_path to other, public')
      await a.run('begin')
      await a.run('set constraints to_parent immediate')
      await a.run('insert into public.children (id, parent) values (1, 1)')
      await a.run('insert into children values (1, 1)')
      await a.run('rollback')
    },
    ['complete INSERT 0 1', failsAtOnce],
  )

  compareInEachProtocol(
    'ends with the transaction',
    async (a) => {
      for (const end of ['commit', 'rollback', 'commit and chain']) {
        await a.run('begin')
        await a.run('set constraints all deferred')
        await a.run('set constraints to_parent immediate')
        await a.run(end)
        if (end !== 'commit and chain') await a.run('begin')
        await a.run('insert into children (id, parent) values (1, 1)')
        await a.run('insert into children (id, other) values (2, 2)')
        await a.run('rollback')
      }
      await a.run('insert into children (id, other) values (2, 2)')
    },
    [
      '> rollback',
      'complete INSERT 0 1',
      failsAtOnce,
      'chain',
      'complete INSERT 0 1',
      failsAtOnce,
      failsAtEnd,
    ],
  )

  compareInEachProtocol(
    'ends with a transaction that fails',
    async (a) => {
      await a.run('begin')
      await a.run('set constraints all deferred')
      await a.run('select 1 / 0')
      await a.run('commit')
      await a.run('begin')
      await a.run('insert into children (id, other) values (2, 2)')
      await a.run('commit')
      await a.run('begin')
      await a.run('set constraints all deferred')
      await a.run('insert into children (id, other) values (2, 2)')
      await a.run('commit')
      await a.run('begin')
      await a.run('insert into children (id, other) values (2, 2)')
      await a.run('commit')
    },
    [failsAtOnce, failsAtEnd, failsAtOnce],
  )

  compareInEachProtocol(
    'errors',
    async (a) => {
      for (const what of ['nowhere', 'to_fixed', 'children_pkey', 'other.to_other', 'nowhere.to_parent']) {
        await a.run('begin')
        await a.run(`set constraints ${what} deferred`)
        await a.run('commit')
      }
      await a.run('set constraints')
      await a.run('set constraints all')
    },
    [
      'rejected 42704',
      'rejected 42809',
      'rejected 42809',
      'rejected 42704',
      'rejected 3F000',
      'rejected 42601',
    ],
  )
})

describe('SET CONSTRAINTS outside a transaction', () => {
  compareInEachProtocol(
    'warns and has no effect',
    async (a) => {
      await a.run('set constraints all deferred')
      await a.run('insert into children (id, other) values (1, 1)')
      await a.run('begin')
      await a.run('insert into children (id, other) values (1, 1)')
      await a.run('rollback')
      await a.run('set constraints all immediate')
      await a.run('begin')
      await a.run('insert into children (id, parent) values (1, 1)')
      await a.run('rollback')
      await a.run('set constraints nowhere deferred')
      await a.run('set constraints to_fixed deferred')
    },
    [
      'code=25P01',
      'complete SET',
      failsAtEnd,
      failsAtOnce,
      'code=25P01',
      'complete INSERT',
      'rejected 42704',
    ],
  )

  compare(
    'in a string holds to its end',
    async (a) => {
      await a.simple('set constraints all deferred; insert into children (id, other) values (1, 1); select 1')
      await a.simple(
        'set constraints all deferred; insert into children (id, other) values (1, 1); insert into parents values (1)',
      )
      await a.simple(
        'set constraints all immediate; insert into children (id, parent) values (2, 2); select 1',
      )
      await a.simple(
        'insert into children (id, parent) values (2, 2); set constraints all immediate; select 1',
      )
      await a.simple('set constraints all immediate; begin; insert into children (id, parent) values (2, 2)')
      await a.run('rollback')
      await a.run('begin')
      await a.run('insert into children (id, parent) values (2, 2)')
      await a.run('rollback')
      await a.run('select id from children')
    },
    ['row ["1"]', failsAtEnd, 'complete INSERT 0 1', failsAtEnd, failsAtEnd, failsAtOnce, 'row ["1"]'],
  )
})
