import { useScripts } from './script.ts'

const asInPg = useScripts()

asInPg('a syntax error in a DO block fails the transaction that its string began', [
  "begin; insert into notes values (1); do $$ begin execute 'selec'; end $$",
  'select 1 as a',
  'rollback',
  'select * from notes',
])

asInPg('a syntax error in a DO block behind COMMIT leaves the committed rows', [
  'begin',
  'insert into notes values (1)',
  "commit; do $$ begin execute 'selec'; end $$",
  'select 1 as a',
  'select * from notes',
])

asInPg('a migration with a syntax error in a function is undone', [
  "begin; create table m1 (a int); create function bad() returns int language sql as 'selec 1'; commit",
  'select 1 as a',
  'rollback',
  "select to_regclass('m1') as t",
])

asInPg('an error while a constant is read fails the transaction that its string began', [
  "begin; insert into notes values (1); select 'not a type'::regtype",
  'select 1 as a',
  'rollback',
])

asInPg('a string begins, ends and chains transactions in any order', [
  'insert into notes values (1); begin; insert into notes values (2); rollback; insert into notes values (3)',
  'select * from notes',
  'insert into notes values (4); commit; insert into notes values (5); rollback; insert into notes values (6); select 1/0',
  'select * from notes',
  'begin; insert into notes values (7); commit and chain; insert into notes values (8); rollback and chain; insert into notes values (9)',
  'select 1 as a',
  'commit',
  'select * from notes',
  'begin; savepoint a; insert into notes values (10); rollback to a; release a; commit; rollback; begin; begin; abort',
  'select * from notes',
  'end; end',
  'rollback; insert into notes values (11); commit',
  'select * from notes',
])

asInPg('a syntax error anywhere in a string keeps all of it from being run', [
  'begin; insert into notes values (1)',
  'commit; selec',
  'select 1 as a',
  'rollback',
  'begin; selec',
  'select 1 as a',
  'insert into notes values (2); selec',
  'select * from notes',
])

asInPg('a deferred check fails at the COMMIT of a string', [
  'begin; insert into child values (1, 9); commit',
  'select 1 as a',
  'begin; insert into child values (1, 9); insert into notes values (9); commit; select * from child',
  'begin; insert into child values (5,5); commit; select 1',
  'select * from child',
])

asInPg('LOCK wants a transaction, which a string of several statements is', [
  'lock table notes',
  'lock table notes; select 1 as a',
  'begin; lock notes; commit',
])

asInPg('values of a wrong type or number fail, and empty statements are taken', [
  { text: 'select $1::text as a', values: [null] },
  { text: 'select $1::int as a', values: ['x'] },
  { text: 'insert into notes values ($1, $2)', values: [1] },
  { text: 'select 1; select 2', values: [] },
  { text: 'select 1; select $1::int', values: [1] },
  '',
  ';',
  '-- x',
  { text: '', values: [] },
  'select 1 as a;',
  'select 1 as a; ;',
])
