import { useComparison } from './compare.ts'

const { compare, compareInEachProtocol } = useComparison()

compareInEachProtocol('nested savepoints, released and rolled back to', async (a) => {
  await a.run('begin')
  await a.run('savepoint one')
  await a.run("insert into accounts values (3, 'Cid', 1)")
  await a.run('savepoint two')
  await a.run("insert into accounts values (4, 'Dan', 1)")
  await a.run('rollback to savepoint two')
  await a.run("insert into accounts values (5, 'Eve', 1)")
  await a.run('release savepoint two')
  await a.run('release savepoint one')
  await a.run('commit')
})

compareInEachProtocol('a failed transaction works again after ROLLBACK TO', async (a) => {
  await a.run('begin')
  await a.run("insert into accounts values (3, 'Cid', 1)")
  await a.run('savepoint s')
  await a.run("insert into accounts values (3, 'again', 1)")
  await a.run('select 1')
  await a.run('rollback to savepoint s')
  await a.run("insert into accounts values (4, 'Dan', 1)")
  await a.run('commit')
})

compareInEachProtocol('rolling back past a savepoint forgets it', async (a) => {
  await a.run('begin')
  await a.run('savepoint outer_one')
  await a.run('savepoint inner_one')
  await a.run('rollback to outer_one')
  await a.run('rollback to inner_one')
  await a.run('rollback to outer_one')
  await a.run('commit')
})

compareInEachProtocol('an unknown name', async (a) => {
  await a.run('begin')
  await a.run('release savepoint nothing')
  await a.run('rollback')
  await a.run('begin')
  await a.run('rollback to savepoint nothing')
  await a.run('commit')
})

compareInEachProtocol('outside a transaction', async (a) => {
  await a.run('savepoint s')
  await a.run('release savepoint s')
  await a.run('rollback to savepoint s')
  await a.run("insert into accounts values (3, 'Cid', 1)")
  await a.run('savepoint s')
  await a.run('rollback to s')
  await a.run('select count(*) from accounts')
})

compareInEachProtocol('a name of an earlier transaction is unknown', async (a) => {
  await a.run('begin')
  await a.run('savepoint s')
  await a.run("insert into accounts values (3, 'Cid', 1)")
  await a.run('commit')
  await a.run('begin')
  await a.run('rollback to s')
  await a.run('rollback')
})

compareInEachProtocol('one name twice', async (a) => {
  await a.run('begin')
  await a.run('savepoint s')
  await a.run("insert into accounts values (3, 'Cid', 1)")
  await a.run('savepoint s')
  await a.run("insert into accounts values (4, 'Dan', 1)")
  await a.run('rollback to s')
  await a.run('release s')
  await a.run('rollback to s')
  await a.run('release s')
  await a.run('release s')
  await a.run('commit')
})

compareInEachProtocol('without the word SAVEPOINT, as ORMs write it', async (a) => {
  await a.run('begin')
  await a.run('savepoint "trx_1"')
  await a.run("insert into accounts values (3, 'Cid', 1)")
  await a.run('rollback to "trx_1"')
  await a.run("insert into accounts values (4, 'Dan', 1)")
  await a.run('release "trx_1"')
  await a.run('savepoint trx2;')
  await a.run('rollback transaction to trx2;')
  await a.run('commit;')
})

compareInEachProtocol('names that need quotes', async (a) => {
  await a.run('begin')
  await a.run('savepoint "Odd ""name"" with ;"')
  await a.run("insert into accounts values (3, 'Cid', 1)")
  await a.run('rollback to savepoint "Odd ""name"" with ;"')
  await a.run('savepoint Plain')
  await a.run('release savepoint "plain"')
  await a.run('savepoint "Plain"')
  await a.run('release savepoint plain')
  await a.run('commit')
})

compare('savepoints that are never released', async (a) => {
  await a.run('begin')
  for (let id = 3; id < 8; id += 1) {
    await a.run(`savepoint s${id}`)
    await a.run(`insert into accounts values (${id}, 'x', 1)`)
  }
  await a.run('rollback to s6')
  await a.run('commit')
})

compare('a statement that fails inside a savepoint, then ROLLBACK of all', async (a) => {
  await a.run('begin')
  await a.run("insert into accounts values (3, 'Cid', 1)")
  await a.run('savepoint s')
  await a.run('select 1 / 0')
  await a.run('rollback')
  await a.run('select count(*) from accounts')
})

compareInEachProtocol('a savepoint as the first statement, rolled back to', async (a) => {
  await a.run('begin')
  await a.run('savepoint s')
  await a.run('select 1 / 0')
  await a.run('rollback to s')
  await a.run('select 1')
  await a.run('commit')
})
