import { useComparison } from './compare.ts'

const { compare } = useComparison(`
  create table parents (id int primary key);
  create table children (id int primary key, parent int references parents deferrable initially deferred)`)

const violate = 'insert into children values (1, 1)'
const repair = 'insert into parents values (1)'
const fails = 'rejected 23503, status I'

describe('a string outside a transaction', () => {
  compare(
    'fails at its end, with the rows of its last statement',
    async (a) => {
      await a.simple(`${violate} returning id; select 'last' as last`)
      await a.simple(`select 'first' as first; ${violate} returning id`)
      await a.simple(`insert into log (text) values ('undone'); ${violate}; insert into accounts values (3)`)
      await a.simple(`${violate}; ;`)
      await a.simple(`; ${violate} -- end`)
      await a.run('select count(*) from children')
      await a.run('select count(*) from accounts')
    },
    ['row ["last"]', fails, 'row ["first"]', fails, fails, fails, fails, 'row ["0"]', 'row ["2"]'],
  )

  compare(
    'commits what it has repaired itself',
    async (a) => {
      await a.simple(`${violate}; ${repair}`)
      await a.simple('select * from children; delete from children; delete from parents')
      await a.simple(`${violate}; delete from children`)
      await a.simple(`${violate}; update children set parent = null returning *`)
    },
    ['row ["1","1"]', 'complete DELETE 1', 'complete DELETE 1', 'row ["1",null]'],
  )

  compare(
    'fails by another error before its end',
    async (a) => {
      await a.simple(`${violate}; select 1 / 0; select 2`)
      await a.simple(`${violate}; selec 1`)
      await a.run('select count(*) from children')
    },
    ['rejected 22012, status I', 'rejected 42601, status I', 'row ["0"]'],
  )

  compare(
    'fails in its middle at COMMIT, and what comes after that is not run',
    async (a) => {
      await a.simple(`begin; ${violate}; commit; insert into log (text) values ('not run')`)
      await a.simple(`${violate}; commit; insert into log (text) values ('not run')`)
      await a.simple(`${violate}; begin; select 2; commit; insert into log (text) values ('not run')`)
      await a.simple(`begin; ${violate}; commit and chain; insert into log (text) values ('not run')`)
      await a.run('rollback')
    },
    [fails, fails, 'complete BEGIN', fails, fails, 'code=25P01'],
  )

  compare(
    'keeps what it committed before it fails',
    async (a) => {
      await a.simple(`begin; insert into log (text) values ('kept'); commit; ${violate}; select 3`)
      await a.simple(`insert into log (text) values ('kept too'); commit; begin; ${violate}; commit`)
      await a.run('select text from log order by n')
    },
    ['row ["3"]', fails, fails, 'row ["kept"]', 'row ["kept too"]'],
  )

  compare(
    'gives its violation over to the transaction that it opens',
    async (a) => {
      await a.simple(`${violate}; begin; select 2`)
      await a.run('select count(*) from children')
      await a.run('commit')
      await a.simple(`${violate}; begin; select 2`)
      await a.run(repair)
      await a.run('commit')
      await a.run('select count(*) from children')
    },
    ['resolved, status T', 'row ["1"]', fails, 'resolved, status T', 'complete COMMIT', 'row ["1"]'],
  )

  compare(
    'is undone by its own ROLLBACK and fails no more',
    async (a) => {
      await a.simple(`${violate}; rollback; select 3`)
      await a.simple(
        `begin; ${violate}; rollback; begin; ${repair}; ${violate}; commit; select count(*) from children`,
      )
    },
    ['row ["3"]', 'complete COMMIT', 'row ["1"]'],
  )
})

describe('a string inside a transaction', () => {
  compare(
    'leaves its violation open',
    async (a) => {
      await a.run('begin')
      await a.simple(`${violate}; select 1`)
      await a.simple(`${repair}; commit; delete from parents; select 1`)
      await a.simple('select count(*) from children; select count(*) from parents')
    },
    ['resolved, status T', 'complete COMMIT', 'complete DELETE 1', fails, 'row ["1"]', 'row ["1"]'],
  )

  compare(
    'fails at the COMMIT in it',
    async (a) => {
      await a.run('begin')
      await a.simple(violate)
      await a.simple("select 'before' as before; commit; select 'not run' as not_run")
      await a.run('select count(*) from children')
    },
    ['row ["before"]', fails, 'row ["0"]'],
  )

  compare(
    'checks at the RELEASE of a savepoint no more than elsewhere',
    async (a) => {
      await a.simple(`begin; savepoint s; ${violate}; release s; savepoint t`)
      await a.simple('rollback to t; select 1; commit')
      await a.simple(`begin; savepoint s; ${violate}; rollback to s; commit; select 2`)
    },
    ['complete RELEASE', fails, 'complete COMMIT', 'row ["2"]'],
  )
})

compare(
  'strings of two clients by turns',
  async (a, b) => {
    await a.simple(`${violate}; select 1`)
    await b.simple(`select count(*) from children; ${repair}`)
    await a.simple(`${violate}; select 1`)
    await b.simple('delete from parents; select count(*) from children')
    await a.simple('delete from children; delete from parents')
  },
  [fails, 'row ["0"]', 'complete SELECT 1', fails, 'complete DELETE 1'],
)
