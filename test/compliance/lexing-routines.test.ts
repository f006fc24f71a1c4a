import { useComparison } from './compare.ts'

const { briefly } = useComparison()

const insert = (id: number): string => `insert into accounts values (${id}, 'x', 1)`

describe('bodies of routines', () => {
  const head = 'create function made(n int) returns int'
  describe.each([
    `${head} begin atomic; select 1; end`,
    `${head} begin atomic select 1; select n; end`,
    `${head} language sql begin atomic; select case when n > 0 then 1 else 2 end; end`,
    `${head} begin atomic select case n when 1 then case when true then 1 end else 2 end; select 3 as "end"; end`,
    `${head} begin atomic ; ; select 1 as begin; ; end`,
    `${head} begin /* atomic; */ atomic /* ; */ select n; -- end;\n end`,
    `${head} begin atomic select "end".commit from (select 1 as commit) "end"; end`,
    `${head} begin atomic select $1; end`,
    `${head} begin atomic select made.n; end`,
    `${head} BEGIN ATOMIC SELECT 'end; commit;' = E'\\';' ; SELECT 1; END`,
    `${head} begin atomic end`,
    `${head} begin atomic; end`,
    `${head} begin atomic insert into log (text) values ('; end;') returning n; end`,
    `${head} begin atomic with w as (select 1 as a) select a from w; end`,
    `${head} return n + 1`,
    `${head} return case when n > 0 then 1 end`,
    `${head} immutable strict return n`,
    `${head} language sql as 'select 1; select 2'`,
    `${head} language sql as $$ select 1; select 2 $$`,
    `${head} language plpgsql as $$ begin begin return 1; end; end $$`,
    `create or replace function made(n int) returns int begin atomic; select 1; end`,
    `create procedure made(n int) begin atomic insert into log (text) values ('a'); insert into log (text) values ('b'); end`,
    `create or replace procedure made(n int) language sql begin atomic; insert into log (text) values ('a'); end`,
    `create function made(begin int default 1, commit int default 2) returns int begin atomic; select begin; end`,
    `create function begin(n int) returns int begin atomic; select 1; end`,
    `create function "begin atomic"(n int) returns int begin atomic; select 1; end`,
    `create function made(n int) returns table (begin int, "end" int) begin atomic; select 1, 2; end`,
    `${head} begin atomic; select 1; commit; end`,
    `${head} begin atomic; select 1`,
    `${head} begin atomic; select 1; end; end`,
    `create table begin (atomic int); insert into begin values (1); select * from begin atomic`,
    `create function made(n int) returns int begin atomic; select 1; end; create function also(n int) returns int begin atomic; select 2; end`,
  ])('%s', (sql) => {
    briefly.compare('are one statement among transaction commands', async (a) => {
      await a.simple(`begin; ${sql}; ${insert(3)}; rollback; ${insert(4)}`)
      await a.simple('rollback')
      await a.simple(`${sql}; begin; ${insert(5)}; commit; ${insert(6)}`)
      await a.simple('rollback')
      await a.simple('select made(1)')
      await a.simple('rollback')
      await a.extended(`${sql.replace('create function', 'create or replace function')};`)
    })
  })
})
