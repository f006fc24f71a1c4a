import { useComparison } from './compare.ts'
import { type Recorder } from './recorder.ts'

const { compare, compareInEachProtocol } = useComparison(`
  create table parents (id int primary key);
  create table children (
    id int primary key,
    parent int constraint to_parent references parents deferrable initially deferred,
    other int constraint to_other references parents deferrable initially immediate
  )`)

/** `parent` is checked at COMMIT, `other` at once: as the constraints were made. */
async function modesAreAsMade(client: Recorder): Promise<void> {
  await client.run('begin')
  await client.run('insert into children (id, parent) values (70, 70)')
  await client.run('insert into parents values (70)')
  await client.run('insert into children (id, other) values (71, 71)')
  await client.run('rollback')
}

const asMade = ['(70, 70)', 'complete INSERT 0 1', 'rejected 23503, status E', 'complete ROLLBACK']

describe.each([
  ['begin', 'commit'],
  ['START TRANSACTION', 'END'],
  ['begin isolation level serializable', 'Commit Work'],
])('%s … %s', (begin, commit) => {
  compareInEachProtocol(
    'fails at COMMIT with the transaction undone',
    async (a) => {
      await a.run(begin)
      await a.run("insert into log (text) values ('undone')")
      await a.run('insert into children (id, parent) values (1, 1) returning id')
      await a.run('select count(*) from children')
      await a.run(commit)
      await a.run('select * from children')
      await a.run('insert into children (id) values (1)')
      await modesAreAsMade(a)
    },
    ['complete INSERT 0 1', `> ${commit}`, 'rejected 23503, status I', 'complete SELECT 0', ...asMade],
  )

  compareInEachProtocol(
    'commits what was repaired before',
    async (a) => {
      await a.run(begin)
      await a.run('insert into children (id, parent) values (1, 1)')
      await a.run('insert into parents values (1)')
      await a.run(commit)
      await a.run('select * from children')
      await modesAreAsMade(a)
    },
    ['complete COMMIT', 'row ["1","1",null]', ...asMade],
  )
})

describe('at COMMIT', () => {
  compareInEachProtocol(
    'a violation that is rolled back is none',
    async (a) => {
      await a.run('begin')
      await a.run('insert into children (id, parent) values (1, 1)')
      await a.run('rollback')
      await a.run('begin')
      await a.run('insert into children (id, parent) values (1, 1)')
      await a.run('select 1 / 0')
      await a.run('commit')
      await a.run('select count(*) from children')
    },
    ['rejected 22012, status E', 'complete ROLLBACK', 'row ["0"]'],
  )

  compareInEachProtocol(
    'a removed parent is missed',
    async (a) => {
      await a.run('insert into parents values (1), (2)')
      await a.run('insert into children values (1, 1, 2)')
      await a.run('begin')
      await a.run('delete from parents where id = 1')
      await a.run('commit')
      await a.run('begin')
      await a.run('update parents set id = 3 where id = 1')
      await a.run('update children set parent = 3')
      await a.run('commit')
      await a.run('delete from parents where id = 2')
      await a.run('select * from parents order by id')
    },
    ['rejected 23503, status I', 'complete COMMIT', 'rejected 23503, status I', 'row ["2"]', 'row ["3"]'],
  )

  compareInEachProtocol(
    'the next transactions go on as if nothing had happened',
    async (a) => {
      for (const id of [1, 2, 3]) {
        await a.run('begin')
        await a.run(`insert into children (id, parent) values (${id}, ${id})`)
        await a.run('savepoint s')
        if (id === 2) await a.run('insert into parents values (2)')
        await a.run('commit')
      }
      await a.run('select id from children')
      await a.run('insert into accounts values (3)')
      await a.run('select 1 / 0')
      await a.run('insert into accounts values (4)')
    },
    ['rejected 23503', 'complete COMMIT', 'rejected 23503', 'row ["2"]', 'complete INSERT 0 1'],
  )

  compareInEachProtocol(
    'COMMIT AND CHAIN that fails chains nothing',
    async (a) => {
      await a.run('begin isolation level serializable')
      await a.run('insert into children (id, parent) values (1, 1)')
      await a.run('commit and chain')
      await a.run('insert into accounts values (3)')
      await a.run('rollback')
      await a.run('select count(*) from accounts')
    },
    ['rejected 23503, status I', 'code=25P01', 'row ["3"]'],
  )

  compareInEachProtocol(
    'COMMIT AND CHAIN begins anew with the modes as they were made',
    async (a) => {
      await a.run('begin')
      await a.run('set constraints all immediate')
      await a.run('commit and chain')
      await a.run('insert into children (id, parent) values (1, 1)')
      await a.run('rollback and chain')
      await a.run('set constraints all deferred')
      await a.run('rollback and chain')
      await a.run('insert into children (id, other) values (1, 1)')
      await a.run('commit')
    },
    ['complete COMMIT', 'complete INSERT 0 1', 'complete ROLLBACK', 'rejected 23503, status E'],
  )

  compare(
    'two clients by turns, of which one fails',
    async (a, b) => {
      await a.run('begin')
      await a.run('insert into children (id, parent) values (1, 1)')
      await a.run('commit')
      await b.run('select count(*) from children')
      await b.run('begin')
      await b.run('set constraints all immediate')
      await b.run('insert into parents values (1)')
      await b.run('commit')
      await a.run('begin')
      await a.run('insert into children (id, parent) values (1, 1)')
      await a.run('insert into children (id, parent) values (2, 2)')
      await a.run('commit')
      await b.run('select count(*) from children')
      await modesAreAsMade(b)
      await modesAreAsMade(a)
    },
    ['rejected 23503, status I', 'row ["0"]', 'complete COMMIT', 'rejected 23503, status I', 'row ["0"]'],
  )

  compare(
    'a client that ends with a violation open',
    async (a, b) => {
      await a.run('begin')
      await a.run('insert into children (id, parent) values (1, 1)')
      await a.end()
      await b.run('select count(*) from children')
      await modesAreAsMade(b)
    },
    ['row ["0"]', ...asMade],
  )
})

