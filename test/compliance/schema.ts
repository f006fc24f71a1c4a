/** The tables of the cases, made anew before each run. One statement, so that it is one transaction. */
export const RESET = `
do $reset$ begin
  set local client_min_messages to error;
  drop schema if exists public cascade;
  drop schema if exists other cascade;
  create schema public;
  create schema other;
  grant usage, create on schema public to public;

  create table accounts (id int primary key, name text, balance int not null default 0 check (balance >= 0));
  insert into accounts values (1, 'Ann', 100), (2, 'Ben', 50);
  create table log (n serial primary key, text text);
  create table other.accounts (id int primary key, name text);
  insert into other.accounts values (9, 'elsewhere');
  create table outer_level (word text);
  create sequence numbers;

  create function remember(text) returns int language plpgsql as
    'begin insert into log (text) values ($1); return 1; end';
  create view remembering as select remember('from a view') as done;
  create procedure add_and_commit() language plpgsql as
    'begin insert into log (text) values (''before commit''); commit; insert into log (text) values (''after commit''); end';
  create procedure add(text) language sql as 'insert into log (text) values ($1)';
  grant select, insert on all tables in schema public to public;
  grant usage on all sequences in schema public to public;
end $reset$`
