/**
 * The tables of the programs, in two kinds. `rich`: functions that write, views that call them, constraints whose check
 * waits for the commit. `bare`: none of these, so that the sandbox leaves reads outside of a transaction.
 */
export type SchemaKind = 'rich' | 'bare'

/** Statements that make the tables anew; what a program has left in these schemas is dropped. */
export function schemaSql(kind: SchemaKind): string {
  return [
    BEFORE,
    TABLES,
    ...(kind === 'rich' ? [CONSTRAINTS, ROUTINES] : [PLAIN_CONSTRAINTS]),
    ROWS,
    GRANTS,
  ].join('\n')
}

/**
 * Settings of the database itself: so that a placeholder such as app.tenant is known to each new session, and that plans
 * do not depend on the size to which changes have blown a table up. Such plans seem so dear that they would be compiled.
 */
export const DATABASE_SETTINGS = `do $$ begin
  execute format('alter database %I set app.tenant = ''none''', current_database());
  execute format('alter database %I set enable_seqscan = off', current_database());
  execute format('alter database %I set jit = off', current_database());
end $$`

const BEFORE = `
set client_min_messages to error;
drop schema if exists public cascade;
drop schema if exists other cascade;
drop schema if exists made cascade;
drop schema if exists harness cascade;
select lo_unlink(oid) from pg_largeobject_metadata;
create schema public;
create schema other;
grant usage, create on schema public to public;`

const TABLES = `
create table accounts (id int primary key, name text, balance int not null default 0 check (balance >= 0));
create table log (n serial primary key, text text);
create table other.accounts (id int primary key, name text);
create table parents (id int primary key, name text unique);
create table children (id int primary key, parent_id int);
create table seats (id int primary key, line int, place int);
create table entries (id int primary key, amount int);
create table notes (tenant text default current_setting('app.tenant'), body text);
create sequence numbers;
create table outer_level (id int);
alter table notes enable row level security;
create policy tenant on notes using (tenant = current_setting('app.tenant'));`

const PLAIN_CONSTRAINTS = `
alter table children add constraint parent foreign key (parent_id) references parents;
alter table seats add constraint line unique (line);
alter table seats add constraint place unique (place);`

const CONSTRAINTS = `
alter table children add constraint parent foreign key (parent_id) references parents deferrable initially deferred;
alter table seats add constraint line unique (line) deferrable initially immediate;
alter table seats add constraint place unique (place) deferrable initially deferred;
create function check_balance() returns trigger language plpgsql as $$
  declare total int := (select sum(amount) from entries);
  begin
    raise notice 'checked entry %', coalesce(new.id, old.id);
    if total <> 0 then raise exception 'entries do not balance: %', total; end if;
    return null;
  end $$;
create constraint trigger balance after insert or update or delete on entries
  deferrable initially deferred for each row execute function check_balance();
create function note() returns trigger language plpgsql as
  $$ begin raise notice 'noted % for %', new.body, new.tenant; return new; end $$;
create trigger note after insert on notes for each row execute function note();`

const ROUTINES = `
create function remember(text) returns int language plpgsql as
  $$ begin insert into log (text) values ($1); return 1; end $$;
create function shout(text) returns text language plpgsql as
  $$ begin raise notice 'hear %', $1; insert into log (text) values ($1); raise warning 'heard %', $1; return upper($1); end $$;
create function fail_after(text) returns void language plpgsql as
  $$ begin insert into log (text) values ($1); raise exception 'failed after %', $1 using hint = 'none', errcode = 'P0099'; end $$;
create function try(text) returns text language plpgsql as
  $$ begin insert into log (text) values ($1); insert into accounts values (1, 'twice', 1); return 'new';
     exception when unique_violation then insert into log (text) values ('caught ' || $1); return 'known'; end $$;
create function count_log() returns bigint language sql stable as 'select count(*) from log';
create function tenant() returns text language sql stable set app.tenant = 'of the function' as $$ select current_setting('app.tenant') $$;
create view remembering as select remember('from a view') as done;
create view rich as select id, name from accounts where balance > 60;
create procedure add(text) language sql as 'insert into log (text) values ($1)';
create procedure add_both(inout a text, b text) language plpgsql as
  $$ begin insert into log (text) values (a), (b); a := a || b; end $$;`

const ROWS = `
insert into accounts values (1, 'Ann', 100), (2, 'Ben', 50);
insert into other.accounts values (9, 'elsewhere');
insert into parents values (1, 'root');
insert into children values (1, 1);
insert into seats values (1, 1, 1), (2, 2, 2);
insert into notes values ('none', 'public'), ('acme', 'secret');`

const GRANTS = `
grant usage on schema other to public;
grant select, insert, update, delete on accounts, log, parents, children, notes to public;
grant select on seats to public;
grant usage on all sequences in schema public to public;`

const EMPTIED = ['accounts', 'log', 'other.accounts', 'parents', 'children', 'seats', 'entries', 'notes']

/**
 * For the plain database alone: functions that put the rows back, and that drop what has been made since. They must not
 * be in the sandboxed one, where a function that may write changes what the sandbox does.
 */
