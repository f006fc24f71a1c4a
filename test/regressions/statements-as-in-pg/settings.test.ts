import { other, useScripts } from './script.ts'

const asInPg = useScripts()

asInPg('a statement_timeout ends the statements of its client alone', [
  "set statement_timeout = '300ms'",
  'select pg_sleep(9)',
  'insert into notes values (1)',
  'begin',
  'insert into notes values (2)',
  'select pg_sleep(9)',
  'select 1',
  'rollback',
  other('select pg_sleep(0.35)'),
  'select * from notes',
  'reset statement_timeout',
  'select pg_sleep(0.35)',
])

// On a busy machine a millisecond may end any statement, plainly as well: none but those that sleep are sent while it holds.
asInPg('a statement_timeout of one millisecond that comes before a statement ends that statement', [
  "set statement_timeout = '1ms'",
  'select pg_sleep(1)',
  other('show statement_timeout'),
  other('insert into notes values (1)'),
  other('select * from notes'),
])

asInPg('a statement_timeout of one millisecond ends with the transaction in which it was set', [
  'begin',
  'insert into notes values (1)',
  "set statement_timeout = '1ms'",
  'select pg_sleep(1)',
  'select 1 as a',
  'rollback',
  'show statement_timeout',
  'begin',
  'insert into notes values (2)',
  'savepoint a',
  "set local statement_timeout = '1ms'",
  'select pg_sleep(1)',
  'rollback to a',
  'show statement_timeout',
  'commit',
  "set statement_timeout = '1ms'; select pg_sleep(1)",
  'show statement_timeout',
  'insert into notes values (3)',
  'select * from notes',
])

asInPg('SET ROLE and SESSION AUTHORIZATION hold for their client, and end as they began', [
  'set role app_user',
  'select current_user::text as u',
  'create table public.mine (a int)',
  'reset role',
  'select current_user::text as u',
  'begin',
  'set local role app_user',
  'select current_user::text as u',
  'commit',
  'select current_user::text as u',
  'begin',
  'set role app_user',
  'rollback',
  'select current_user::text as u',
  other('select current_user::text as u'),
  'drop table mine',
  'set session authorization app_user',
  'select session_user::text as u',
  'drop table notes',
  'reset session authorization',
  'select session_user::text as u',
])

asInPg('a search_path holds for the client that has set it', [
  'create schema s',
  'set search_path = s',
  'create table notes (id int)',
  'insert into notes values (5)',
  other('select * from notes'),
  'select * from notes',
  other('insert into notes values (1)'),
  'drop schema s cascade',
  'select * from notes',
])
