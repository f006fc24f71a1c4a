import { useComparison } from './compare.ts'

/** Cases that random programs have found, each shrunk to what it takes. */

const { compare, compareInEachProtocol } = useComparison(`
  create table seats (id int primary key,
    line int constraint line unique deferrable,
    place int constraint place unique deferrable initially deferred);
  insert into seats values (1, 1, 1), (2, 2, 2)`)

describe('what a commit does to temporary tables', () => {
  compare(
    'does not depend on the role of the present',
    async (a) => {
      await a.run(
        'do $$ begin create temp table dropped (n int) on commit drop; end $$; set role app_user; select 1',
      )
      await a.run("select to_regclass('pg_temp.dropped')")
      await a.run('show role')
      await a.run('reset role')
      await a.run('create temp table emptied (n int) on commit delete rows')
      await a.run('begin')
      await a.run('insert into emptied values (1)')
      await a.run('set local role app_user')
      await a.run('show role')
      await a.run('commit')
      await a.run('show role')
      await a.run('select count(*) from emptied')
    },
    ['row [null]', 'row ["app_user"]', 'row ["app_user"]', 'complete COMMIT', 'row ["none"]', 'row ["0"]'],
  )

  compare(
    'does not depend on the user that the session has become',
    async (a) => {
      await a.run('create temp table dropped (n int) on commit drop; set session authorization app_user')
      await a.run("select to_regclass('pg_temp.dropped'), session_user, current_user")
      await a.run('set role app_user')
      await a.run('begin')
      await a.run('reset session authorization')
      await a.run('create temp table second (n int) on commit drop')
      await a.run('set session authorization app_user')
      await a.run('set role app_user')
      await a.run('commit')
      await a.run("select to_regclass('pg_temp.second'), session_user, current_user")
      await a.run('show role')
    },
    ['row [null,"app_user","app_user"]', 'row [null,"app_user","app_user"]', 'row ["app_user"]'],
  )

  compare(
    'does not depend on READ ONLY',
    async (a) => {
      await a.run('create temp table emptied (n int) on commit delete rows')
      await a.run('begin read only')
      await a.run('insert into emptied values (1)')
      await a.run('select count(*) from emptied')
      await a.run('commit')
      await a.run('select count(*) from emptied')
    },
    ['row ["1"]', 'complete COMMIT', 'row ["0"]'],
  )
})

compare(
  'DISCARD TEMP leaves the tables of other clients',
  async (a, b) => {
    await b.run('create table pg_temp.theirs (n int)')
    await a.run('create temp table mine (n int)')
    await a.run('discard temp')
    await b.run('select count(*) from theirs')
    await a.run('select count(*) from mine')
  },
  ['complete DISCARD TEMP', 'row ["0"]', 'rejected 42P01'],
)

compare(
  'CLOSE ALL leaves the cursors WITH HOLD of other clients',
  async (a, b) => {
    await a.run('declare theirs cursor with hold for select id from accounts order by id')
    await b.run('declare mine cursor with hold for select 1')
    await b.run('close all')
    await a.run('fetch 1 from theirs')
    await b.run('fetch 1 from mine')
  },
  ['complete CLOSE CURSOR ALL', 'row ["1"]', 'rejected 34000'],
)

compare(
  'ROLLBACK TO does not bring back a cursor that was closed',
  async (a) => {
    await a.run('begin')
    await a.run('declare c cursor for select id from accounts')
    await a.run('savepoint a')
    await a.run('close c')
    await a.run('rollback to a')
    await a.run('commit')
  },
  ['complete CLOSE CURSOR', 'complete COMMIT'],
)

compare(
  'a default that a string sets before its BEGIN is not that of the transaction',
  async (a) => {
    await a.run("select set_config('default_transaction_read_only', 'on', false); begin")
    await a.run("insert into log (text) values ('ash') returning text")
    await a.run('commit')
    await a.run("insert into log (text) values ('ash')")
  },
  ['row ["ash"]', 'complete COMMIT', 'rejected 25006'],
)

