import { useComparison } from './compare.ts'

const { compareInEachProtocol } = useComparison()

const held = 'declare h cursor with hold for select id from accounts order by id'
const cid = "insert into accounts values (3, 'Cid', 1)"
const unknown = 'rejected 34000, status I'

describe('a cursor WITH HOLD', () => {
  compareInEachProtocol(
    'stays after COMMIT, over other transactions, until it is closed',
    async (a) => {
      await a.run('begin')
      await a.run(held)
      await a.run('fetch 1 from h')
      await a.run('commit')
      await a.run(cid)
      await a.run('move backward all in h')
      await a.run('begin')
      await a.run('fetch 1 from h')
      await a.run('commit and chain')
      await a.run('fetch next from h')
      await a.run('commit')
      await a.run('fetch all from h')
      await a.run('fetch backward 1 from h')
      await a.run('select 1 / 0')
      await a.run('fetch backward 1 from h')
      await a.run('close h')
      await a.run('fetch 1 from h')
    },
    ['row ["1"]', 'MOVE', 'row ["1"]', 'row ["2"]', 'FETCH 0', 'row ["2"]', 'row ["1"]', 'CLOSE', unknown],
  )

  compareInEachProtocol(
    'is gone after ROLLBACK of its transaction, and its name is free',
    async (a) => {
      await a.run('begin')
      await a.run(held)
      await a.run('rollback')
      await a.run('fetch 1 from h')
      await a.run('begin')
      await a.run(held)
      await a.run('select 1 / 0')
      await a.run('commit')
      await a.run('fetch 1 from h')
      await a.run('begin')
      await a.run('savepoint s')
      await a.run(held)
      await a.run('rollback to s')
      await a.run('commit')
      await a.run('fetch 1 from h')
      await a.run(held)
      await a.run('fetch 1 from h')
    },
    [unknown, 'rejected 22012', unknown, unknown, 'row ["1"]'],
  )

  compareInEachProtocol(
    'from before a transaction that is rolled back keeps its place, and stays closed',
    async (a) => {
      await a.run(held)
      await a.run('begin')
      await a.run('fetch 1 from h')
      await a.run('rollback')
      await a.run('fetch 1 from h')
      await a.run('begin')
      await a.run('close h')
      await a.run('rollback')
      await a.run('fetch 1 from h')
    },
    ['row ["1"]', 'row ["2"]', unknown],
  )

  compareInEachProtocol(
    'outside a transaction stays, and sees nothing of what is written later',
    async (a) => {
      await a.run('declare h scroll cursor with hold for select id from accounts order by id')
      await a.run('delete from accounts')
      await a.run('fetch last from h')
      await a.run('fetch first from h')
      await a.run('declare h cursor with hold for select 1')
      await a.run("declare g cursor with hold for select 'g'")
      await a.run("select name, is_holdable from pg_cursors where name <> '' order by name")
      await a.run('close all')
      await a.run("select name from pg_cursors where name <> ''")
      await a.run('fetch 1 from h')
    },
    ['row ["2"]', 'row ["1"]', 'rejected 42P03', 'row ["g","t"]', 'row ["h","t"]', 'SELECT 0', unknown],
  )

  compareInEachProtocol(
    'ends with its client, and the next one declares it anew',
    async (a) => {
      for (const name of ['first', 'second']) {
        const client = await a.sibling(name)
        await client.run('begin')
        await client.run(`declare h cursor with hold for select '${name}'`)
        await client.run('commit')
        await client.run('fetch 1 from h')
        await client.end()
      }
      await a.run('fetch 1 from h')
    },
    ['row ["first"]', 'row ["second"]', unknown],
  )

  compareInEachProtocol(
    'is closed by DISCARD ALL alone',
    async (a) => {
      await a.run(held)
      await a.run('discard plans')
      await a.run('deallocate all')
      await a.run('reset all')
      await a.run('/* still there */ fetch 1 from h')
      await a.run('discard all')
      await a.run('fetch next from h')
    },
    ['row ["1"]', unknown],
  )
})
