import { useComparison } from './compare.ts'

const { compare, compareInEachProtocol } = useComparison()

const dropped = 'create temp table scratch (id int) on commit drop'
const emptied = 'create temp table scratch (id int) on commit delete rows'
const gone = 'rejected 42P01, status I'
const goneInside = 'rejected 42P01, status E'

describe('ON COMMIT DROP', () => {
  describe.each([
    dropped,
    'create temporary table scratch on commit drop as select 7 as id',
    'CREATE LOCAL TEMP TABLE IF NOT EXISTS scratch (id int) WITH (fillfactor = 50) ON COMMIT DROP',
    'create temp table scratch (like accounts including all) on /* the */ commit drop',
    'create temp table scratch (id) on commit drop as values (7) with no data',
  ])('%s', (create) => {
    const comparing = create === dropped ? compareInEachProtocol : compare

    comparing(
      'is gone after COMMIT, and its name is free',
      async (a) => {
        for (const id of [1, 2]) {
          await a.run('begin')
          await a.run(create)
          await a.run(`insert into scratch (id) values (${id})`)
          await a.run('select id from scratch order by id')
          await a.run('commit')
          await a.run('select id from scratch')
        }
        await a.run('create table scratch (id int)')
      },
      ['row ["1"]', 'complete COMMIT', gone, 'row ["2"]', 'complete COMMIT', gone, 'complete CREATE'],
    )

    comparing(
      'is gone after ROLLBACK and after a failure',
      async (a) => {
        await a.run('begin')
        await a.run(create)
        await a.run('rollback')
        await a.run('select id from scratch')
        await a.run('begin')
        await a.run(create)
        await a.run('select 1 / 0')
        await a.run('commit')
        await a.run('begin')
        await a.run(create)
        await a.run('commit and chain')
        await a.run('select id from scratch')
        await a.run('rollback')
      },
      ['complete ROLLBACK', gone, 'rejected 22012', 'complete ROLLBACK', 'complete COMMIT', goneInside],
    )

    comparing(
      'is gone at once outside a transaction',
      async (a) => {
        await a.run(create)
        await a.run('select id from scratch')
        await a.run(create)
      },
      [gone, 'ready I'],
    )
  })

  compare(
    'in strings',
    async (a) => {
      await a.simple(`${dropped}; insert into scratch values (1); select * from scratch`)
      await a.run('select * from scratch')
      await a.simple(
        `begin; ${dropped}; insert into scratch values (2); select * from scratch; commit; select 3`,
      )
      await a.simple(`begin; ${dropped}; commit; select * from scratch`)
      await a.simple(`${dropped}; commit; ${dropped}; insert into scratch values (4) returning id`)
      await a.simple(`${dropped}; begin; insert into scratch values (5)`)
      await a.simple('select * from scratch; commit; select * from accounts')
      await a.simple(`begin; ${dropped}; commit and chain; ${dropped}; commit; ${dropped}; select 6`)
      await a.run('select * from scratch')
    },
    ['row ["1"]', gone, 'row ["2"]', 'row ["3"]', gone, 'row ["4"]', 'row ["5"]', 'row ["6"]', gone],
  )

  compareInEachProtocol(
    'behind a savepoint',
    async (a) => {
      await a.run('begin')
      await a.run('savepoint s')
      await a.run(dropped)
      await a.run('rollback to s')
      await a.run('select * from scratch')
      await a.run('rollback to s')
      await a.run(emptied)
      await a.run('insert into scratch values (1)')
      await a.run('release s')
      await a.run('commit')
      await a.run('select * from scratch')
      await a.run('begin')
      await a.run('savepoint s')
      await a.run('drop table scratch')
      await a.run(dropped)
      await a.run('rollback to s')
      await a.run('insert into scratch values (2)')
      await a.run('select * from scratch')
      await a.run('commit')
      await a.run('select * from scratch')
    },
    [goneInside, 'complete COMMIT', 'complete SELECT 0', 'row ["2"]', 'complete COMMIT', 'complete SELECT 0'],
  )

  compareInEachProtocol(
    'of a table that the application drops itself',
    async (a) => {
      await a.run('begin')
      await a.run(dropped)
      await a.run('drop table scratch')
      await a.run('create temp table scratch (other int)')
      await a.run('commit')
      await a.run('select * from scratch')
    },
    ['complete COMMIT', 'columns other'],
  )

  compareInEachProtocol(
    'takes with it what depends on the table, and says nothing',
    async (a) => {
      await a.run('begin')
      await a.run(dropped)
      await a.run('create view seen as select * from scratch')
      await a.run('create temp table inherits_it () inherits (scratch)')
      await a.run('commit')
      await a.run('select * from seen')
      await a.run('select * from inherits_it')
    },
    ['notice', 'complete COMMIT', gone, gone],
  )

  compareInEachProtocol(
    'hides a table of the schema for as long as it lives',
    async (a) => {
      await a.run('begin')
      await a.run('create temp table accounts (hidden int) on commit drop')
      await a.run('select * from accounts')
      await a.run('insert into accounts values (5)')
      await a.run('commit')
      await a.run('select count(*) from accounts')
      await a.run('create temp table "Odd "" name" (id int) on commit drop')
      await a.run('begin')
      await a.run('create temp table "Odd "" name" (id int) on commit drop')
      await a.run('create temp table "select" (id int) on commit drop')
      await a.run('commit')
      await a.run('select * from "Odd "" name"')
    },
    ['columns hidden', 'complete COMMIT', 'row ["2"]', 'complete COMMIT', gone],
  )

  compareInEachProtocol(
    'of a table that a function makes',
    async (a) => {
      await a.run(
        `create function work(int) returns bigint language plpgsql as $$ begin
          create temp table scratch (id int) on commit drop;
          insert into scratch values ($1);
          return (select sum(id) from scratch);
        end $$`,
      )
      await a.run('select work(1)')
      await a.run('select work(2)')
      for (const id of [3, 4]) {
        await a.run('begin')
        await a.run(`select work(${id})`)
        await a.run('select * from scratch')
        await a.run('commit')
      }
      await a.run('begin')
      await a.run('select work(5)')
      await a.run('select work(6)')
      await a.run('rollback')
      await a.run("do $$ begin execute 'create temp table scratch on commit drop as select 8'; end $$")
      await a.run('select * from scratch')
    },
    [
      'row ["1"]',
      'row ["2"]',
      'row ["3"]',
      'COMMIT',
      'row ["4"]',
      'COMMIT',
      'row ["5"]',
      'rejected 42P07',
      gone,
    ],
  )
})