compareInEachProtocol(
  'a query that fails is one after which the isolation level cannot be chosen',
  async (a) => {
    for (const failing of ['select 1 / 0', 'selec 1', 'release nowhere', 'select nothing']) {
      await a.run('begin')
      await a.run('savepoint a')
      await a.run(failing)
      await a.run('rollback to a')
      await a.run('set transaction isolation level serializable')
      await a.run('select 1')
      await a.run('rollback to a')
      await a.run('set transaction isolation level serializable')
      await a.run('rollback')
    }
  },
  ['must be called before any query', 'in a subtransaction', 'in a subtransaction'],
)

compare(
  'DISCARD TEMP takes a snapshot',
  async (a) => {
    await a.run('discard temp; set transaction isolation level serializable')
    await a.run('begin')
    await a.run('discard temp')
    await a.run('set transaction deferrable')
    await a.run('rollback')
  },
  ['rejected 25001, status I', 'rejected 25001, status E'],
)

describe('a string that cannot be parsed undoes nothing and keeps nothing', () => {
  compare('when it begins with the end of the transaction', async (a) => {
    for (const end of ['commit', 'commit and chain', 'commit; begin', 'rollback', 'rollback and chain']) {
      await a.run('begin')
      await a.run("insert into log (text) values ('in the transaction')")
      await a.run(`${end}; selec 1`)
      await a.run('rollback')
      await a.run('select text from log')
      await a.run(`${end}; insert into log (text) values ('after'); selec 1`)
      await a.run('select text from log')
    }
  })

  compare('when there was nothing to end', async (a) => {
    for (const end of ['commit', 'rollback', 'commit; begin']) {
      await a.run(`insert into log (text) values ('before ${end}')`)
      await a.run(`${end}; selec 1`)
      await a.run('select text from log')
      await a.run('begin')
      await a.run(`${end}; selec 1`)
      await a.run('rollback')
      await a.run('select text from log')
    }
  })

  compare('when a statement of it fails after the end of the transaction', async (a) => {
    await a.run('begin')
    await a.run("insert into log (text) values ('in the transaction')")
    await a.run("commit; insert into log (text) values ('after'); select 1 / 0")
    await a.run('select text from log')
    await a.run('begin')
    await a.run("insert into log (text) values ('in a chain')")
    await a.run('commit and chain; select 1 / 0')
    await a.run('rollback')
    await a.run('select text from log')
  })
})

describe('SET CONSTRAINTS in a savepoint that is released holds no longer than the transaction', () => {
  const ways = [
    ['a statement', 'set constraints all deferred'],
    ['a DO block', 'do $$ begin set constraints all deferred; end $$'],
  ] as const

  for (const [name, sql] of ways)
    for (const end of ['rollback', 'commit', 'rollback and chain; rollback'])
      compare(`by ${name}, ended by ${end}`, async (a) => {
        await a.run('begin')
        await a.run('savepoint a')
        await a.run(sql)
        await a.run('update seats set place = 1 where id = 2')
        await a.run('release a')
        await a.run(end)
        await a.run('begin')
        await a.run('update seats set line = 1 where id = 2')
        await a.run('rollback')
        await a.run('update seats set line = 1 where id = 2')
      })
})

compare(
  'DEALLOCATE ALL knows what the same string has prepared',
  async (a) => {
    await a.run('prepare mine (int) as select name from accounts where id = $1; deallocate all; execute mine')
  },
  ['rejected 26000'],
)

compare(
  'DEALLOCATE ALL holds although its string fails, also for commands that the sandbox answers',
  async (a) => {
    await a.prepared('begins', 'begin')
    await a.run('deallocate all; select 1 / 0')
    await a.prepared('begins', 'begin')
    await a.run('rollback')
    await a.prepared('reads', 'select 1')
    await a.run('deallocate all; select 1 / 0')
    await a.prepared('reads', 'select 1')
  },
  ['rejected 22012', 'rejected 26000', 'rejected 22012', 'rejected 26000'],
)

compare(
  'SHOW tells what set_config() has made the default for the transaction',
  async (a) => {
    await a.run(
      "select set_config('default_transaction_read_only', 'on', true); show default_transaction_read_only",
    )
    await a.run('show default_transaction_read_only')
  },
  ['row ["on"]', 'row ["on"]', 'row ["off"]'],
)

