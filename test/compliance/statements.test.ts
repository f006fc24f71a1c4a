import { useComparison } from './compare.ts'

const { compare, compareInEachProtocol, briefly } = useComparison()

const cid = "insert into accounts values (3, 'Cid', 1)"

describe('failures outside a transaction', () => {
  compareInEachProtocol('a failed statement is followed by others', async (a) => {
    await a.run(cid)
    await a.run(cid)
    await a.run("insert into accounts values (4, 'Dan', -1)")
    await a.run('select * from nowhere')
    await a.run("insert into accounts values (5, 'Eve', 1)")
    await a.run('selec 1')
    await a.run('select count(*) from accounts')
  })

  compareInEachProtocol('the first statement of all fails', async (a) => {
    await a.run('insert into accounts values (1)')
    await a.run('select count(*) from accounts')
    await a.run(cid)
  })

  compareInEachProtocol('the first read of all fails', async (a) => {
    await a.run('select 1 / 0')
    await a.run('select * from nowhere')
    await a.run('select count(*) from accounts')
  })

  compare('one client fails and the other does not notice', async (a, b) => {
    await a.run(cid)
    await b.run('insert into accounts values (3)')
    await a.run("insert into accounts values (4, 'Dan', 1)")
    await b.run('select 1 / 0')
    await b.run('select count(*) from accounts')
    await a.run('select 1 / 0')
    await b.run("insert into accounts values (5, 'Eve', 1)")
  })

  compare('a failed statement leaves nothing of itself', async (a) => {
    await a.run("insert into accounts select n, 'x', 3 - n from generate_series(3, 5) n")
    await a.run('select count(*) from accounts')
    await a.extended("insert into accounts select n, 'x', 3 - n from generate_series(3, $1) n", 5)
    await a.run('select count(*) from accounts')
  })

  compare('values of the wrong type', async (a) => {
    await a.extended('select $1::int', 'no number')
    await a.extended('insert into accounts values ($1, $2)', 'x', 'y')
    await a.extended('select $1::int', 3, 4)
    await a.extended('select $1::int + $2', 3)
    await a.extended('select 1', null)
    await a.run('select count(*) from accounts')
  })

  compare('messages and positions of syntax errors', async (a) => {
    await a.run("select 'é😀', nowhere")
    await a.extended("select 'é😀', nowhere, $1::text", 'x')
    await a.run('select from where')
    await a.run("select 'not closed")
    await a.run('/* not closed')
    await a.run('select "not closed')
    await a.run('select $$ not closed')
  })
})

describe('reads that write', () => {
  describe.each([
    "select remember('x')",
    'select * from remembering',
    "select nextval('numbers')",
    "select setval('numbers', 10)",
    'select * from accounts where id = 1 for update',
    'select * from accounts where id = 1 for share',
    "with w as (insert into log (text) values ('with') returning text) select * from w",
    'explain (analyze, costs off, timing off, summary off, buffers off) insert into log (text) values (1)',
    'select id into made from accounts',
    "select set_config('application_name', 'x', false)",
    "select 1 where remember('where') = 1",
    'select pg_advisory_lock(1), pg_advisory_unlock(1)',
    'table remembering',
  ])('%s', (read) => {
    compareInEachProtocol('as the first statement', async (a) => {
      await a.run(read)
      await a.run('select text from log')
      await a.run(read)
    })

    briefly.compareInEachProtocol('as the first statement of a transaction', async (a) => {
      await a.run('begin')
      await a.run(read)
      await a.run('rollback')
      await a.run('select text from log')
    })

    briefly.compare('after a write and before a failure', async (a) => {
      await a.run(cid)
      await a.run(read)
      await a.run('select 1 / 0')
      await a.run('select text from log')
    })

    briefly.compare('between the failures of another client', async (a, b) => {
      await b.run('select 1 / 0')
      await a.run(read)
      await b.run('insert into accounts values (1)')
      await a.run('select text from log')
    })

    briefly.compare('after another read and before a failure', async (a) => {
      await a.run('select count(*) from accounts')
      await a.run(read)
      await a.run('select 1 / 0')
      await a.run('select text from log')
    })
  })

  compareInEachProtocol('a view that writes after many rows', async (a) => {
    await a.run(
      "create view late as select n, case when n = 20000 then remember('late') end from generate_series(1, 20000) n",
    )
    await a.run('select * from late')
    await a.run('select text from log')
  })

  compare('a view made outside that writes after many rows', async (a, b) => {
    await a.run(
      "select n, repeat('x', 100), case when n = 20000 then nextval('numbers') end from generate_series(1, 20000) n",
    )
    await b.extended(
      "select n, repeat('x', $1), case when n = 20000 then remember('late') end from generate_series(1, 20000) n",
      100,
    )
    await a.run('select text from log')
  })

  compare('a string of reads of which one writes', async (a) => {
    await a.run('select 1; select * from remembering; select text from log')
    await a.run('select text from log')
  })
})