export const RESET_FUNCTIONS = `
create schema if not exists harness;
create or replace function harness.reset() returns void language plpgsql as $reset$ begin
${EMPTIED.map((table) => `delete from ${table};`).join('\n')}
${ROWS}
end $reset$;
create table if not exists harness.newest (id oid);
create or replace function harness.drop_newer() returns void language plpgsql as $drop$
declare
  newest oid := (select id from harness.newest);
  commands text[];
  command text;
begin
  set local client_min_messages to error;
  commands := array(
    select format('drop %s if exists %s cascade', case relkind when 'r' then 'table' when 'v' then 'view' else 'sequence' end, oid::regclass)
      from pg_class where oid > newest and relpersistence = 'p' and relkind in ('r', 'v', 'S')
    union all select format('alter table %s drop constraint if exists %I cascade', conrelid::regclass, conname)
      from pg_constraint where oid > newest and conrelid <> 0 and conrelid <= newest
    union all select format('drop index if exists %s', indexrelid::regclass)
      from pg_index where indexrelid > newest and indrelid <= newest and indrelid >= 16384
    union all select format('alter table %s drop column if exists %I cascade', attrelid::regclass, attname)
      from pg_attribute join pg_class c on c.oid = attrelid join harness.columns k on k.relation = c.relname and k.schema = c.relnamespace
      where attnum > k.last and not attisdropped
    union all select format('drop routine if exists %s cascade', oid::regprocedure) from pg_proc where oid > newest
    union all select format('drop trigger if exists %I on %s', tgname, tgrelid::regclass)
      from pg_trigger where oid > newest and not tgisinternal and tgrelid <= newest
    union all select format('drop rule if exists %I on %s', rulename, ev_class::regclass)
      from pg_rewrite where oid > newest and ev_class <= newest
    union all select format('drop type if exists %s cascade', oid::regtype) from pg_type where oid > newest and typtype in ('e', 'd')
    union all select format('drop schema if exists %I cascade', nspname) from pg_namespace where oid > newest and nspname !~ '^pg_'
  );
  foreach command in array commands loop execute command; end loop;
  perform lo_unlink(oid) from pg_largeobject_metadata;
end $drop$;
create table if not exists harness.columns (relation name, schema oid, last int);
truncate harness.newest, harness.columns;
insert into harness.columns select c.relname, c.relnamespace, max(attnum)
  from pg_attribute join pg_class c on c.oid = attrelid where c.oid >= 16384 and c.relkind = 'r' group by 1, 2;
create type harness.marker as ();
insert into harness.newest select 'harness.marker'::regtype::oid;
drop type harness.marker`

/** One row for each table: its name, and its rows as text. The numbers of `log` come from a sequence, and are left out. */
export const ROWS_QUERY = EMPTIED.map(
  (table) =>
    `select '${table}', (select string_agg(${table === 'log' ? 'row(t.text)::text' : 't::text'}, ' | ' order by t.*) from ${table} t)`,
).join(' union all ')

/** The same for whatever tables there are: for programs that make or change some. */
export const ANY_ROWS_QUERY = `select n.nspname, c.relname, query_to_xml(
    format('select * from %I.%I t order by t::text', n.nspname, c.relname), false, false, '')
  from pg_class c join pg_namespace n on n.oid = c.relnamespace
  where c.oid >= 16384 and c.relkind = 'r' and c.relpersistence <> 't' and n.nspname <> 'harness' and c.relname not in ('log', 'outer_level')
  union all select '', 'log', query_to_xml('select text from public.log order by n', false, false, '')
  order by 1, 2`

const CATALOGS: readonly (readonly [catalog: string, columns: string, condition: string])[] = [
  ['pg_class', 'oid, relname, relkind, relrowsecurity, relacl', 'oid >= 16384'],
  [
    'pg_attribute',
    'attrelid, attnum, attname, atttypid, attnotnull',
    'attrelid >= 16384 and attnum > 0 and not attisdropped',
  ],
  ['pg_attrdef', 'oid, adrelid', 'true'],
  ['pg_proc', 'oid, proname, prosrc, prokind', 'oid >= 16384'],
  ['pg_constraint', 'oid, conname, condeferrable, condeferred', 'oid >= 16384'],
  ['pg_trigger', 'oid, tgname, tgenabled', 'true'],
  ['pg_policy', 'oid, polname', 'true'],
  ['pg_rewrite', 'oid, rulename', 'oid >= 16384'],
  ['pg_namespace', 'oid, nspname, nspacl', "oid >= 16384 and nspname not like 'pg!_%' escape '!'"],
  ['pg_type', 'oid, typname', 'oid >= 16384'],
  ['pg_description', 'objoid, description', 'objoid >= 16384'],
  ['pg_largeobject_metadata', 'oid', 'true'],
  [
    'pg_db_role_setting',
    'setrole, setconfig',
    'setdatabase = (select oid from pg_database where datname = current_database())',
  ],
]

/** One row of sums over all that programs may have made or changed in the catalogs. */
export const CATALOG_QUERY = `select ${CATALOGS.map(
  ([catalog, columns, condition]) =>
    `(select sum(hash_record_extended(row(${columns}), 0)) from ${catalog} where ${condition})`,
).join(', ')}`
