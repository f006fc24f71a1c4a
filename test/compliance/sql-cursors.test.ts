import { useComparison } from './compare.ts'

const { compare, compareInEachProtocol } = useComparison()

const declared = 'declare c cursor for select id from accounts order by id'
const held = 'declare h cursor with hold for select id from accounts order by id'
const cid = "insert into accounts values (3, 'Cid', 1)"
const unknown = 'rejected 34000, status I'
const unknownInside = 'rejected 34000, status E'

describe('a cursor WITHOUT HOLD', () => {
  describe.each(['commit', 'rollback'])('%s', (end) => {
    compareInEachProtocol(
      'closes it, and its name is free',
      async (a) => {
        for (const step of ['first', 'second']) {
          await a.run('begin')
          await a.run(declared)
          await a.run('fetch 1 from c')
          await a.run(end)
          await a.run(`/* ${step} */ fetch 1 from c`)
        }
        await a.run('begin')
        await a.run('fetch 1 from c')
        await a.run(end)
        await a.run('move 1 in c')
        await a.run('close c')
      },
      ['row ["1"]', unknown, 'row ["1"]', unknown, unknownInside, unknown, unknown],
    )
  })

  compareInEachProtocol(
    'is closed by AND CHAIN and by a failure',
    async (a) => {
      for (const end of ['commit and chain', 'rollback and chain']) {
        await a.run('begin')
        await a.run(declared)
        await a.run(end)
        await a.run('fetch 1 from c')
        await a.run('rollback')
      }
      await a.run('begin')
      await a.run(declared)
      await a.run('select 1 / 0')
      await a.run('fetch 1 from c')
      await a.run('commit')
      await a.run('fetch 1 from c')
    },
    ['complete COMMIT', unknownInside, 'complete ROLLBACK', unknownInside, 'rejected 25P02', unknown],
  )

  compareInEachProtocol(
    'behind a savepoint is closed with it',
    async (a) => {
      await a.run('begin')
      await a.run('savepoint s')
      await a.run(declared)
      await a.run('fetch 1 from c')
      await a.run('rollback to s')
      await a.run('fetch 1 from c')
      await a.run('rollback to s')
      await a.run(declared)
      await a.run('release s')
      await a.run('fetch 1 from c')
      await a.run('commit')
      await a.run('fetch 1 from c')
    },
    ['row ["1"]', unknownInside, 'row ["1"]', unknown],
  )

  compareInEachProtocol(
    'from before a savepoint keeps its place, and stays closed',
    async (a) => {
      await a.run('begin')
      await a.run(declared)
      await a.run('savepoint s')
      await a.run('fetch 1 from c')
      await a.run('rollback to s')
      await a.run('fetch 1 from c')
      await a.run('close c')
      await a.run('rollback to s')
      await a.run('fetch 1 from c')
      await a.run('rollback')
    },
    ['row ["1"]', 'row ["2"]', unknownInside],
  )

  compareInEachProtocol(
    'does not see what is written after it, and scrolls',
    async (a) => {
      await a.run('begin')
      await a.run('declare c scroll cursor for select id from accounts order by id')
      await a.run(cid)
      await a.run('fetch last from c')
      await a.run('fetch prior from c')
      await a.run('fetch absolute 2 from c')
      await a.run('fetch relative -1 from c')
      await a.run('move forward all in c')
      await a.run('fetch backward all from c')
      await a.run('fetch first from c')
      await a.run('fetch next from c')
      await a.run('declare c cursor for select 1')
      await a.run('rollback')
      await a.run('begin')
      await a.run('declare n no scroll cursor for values (1), (2)')
      await a.run('fetch 2 from n')
      await a.run('fetch prior from n')
      await a.run('commit')
    },
    ['row ["2"]', 'row ["1"]', 'row ["2"]', 'row ["1"]', 'complete MOVE 1', '42P03', 'rejected 55000'],
  )

  compareInEachProtocol(
    'tells which row UPDATE and DELETE mean',
    async (a) => {
      await a.run('begin')
      await a.run('declare c cursor for select id from accounts order by id for update')
      await a.run('fetch 1 from c')
      await a.run("update accounts set name = 'x' where current of c returning id")
      await a.run('fetch 1 from c')
      await a.run('delete from accounts where current of c')
      await a.run('fetch 1 from c')
      await a.run('commit')
      await a.run('update accounts set balance = 0 where current of c')
      await a.run('begin')
      await a.run(declared)
      await a.run('update accounts set balance = 0 where current of c')
      await a.run('commit')
    },
    ['row ["1"]', 'UPDATE 1', 'row ["2"]', 'DELETE 1', 'FETCH 0', unknown, 'rejected 24000, status E'],
  )

  compareInEachProtocol(
    'outside a transaction is refused',
    async (a) => {
      await a.run(declared)
      await a.run('fetch 1 from c')
      await a.run('move 1 in c')
      await a.run('close c')
      await a.run('close all')
      await a.run(cid)
    },
    ['rejected 25P01, status I', unknown, unknown, unknown, 'complete CLOSE CURSOR ALL'],
  )

  compareInEachProtocol(
    'in two transactions of two clients',
    async (a, b) => {
      await a.run('begin')
      await a.run(declared)
      await a.run('fetch 1 from c')
      await a.run('commit')
      await b.run('begin')
      await b.run('fetch 1 from c')
      await b.run('rollback')
      await b.run('begin')
      await b.run("declare c cursor for values ('b')")
      await b.run('fetch 1 from c')
      await b.run('commit')
      await a.run('fetch 1 from c')
    },
    ['row ["1"]', unknownInside, 'row ["b"]', unknown],
  )
})

describe('strings', () => {
  compare(
    'close a cursor WITHOUT HOLD at their end',
    async (a) => {
      await a.simple(`${declared}; fetch 1 from c; select 'last'`)
      await a.simple('fetch 1 from c')
      await a.simple(`begin; ${declared}; fetch 1 from c; commit; select 'last'`)
      await a.simple('fetch 1 from c')
      await a.simple(`${declared}; fetch 1 from c; rollback; fetch 1 from c`)
      await a.simple(`${declared}; commit; fetch 1 from c`)
      await a.simple(`${declared}; ${declared}`)
      await a.simple(`begin; ${declared}; commit; begin; ${declared}; fetch 1 from c; rollback`)
    },
    ['row ["last"]', unknown, 'row ["last"]', unknown, 'row ["1"]', unknown, unknown, '42P03', 'row ["1"]'],
  )

  compare(
    'keep one WITH HOLD, and one that a transaction goes on with',
    async (a) => {
      await a.simple(`${held}; fetch 1 from h; select 'last'`)
      await a.simple('fetch 1 from h; close h')
      await a.simple(`${declared}; fetch 1 from c; begin; select 'inside'`)
      await a.simple('fetch 1 from c; commit; fetch 1 from c')
      await a.simple(`begin; ${held}; commit; begin; rollback; fetch all from h; close all`)
    },
    ['row ["1"]', 'row ["2"]', 'row ["1"]', 'row ["2"]', unknown, 'row ["1"]', 'CLOSE CURSOR ALL'],
  )
})