describe('kinds of statements', () => {
  compareInEachProtocol('an empty query', async (a) => {
    await a.run('')
    await a.run(' ')
    await a.run(';')
    await a.run('-- a comment')
    await a.run('begin')
    await a.run('')
    await a.run('commit')
  })

  compareInEachProtocol('command tags and row counts', async (a) => {
    await a.run("insert into accounts select n, 'x', 1 from generate_series(10, 19) n")
    await a.run('update accounts set balance = 2 where id >= 10')
    await a.run("insert into accounts values (20, 'y', 1) returning id, name")
    await a.run('delete from accounts where id > 12')
    await a.run(
      'merge into accounts a using (values (1)) v (id) on a.id = v.id when matched then update set balance = 7',
    )
    await a.run('create table made (id int)')
    await a.run('create index on made (id)')
    await a.run('alter table made add column x int')
    await a.run('truncate made')
    await a.run('drop table made')
    await a.run('values (1), (2)')
    await a.run('table accounts')
    await a.run('show server_encoding')
    await a.run('explain (costs off) select 1')
    await a.run('select 1 limit 0')
    await a.run('create table also_made as select 1 as x')
    await a.run('comment on table accounts is $$x$$')
    await a.run('analyze accounts')
    await a.run('checkpoint')
  })

  compareInEachProtocol('LOCK TABLE belongs in a transaction', async (a) => {
    await a.run('lock table accounts')
    await a.run('begin')
    await a.run('lock table accounts in share mode')
    await a.run('commit')
  })

  compare('PREPARE and EXECUTE', async (a) => {
    await a.run('prepare add (int) as insert into accounts values ($1)')
    await a.run('execute add (3)')
    await a.run('execute add (3)')
    await a.run('begin')
    await a.run('execute add (4)')
    await a.run('rollback')
    await a.run('execute add (5)')
    await a.run('deallocate add')
    await a.run('execute add (6)')
    await a.run('prepare add as select 1')
    await a.run('deallocate all')
  })

  compare('a statement prepared in a transaction that is rolled back still exists', async (a) => {
    await a.run('begin')
    await a.run('prepare add (int) as insert into accounts values ($1)')
    await a.run('rollback')
    await a.run('execute add (3)')
  })

  compare('named statements of two clients with one name', async (a, b) => {
    await a.prepared('p', 'select $1::int as a', 1)
    await b.prepared('p', 'select $1::text as b', 'x')
    await a.prepared('p', 'select $1::int as a', 2)
    await b.prepared('p', 'select $1::text as b', 'y')
  })

  compare('a named statement whose first run fails', async (a) => {
    await a.prepared('p', 'insert into accounts values ($1)', 1)
    await a.prepared('p', 'insert into accounts values ($1)', 3)
    await a.run('begin')
    await a.prepared('q', 'select 1 / $1::int', 0)
    await a.prepared('q', 'select 1 / $1::int', 1)
    await a.run('rollback')
    await a.prepared('q', 'select 1 / $1::int', 1)
  })

  compare('a named statement that cannot be prepared', async (a) => {
    await a.prepared('p', 'select $1::int from nowhere', 1)
    await a.run('create table nowhere (id int)')
    await a.prepared('p', 'select $1::int from nowhere', 1)
  })

  compareInEachProtocol('a cursor in a transaction', async (a) => {
    await a.run('begin')
    await a.run('declare c cursor for select id from accounts order by id')
    await a.run('fetch 1 from c')
    await a.run(cid)
    await a.run('fetch all from c')
    await a.run('move backward 1 in c')
    await a.run('close c')
    await a.run('fetch 1 from c')
    await a.run('rollback')
  })

  compareInEachProtocol('a cursor outside a transaction', async (a) => {
    await a.run('declare c cursor for select 1')
    await a.run('fetch 1 from c')
    await a.run('declare h cursor with hold for select id from accounts order by id')
    await a.run('fetch 1 from h')
    await a.run(cid)
    await a.run('fetch 1 from h')
    await a.run('close h')
  })

  compareInEachProtocol('a temporary table', async (a) => {
    await a.run('create temp table scratch (id int)')
    await a.run('insert into scratch values (1)')
    await a.run('begin')
    await a.run('insert into scratch values (2)')
    await a.run('rollback')
    await a.run('select * from scratch')
    await a.run('drop table scratch')
  })

  compareInEachProtocol('DO and CALL', async (a) => {
    await a.run(`do $$ begin ${cid}; raise notice 'made %', 3; end $$`)
    await a.run(
      `do $$ begin raise exception 'on purpose' using errcode = 'AB123', detail = 'd', hint = 'h'; end $$`,
    )
    await a.run("call add('called')")
    await a.run('begin')
    await a.run("call add('called and undone')")
    await a.run('rollback')
    await a.run(
      `do $$ begin begin ${cid}; exception when unique_violation then raise warning 'twice'; end; end $$`,
    )
  })

  compareInEachProtocol('notices, warnings and their levels', async (a) => {
    await a.run('drop table if exists nowhere')
    await a.run('create table if not exists accounts (id int)')
    await a.run("set client_min_messages to 'error'")
    await a.run('drop table if exists nowhere')
    await a.run('reset client_min_messages')
    await a.run('begin')
    await a.run('drop table if exists nowhere')
    await a.run('rollback')
  })

  compare('a literal of a megabyte', async (a) => {
    await a.run(`select length('${'x'.repeat(1_000_000)}')`)
    await a.run(
      `insert into log (text) values ('${"''".repeat(500_000)}'); select length(text) from log; delete from log`,
    )
    await a.extended('select length($1)', 'ü'.repeat(500_000))
  })

  compare('many rows', async (a) => {
    await a.run("select n, repeat('x', 1000) from generate_series(1, 5000) n")
    await a.extended("select n, repeat('x', $1) from generate_series(1, 5000) n", 1000)
    await a.run('begin')
    await a.run("select n, repeat('x', 1000) from generate_series(1, 5000) n")
    await a.run('commit')
  })

  compare('an error after many rows', async (a) => {
    await a.run('select 1 / (20000 - n) from generate_series(1, 20000) n')
    await a.run(cid)
    await a.run('select 1 / (20000 - n) from generate_series(1, 20000) n')
    await a.run('select 1')
  })

  compare('CREATE FUNCTION with BEGIN ATOMIC, and semicolons everywhere', async (a) => {
    await a.run(
      `create function atomic(int) returns int begin atomic; select case when $1 > 0 then 1 else 2 end; end; select atomic(1)`,
    )
    await a.run(`select ';' as ";", $a$;commit;$a$; select 'commit'`)
    await a.run('set standard_conforming_strings to off')
    await a.run(`select 'a\\'; commit; --'; select 2`)
    await a.run('reset standard_conforming_strings')
    await a.run(`select 'a\\'; select 3`)
  })
})