describe('a statement outside a transaction', () => {
  compareInEachProtocol(
    'fails at its end with nothing done',
    async (a) => {
      await a.run('insert into children (id, parent) values (1, 1)')
      await a.run('insert into children (id, parent) values (1, 1), (2, 2) returning id')
      await a.run('select count(*) from children')
      await a.run('insert into accounts values (3)')
      await modesAreAsMade(a)
    },
    ['rejected 23503, status I', 'row ["2"]', 'rejected 23503, status I', 'row ["0"]', ...asMade],
  )

  compareInEachProtocol(
    'fails as an update, a delete and in WITH',
    async (a) => {
      await a.run('insert into parents values (1)')
      await a.run('insert into children values (1, 1)')
      await a.run('update children set parent = 2')
      await a.run('delete from parents')
      await a.run('with made as (insert into children values (3, 3) returning id) select * from made')
      await a.run('with both_made as (insert into parents values (4)) insert into children values (4, 4)')
      await a.run('select * from children order by id')
    },
    [
      'rejected 23503, status I',
      'rejected 23503, status I',
      'row ["3"]',
      'rejected 23503, status I',
      'complete INSERT 0 1',
      'row ["1","1",null]',
      'row ["4","4",null]',
    ],
  )

  compare(
    'fails with values and as a named statement again and again',
    async (a) => {
      for (const id of [1, 2]) {
        await a.extended('insert into children (id, parent) values ($1, $2) returning *', id, id)
        await a.prepared('i', 'insert into children (id, parent) values ($1, $2)', id, id)
      }
      await a.extended('insert into parents values ($1)', 2)
      await a.prepared('i', 'insert into children (id, parent) values ($1, $2)', 2, 2)
      await a.run('select * from children')
    },
    ['rejected 23503', 'rejected 23503', 'rejected 23503', 'rejected 23503', 'row ["2","2",null]'],
  )

  compareInEachProtocol(
    'leaves no check open that would hinder a change of the table',
    async (a) => {
      await a.run('insert into parents values (1)')
      await a.run('insert into children (id, parent) values (1, 1)')
      await a.run('alter table children add column x int')
      await a.run('begin')
      await a.run('insert into children (id, parent) values (2, 1)')
      await a.run('commit')
      await a.run('alter table children drop column x')
      await a.run('begin')
      await a.run('insert into children (id, parent) values (3, 1)')
      await a.run('truncate children')
      await a.run('rollback')
      await a.run('truncate children')
    },
    ['complete ALTER', 'complete COMMIT', 'complete ALTER', 'rejected 55006, status E', 'complete TRUNCATE'],
  )

  compare(
    'fails between those of another client',
    async (a, b) => {
      await b.run('insert into parents values (1)')
      await a.run('insert into children (id, parent) values (2, 2)')
      await b.run('insert into children (id, parent) values (1, 1)')
      await a.run('select count(*) from children')
    },
    ['rejected 23503, status I', 'complete INSERT 0 1', 'row ["1"]'],
  )
})
