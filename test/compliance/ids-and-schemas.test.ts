import { testTransaction } from '../../src/index.ts'
import { useComparison } from './compare.ts'

const { briefly, compare, compareInEachProtocol } = useComparison()

describe('with deterministicIds', () => {
  beforeAll(() => testTransaction.configure({ deterministicIds: true }))
  // currval() and lastval() tell what was drawn on the connection in an earlier case, too.
  beforeEach(() => testTransaction.close())
  afterAll(() => testTransaction.configure({ deterministicIds: false }))

  compareInEachProtocol('a sequence tells what a plain session is told', async (a, b) => {
    await a.run("select currval('numbers')")
    await a.run('select lastval()')
    await a.run("select nextval('numbers')")
    await b.run("select nextval('numbers')")
    await a.run("select setval('numbers', 40)")
    await b.run("select nextval('numbers')")
    await b.run("select currval('numbers'), lastval()")
    await a.run('select last_value, is_called from numbers')
  })

  compareInEachProtocol('a statement that fails takes its id', async (a) => {
    await a.run("insert into log (text) values ('first') returning n")
    await a.run("insert into log (n, text) values (nextval('numbers') / 0, 'none')")
    await a.run('insert into log (text) values (1 / 0)')
    await a.run("insert into log (text) values ('second') returning n")
    await a.run("select nextval('numbers')")
  })

  compareInEachProtocol('a savepoint that is gone back to has taken its ids', async (a) => {
    await a.run("insert into log (text) values ('before') returning n")
    await a.run('begin')
    await a.run('savepoint s')
    await a.run("insert into log (text) values ('undone') returning n")
    await a.run('rollback to s')
    await a.run("insert into log (text) values ('kept') returning n")
    await a.run('commit')
    await a.run("insert into log (text) values ('after') returning n")
  })

  compare('in strings, functions, procedures and prepared statements', async (a) => {
    await a.run("begin; insert into log (text) values ('a') returning n; commit; select nextval('numbers')")
    await a.run("select remember('b'); call add('c'); select n, text from log order by n")
    await a.run("prepare adding as insert into log (text) values ('d') returning n")
    await a.run('execute adding')
    await a.run('alter sequence numbers restart with 7')
    await a.run("select nextval('numbers')")
    await a.run('truncate log restart identity')
    await a.run("insert into log (text) values ('e') returning n")
    await a.run('drop sequence numbers')
    await a.run("select nextval('numbers')")
  })

  compare('with the limits and the role that a client has set', async (a) => {
    await a.run("set lock_timeout to '3s'")
    await a.run('set role app_user')
    await a.run("insert into log (text) values ('a') returning n, current_user")
    await a.run('show lock_timeout')
    await a.run('begin read only')
    await a.run("insert into log (text) values ('b')")
    await a.run('rollback')
    await a.run('select current_user, session_user')
  })
})

describe("with isolation: 'schema'", () => {
  beforeAll(async () => {
    await testTransaction.close()
    testTransaction.configure({ isolation: 'schema' })
  })
  afterAll(() => testTransaction.configure({ isolation: 'transaction' }))

  briefly.compareInEachProtocol('what is there already is found and written as ever', async (a, b) => {
    await a.run('select count(*) from accounts')
    await a.run("insert into accounts values (3, 'Cid', 1)")
    await b.run('begin')
    await b.run("update accounts set name = 'Dan' where id = 3")
    await b.run('rollback')
    await b.run('select name from accounts where id = 3')
    await a.run('select * from nowhere')
    await a.run('insert into accounts values (3)')
    await a.run('select count(*) from other.accounts')
  })

  briefly.compareInEachProtocol('tables that the client makes, and the path that it sets', async (a, b) => {
    await a.run('create table made (id serial primary key)')
    await a.run('insert into made default values returning id')
    await b.run('select * from made')
    await b.run('set search_path to other')
    await b.run('select * from accounts')
    await b.run('show search_path')
    await b.run('reset search_path')
    await b.run('select * from made')
    await b.run('set search_path to other')
    await b.run('set search_path to default')
    await b.run('select * from made')
    await a.run('begin')
    await a.run('set local search_path to other, public')
    await a.run('show search_path')
    await a.run('commit')
    await a.run('select count(*) from made')
    await a.run('drop table made')
    await a.run('select count(*) from made')
  })
})
