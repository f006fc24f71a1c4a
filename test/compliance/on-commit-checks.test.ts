import { useComparison } from './compare.ts'

const { compareInEachProtocol } = useComparison()

const gone = 'rejected 42P01, status I'

describe('the end of a transaction', () => {
  compareInEachProtocol(
    'checks deferred constraints before it drops and empties',
    async (a) => {
      for (const onCommit of ['drop', 'delete rows']) {
        await a.run('begin')
        await a.run(`create temp table p (id int primary key) on commit ${onCommit}`)
        await a.run(
          `create temp table q (id int references p deferrable initially deferred) on commit ${onCommit}`,
        )
        await a.run('insert into q values (1)')
        await a.run('commit')
        await a.run('select * from q')
      }
    },
    ['rejected 23503, status I', gone, 'rejected 23503, status I', gone],
  )

  compareInEachProtocol(
    'empties tables that refer to each other',
    async (a) => {
      await a.run('begin')
      await a.run('create temp table p (id int primary key) on commit delete rows')
      await a.run('create temp table q (id int references p) on commit delete rows')
      await a.run('insert into p values (1)')
      await a.run('insert into q values (1)')
      await a.run('commit')
      await a.run('select * from p, q')
      await a.run('begin')
      await a.run('insert into p values (1)')
      await a.run('insert into q values (1)')
      await a.run('commit')
      await a.run('select count(*) from q')
    },
    ['complete COMMIT', 'complete SELECT 0', 'complete COMMIT', 'row ["0"]'],
  )
})

describe('DISCARD', () => {
  compareInEachProtocol(
    'TEMP drops them all',
    async (a) => {
      await a.run('create temp table kept (id int)')
      await a.run('create temp table scratch (id int) on commit delete rows')
      await a.run('discard temp')
      await a.run('select * from scratch')
      await a.run('create temp table scratch (id int)')
      await a.run('insert into scratch values (1)')
      await a.run('select id from scratch')
      await a.run('select id from kept')
      await a.run('begin')
      await a.run('create temp table third (id int) on commit drop')
      await a.run('discard temporary')
      await a.run('select id from scratch')
      await a.run('rollback')
      await a.run('select id, 1 from scratch')
    },
    [gone, 'row ["1"]', gone, 'complete DISCARD TEMP', 'rejected 42P01, status E', 'row ["1","1"]'],
  )

  compareInEachProtocol(
    'ALL drops them all',
    async (a) => {
      await a.run('create temp table kept (id int)')
      await a.run('create temp table scratch (id int) on commit delete rows')
      await a.run('discard all')
      await a.run('select * from kept')
      await a.run('create temp table scratch (id int)')
      await a.run('insert into scratch values (1)')
      await a.run('select id from scratch')
    },
    [gone, 'row ["1"]'],
  )
})

compareInEachProtocol(
  'a client makes a table of a name that one before it had',
  async (a) => {
    for (const id of [1, 2]) {
      const client = await a.sibling(`client ${id}`)
      await client.run('create temp table scratch (id int)')
      await client.run('create temp table emptied (id int) on commit delete rows')
      await client.run(`insert into scratch values (${id})`)
      await client.run('insert into emptied values (3)')
      await client.run('select * from scratch')
      await client.run('select * from emptied')
      await client.end()
    }
    await a.run('select * from scratch')
    const third = await a.sibling('third')
    await third.run('select * from scratch')
    await third.run('create table scratch (word text)')
    await third.run('select * from scratch')
    await third.end()
  },
  ['row ["1"]', 'SELECT 0', 'row ["2"]', 'SELECT 0', gone, gone, 'columns word'],
)
