import { useScripts } from './script.ts'

const asInPg = useScripts()

asInPg('a cursor is declared with values', [
  'begin',
  { text: 'declare c cursor for select $1::int as a', values: [5] },
  'fetch c',
  'commit',
])

asInPg('a named SELECT * survives a column that is rolled back', [
  'insert into notes values (1)',
  { name: 's', text: 'select * from notes' },
  'begin',
  'alter table notes add column x int',
  { name: 's2', text: 'select * from notes' },
  'rollback',
  { name: 's2', text: 'select * from notes' },
  { name: 's', text: 'select * from notes' },
  'delete from notes',
])

asInPg('a named statement outlives its table, and meets another of the name', [
  'create table tmp1 (a int)',
  { name: 's', text: 'select * from tmp1' },
  'drop table tmp1',
  'create table tmp1 (a text)',
  { name: 's', text: 'select * from tmp1' },
  'drop table tmp1',
  { name: 's', text: 'select * from tmp1' },
])

asInPg('a named statement is used again after it has failed', [
  'begin',
  { name: 'i', text: 'insert into notes values ($1)', values: [1] },
  { name: 'i', text: 'insert into notes values ($1)', values: [1] },
  { name: 'i', text: 'insert into notes values ($1)', values: [2] },
  'rollback',
  { name: 'i', text: 'insert into notes values ($1)', values: [2] },
  'select * from notes',
])

asInPg('BEGIN, COMMIT and ROLLBACK are sent as named statements', [
  { name: 'b', text: 'begin' },
  { name: 'i', text: 'insert into notes values (3)' },
  { name: 'c', text: 'commit' },
  { name: 'b', text: 'begin' },
  { name: 'd', text: 'delete from notes' },
  { name: 'r', text: 'rollback' },
  'select * from notes',
])

asInPg('PREPARE, EXECUTE and DEALLOCATE work in and outside of transactions', [
  'prepare p(int) as insert into notes values ($1) returning id',
  'execute p(1)',
  'begin',
  'execute p(2)',
  'rollback',
  'execute p(3)',
  'deallocate p',
  'execute p(4)',
  'select * from notes',
  'prepare c as commit',
])

asInPg('a procedure is called, and its rows stay', [
  'create procedure pc() language sql as $$ insert into notes values (1) $$',
  'call pc()',
  'select * from notes',
  'drop procedure pc',
])

asInPg('a cursor WITH HOLD goes on after transactions that commit and roll back', [
  'insert into notes values (1), (2)',
  'declare c cursor with hold for select id from notes order by id',
  'fetch 1 from c',
  'begin',
  'fetch 1 from c',
  'rollback',
  'fetch 1 from c',
  'close c',
  'begin',
  'declare d cursor with hold for select id from notes',
  'commit',
  'fetch 1 from d',
  'close d',
])

asInPg('a temporary table outlives its transaction unless it says otherwise', [
  'create temp table tt (a int)',
  'insert into tt values (1)',
  'select * from tt',
  'drop table tt',
  'begin',
  'create temp table t2 on commit drop as select 1 as a',
  'select * from t2',
  'rollback',
  'select 1 from t2',
])

asInPg('statements that write without saying so first keep their rows', [
  'select 1 as a into made',
  'select * from made',
  'explain (analyze, costs off, timing off, summary off, buffers off) insert into notes values (1)',
  'with x as (insert into notes values (2) returning id) select * from x',
  'copy (insert into notes values (3) returning id) to stdout',
  'select id from notes for update',
  'select * from writing',
  'drop table made',
  'select * from notes',
])
