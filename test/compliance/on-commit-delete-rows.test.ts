import { useComparison } from './compare.ts'

const { compare, compareInEachProtocol } = useComparison()

const emptied = 'create temp table scratch (id int) on commit delete rows'

describe('ON COMMIT DELETE ROWS', () => {
  compareInEachProtocol(
    'empties the table at each COMMIT and after each statement',
    async (a) => {
      await a.run('begin')
      await a.run(emptied)
      await a.run('insert into scratch values (1)')
      await a.run('commit')
      await a.run('select * from scratch')
      await a.run('insert into scratch values (2) returning id')
      await a.run('select * from scratch')
      await a.run('begin')
      await a.run('insert into scratch values (3)')
      await a.run('select * from scratch')
      await a.run('commit and chain')
      await a.run('select * from scratch')
      await a.run('insert into scratch values (4)')
      await a.run('select 1 / 0')
      await a.run('commit')
      await a.run('select * from scratch')
    },
    ['SELECT 0', 'row ["2"]', 'SELECT 0', 'row ["3"]', 'SELECT 0', 'complete ROLLBACK', 'SELECT 0'],
  )

  compareInEachProtocol(
    'leaves alone what is in another table',
    async (a) => {
      await a.run(emptied)
      await a.run('create temp table kept (id int) on commit preserve rows')
      await a.run('create temp table also_kept (id int)')
      await a.run('begin')
      await a.run('insert into kept values (1)')
      await a.run('insert into also_kept values (2)')
      await a.run('insert into scratch values (3)')
      await a.run('commit')
      await a.run('select id, 1 from kept')
      await a.run('select id, 2 from also_kept')
      await a.run('select id, 3 from scratch')
      await a.run('drop table kept')
      await a.run('insert into scratch values (4)')
      await a.run('select * from scratch')
    },
    ['row ["1","1"]', 'row ["2","2"]', 'complete SELECT 0', 'complete INSERT', 'complete SELECT 0'],
  )

  compare(
    'in strings',
    async (a) => {
      await a.simple(`${emptied}; insert into scratch values (1); select * from scratch`)
      await a.simple('select * from scratch; insert into scratch values (2); select * from scratch')
      await a.simple(
        'insert into scratch values (3); commit; select * from scratch; insert into scratch values (4)',
      )
      await a.simple('select * from scratch; begin; insert into scratch values (5); select * from scratch')
      await a.simple('select count(*) from scratch; rollback; select count(*) from scratch')
    },
    ['row ["1"]', 'SELECT 0', 'row ["2"]', 'SELECT 0', 'SELECT 0', 'row ["5"]', 'row ["1"]', 'row ["0"]'],
  )

  compareInEachProtocol(
    'of a table made in a transaction that is rolled back',
    async (a) => {
      await a.run('begin')
      await a.run(emptied)
      await a.run('rollback')
      await a.run('create temp table scratch (id int)')
      await a.run('begin')
      await a.run('insert into scratch values (1)')
      await a.run('commit')
      await a.run('select * from scratch')
    },
    ['complete ROLLBACK', 'complete CREATE', 'complete COMMIT', 'row ["1"]'],
  )
})
