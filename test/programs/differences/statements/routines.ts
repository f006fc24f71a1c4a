import { each, group, type Group, texts, word } from './groups.ts'

/** Functions, views, procedures and blocks that write, fail, and tell things. */
export const ROUTINES: readonly Group[] = [
  texts(
    'largeObjects',
    1,
    "select lo_from_bytea(0, 'large') > 0 as made",
    'select count(*), sum(length(lo_get(oid))) from pg_largeobject_metadata',
    'select count(lo_unlink(oid)) from pg_largeobject_metadata',
    "select lo_put(oid, 0, 'L') from pg_largeobject_metadata limit 1",
  ),
  group(
    'routines',
    4,
    each("select remember('%')", word),
    each("select remember('%') from generate_series(1, 2)", word),
    each("values (remember('%'))", word),
    each('table remembering'),
    each('select done from remembering for update'),
    each("select fail_after('%')", word),
    each("select try('%')", word),
    each('select count_log()'),
    each("call add('%')", word),
    each("call add_both('%', '%')", word, word),
    each('select tenant()'),
    each("do $$ begin perform remember('%'); end $$", word),
    each(
      "do $body$ begin insert into log (text) values ('%'); perform 1 / 0; exception when division_by_zero then insert into log (text) values ('saved'); end $body$",
      word,
    ),
  ),
  group(
    'notices',
    2,
    each("select shout('%')", word),
    each("insert into notes (body) values ('%')", word),
    each("insert into notes values ('acme', '%') returning body", word),
  ),
  texts(
    'notices',
    2,
    "do $$ begin raise notice 'one'; raise info 'two'; raise warning 'three' using hint = 'four', detail = 'five'; end $$",
    "do $$ begin raise notice 'before'; raise exception 'after' using errcode = 'P0042', table = 'log'; end $$",
    "do $$ begin insert into log (text) values ('done'); raise notice 'wrote'; end $$",
    'drop table if exists nowhere',
    "set client_min_messages = 'warning'",
    "set local client_min_messages = 'error'",
    'reset client_min_messages',
  ),
]