compare(
  'what the last statement of a string shows comes before the error of its deferred constraint',
  async (a) => {
    await a.run('update seats set place = 1 where id = 2; show transaction_read_only')
    await a.run('update seats set place = 1 where id = 2; commit')
  },
  ['row ["off"]', 'rejected 23505', 'rejected 23505'],
)

describe('READ ONLY that was chosen in a savepoint', () => {
  for (const query of ['show transaction_read_only', 'select 1 as n'])
    compare(`does not hold for what COMMIT checks (${query})`, async (a) => {
      await a.run('begin')
      await a.run('savepoint a')
      await a.run('update seats set place = 1 where id = 2')
      await a.run('begin read only')
      await a.run(query)
      await a.run('commit')
      await a.run('begin')
      await a.run('create temp table emptied on commit delete rows as select 1 as n')
      await a.run('savepoint a')
      await a.run('set transaction read only')
      await a.run(query)
      await a.run('commit')
      await a.run('select * from emptied')
    })
})

compare(
  'READ ONLY that a string has chosen last holds for what is checked at its end',
  async (a) => {
    await a.run('update seats set place = 1 where id = 2; set local transaction_read_only = on')
    await a.run('select * from seats order by id')
    await a.run("insert into log (text) values ('written'); set transaction read only")
    await a.run('select text from log')
  },
  ['rejected', 'row ["written"]'],
)

compareInEachProtocol('RESET SESSION AUTHORIZATION takes the role along', async (a, b) => {
  await a.run('set role app_user')
  await a.run('reset session authorization')
  await a.run('select current_user, session_user')
  await b.run('select current_user')
  await a.run("select current_user, current_setting('role')")
  await a.run('set role app_user')
  await a.run('begin')
  await a.run('set session authorization default')
  await a.run('select current_user')
  await a.run('rollback')
  await a.run('select current_user')
  await a.run('set role app_user')
  await a.run('begin')
  await a.run('reset session authorization')
  await a.run('commit')
  await a.run("insert into log (text) values ('by whom')")
  await a.run('select current_user')
})

describe('a temporary table ON COMMIT DROP', () => {
  for (const query of ['show transaction_read_only', 'select 1 as n'])
    compare(
      `is dropped by a transaction that has become READ ONLY (${query})`,
      async (a) => {
        await a.run('begin')
        await a.run('create temp table passing on commit drop as select 1 as n')
        await a.run('start transaction read only')
        await a.run(query)
        await a.run('commit')
        await a.run("select to_regclass('pg_temp.passing')")
        await a.run("insert into log (text) values ('after')")
        await a.run('select text from log')
      },
      ['complete COMMIT', 'row [null]', 'row ["after"]'],
    )

  compare(
    'is one also after another of its name was dropped',
    async (a) => {
      await a.run('create temp table passing (n int)')
      await a.run('drop table if exists passing')
      await a.run('create temp table if not exists passing on commit drop as select 1 as n')
      await a.run("select to_regclass('pg_temp.passing')")
    },
    ['row [null]'],
  )
})

describe('SHOW is no query after which the modes of a transaction are fixed', () => {
  compareInEachProtocol('of any setting', async (a) => {
    await a.run("insert into accounts values (7, 'first')")
    await a.run('begin read only')
    await a.run('/* a look */ show work_mem')
    await a.run('set transaction_read_only = off')
    await a.run('set transaction isolation level serializable')
    await a.run("insert into accounts values (8, 'second')")
    await a.run('commit')
  })
})

compare(
  'EXECUTE tells the place of an error in the string that its statement was prepared in',
  async (a) => {
    await a.run('create table notes (name text)')
    await a.run('rollback; prepare mine as select name from notes')
    await a.run('alter table notes rename column name to title')
    await a.run('execute mine')
  },
  ['position=34'],
)

compare(
  'EXECUTE tells that place also behind BEGIN in the string',
  async (a) => {
    await a.run('create table notes (name text)')
    await a.run('select 1; begin; prepare mine as select name from notes; commit')
    await a.run('drop table notes')
    await a.run('execute mine')
  },
  ['position=51'],
)
