import { useComparison } from './compare.ts'

const { compare, compareInEachProtocol, briefly } = useComparison()

describe.each([
  ['BEGIN', 'COMMIT'],
  ['begin', 'commit'],
  ['Begin Work', 'Commit Work'],
  ['BEGIN TRANSACTION', 'COMMIT TRANSACTION'],
  ['START TRANSACTION', 'END'],
  ['/* opens */ BEGIN -- it', 'END TRANSACTION /* done */'],
  ['begin;', ';commit;'],
  ['BEGIN ISOLATION LEVEL SERIALIZABLE', 'END WORK'],
  ['START TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ WRITE', 'COMMIT AND NO CHAIN'],
  ['BEGIN READ WRITE DEFERRABLE', 'commit'],
])('%s … %s', (begin, commit) => {
  briefly.compareInEachProtocol('commits what was written', async (a) => {
    await a.run(begin)
    await a.run("insert into accounts values (3, 'Cid', 1)")
    await a.run('select count(*) from accounts')
    await a.run(commit)
    await a.run('select count(*) from accounts')
  })
})

describe.each([
  'ROLLBACK',
  'rollback work',
  'ROLLBACK TRANSACTION',
  'ABORT',
  'abort transaction',
  'ROLLBACK AND NO CHAIN',
  '-- x\nrollback',
])('BEGIN … %s', (rollback) => {
  briefly.compareInEachProtocol('undoes what was written', async (a) => {
    await a.run("insert into accounts values (3, 'Cid', 1)")
    await a.run('begin')
    await a.run("insert into accounts values (4, 'Dan', 1)")
    await a.run('delete from accounts where id = 3')
    await a.run(rollback)
    await a.run('select id from accounts order by id')
    await a.run("insert into accounts values (5, 'Eve', 1)")
  })
})

compareInEachProtocol('a transaction in which nothing happens', async (a) => {
  await a.run('begin')
  await a.run('commit')
  await a.run('begin')
  await a.run('rollback')
})

compareInEachProtocol('COMMIT AND CHAIN begins the next transaction at once', async (a) => {
  await a.run('begin')
  await a.run("insert into accounts values (3, 'Cid', 1)")
  await a.run('commit and chain')
  await a.run("insert into accounts values (4, 'Dan', 1)")
  await a.run('rollback')
  await a.run('select id from accounts order by id')
})

compareInEachProtocol('ROLLBACK AND CHAIN begins the next transaction at once', async (a) => {
  await a.run('begin')
  await a.run("insert into accounts values (3, 'Cid', 1)")
  await a.run('rollback and chain')
  await a.run("insert into accounts values (4, 'Dan', 1)")
  await a.run('commit')
})

compareInEachProtocol('AND CHAIN keeps the modes', async (a) => {
  await a.run('begin read only')
  await a.run('commit and chain')
  await a.run("insert into accounts values (3, 'Cid', 1)")
  await a.run('rollback and chain')
  await a.run("insert into accounts values (3, 'Cid', 1)")
  await a.run('commit')
  await a.run("insert into accounts values (3, 'Cid', 1)")
})

compareInEachProtocol('COMMIT AND CHAIN after a failure chains a transaction that works', async (a) => {
  await a.run('begin')
  await a.run('select 1 / 0')
  await a.run('commit and chain')
  await a.run("insert into accounts values (3, 'Cid', 1)")
  await a.run('commit')
})

compareInEachProtocol('AND CHAIN outside a transaction is an error', async (a) => {
  await a.run('commit and chain')
  await a.run('rollback and chain')
  await a.run("insert into accounts values (3, 'Cid', 1)")
})

compareInEachProtocol('a second BEGIN warns and changes nothing', async (a) => {
  await a.run('begin')
  await a.run("insert into accounts values (3, 'Cid', 1)")
  await a.run('begin')
  await a.run('start transaction')
  await a.run('rollback')
  await a.run('select count(*) from accounts')
})

compareInEachProtocol('COMMIT and ROLLBACK without a transaction warn', async (a) => {
  await a.run('commit')
  await a.run('rollback')
  await a.run("insert into accounts values (3, 'Cid', 1)")
  await a.run('end')
  await a.run('abort')
  await a.run('rollback')
})

compareInEachProtocol('COMMIT of a failed transaction rolls it back', async (a) => {
  await a.run('begin')
  await a.run("insert into accounts values (3, 'Cid', 1)")
  await a.run("insert into accounts values (3, 'Cid again', 1)")
  await a.run('select 1')
  await a.run("insert into accounts values (4, 'Dan', 1)")
  await a.run('commit')
  await a.run('select count(*) from accounts')
})

compareInEachProtocol('a failed transaction refuses everything but its end', async (a) => {
  await a.run('begin')
  await a.run('select * from nowhere')
  await a.run('select 1')
  await a.run('begin')
  await a.run('set transaction read only')
  await a.run('savepoint x')
  await a.run('release savepoint x')
  await a.run('rollback to savepoint x')
  await a.run('show timezone')
  await a.run("set application_name to 'x'")
  await a.run('declare c cursor for select 1')
  await a.run('nonsense')
  await a.run('')
  await a.run('rollback')
  await a.run('select 1')
})

compareInEachProtocol('the first statement of a transaction fails', async (a) => {
  await a.run('begin')
  await a.run('select 1 / 0')
  await a.run('rollback')
  await a.run('begin')
  await a.run('insert into accounts values (1)')
  await a.run('commit')
  await a.run('begin')
  await a.run("insert into accounts values (3, 'Cid', 1)")
  await a.run('commit')
})

compareInEachProtocol('a transaction that only reads', async (a) => {
  await a.run('begin')
  await a.run('select count(*) from accounts')
  await a.run('commit')
  await a.run('begin')
  await a.run('select count(*) from accounts')
  await a.run('rollback')
})

compareInEachProtocol('many transactions one after the other', async (a) => {
  for (let id = 3; id < 12; id += 1) {
    await a.run('begin')
    await a.run(`insert into accounts values (${id}, 'x', 1)`)
    await a.run(id % 3 === 0 ? 'rollback' : 'commit')
  }
})

compare('a misspelled transaction command', async (a) => {
  await a.run('begin transactio')
  await a.run('begin')
  await a.run('commit nothing')
  await a.run('commit')
  await a.run('rollback to')
  await a.run('start transaction nonsense')
})

compare('transaction commands of two clients by turns', async (a, b) => {
  await a.run('begin')
  await a.run("insert into accounts values (3, 'Cid', 1)")
  await a.run('commit')
  await b.run('begin')
  await b.run("insert into accounts values (4, 'Dan', 1)")
  await b.run('rollback')
  await a.run('select count(*) from accounts')
  await b.run('commit')
  await b.run('select count(*) from accounts')
})

compare('a client that ends inside its transaction', async (a, b) => {
  await b.run('select 1')
  await a.run('begin')
  await a.run("insert into accounts values (3, 'Cid', 1)")
  await a.end()
})

compare('COMMIT and ROLLBACK by named statements, again and again', async (a) => {
  for (let id = 3; id < 6; id += 1) {
    await a.prepared('b', 'BEGIN')
    await a.prepared('i', 'insert into accounts values ($1)', id)
    await a.prepared('i', 'insert into accounts values ($1)', id + 10)
    await (id === 4 ? a.prepared('r', 'ROLLBACK') : a.prepared('c', 'COMMIT'))
  }
})
