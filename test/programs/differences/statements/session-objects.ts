import { each, group, type Group, id, texts } from './groups.ts'

const QUERIES = [
  'select id from accounts order by id',
  'select generate_series(1, 4)',
  'select 6 / (3 - n) from generate_series(1, 5) n',
  "select remember('of a cursor')",
]

/** What belongs to a session: temporary tables, cursors, statements of SQL PREPARE. */
export const SESSION_OBJECTS: readonly Group[] = [
  group(
    'temp',
    4,
    each(
      'create % table temp_§ (x int) %',
      ['temp', 'temporary', 'local temp'],
      [
        '',
        'on commit drop',
        'on commit drop',
        'on commit delete rows',
        'on commit delete rows',
        'on commit preserve rows',
      ],
    ),
    each('create temp table if not exists temp_§ %as select 1 as x', [
      '',
      'on commit drop ',
      'on commit delete rows ',
    ]),
    each('insert into temp_§ values (%)', id),
  ),
  texts(
    'temp',
    4,
    'select x from temp_§ order by x',
    'select count(*) from temp_§',
    'drop table temp_§',
    'drop table if exists temp_§',
    'truncate temp_§',
    'alter table temp_§ add column y int default 3',
    'create table pg_temp.second_§ (x int)',
    'select 1 as x into temp second_§',
    'select count(*) from second_§',
    'create temp view seen_§ as select count(*) as n from temp_§',
    'select n from seen_§',
    'create temp sequence sequence_§',
    'create unique index on temp_§ (x)',
    'create temp table dependent_§ (x int references accounts) on commit drop',
  ),
  texts(
    'tempUnseen',
    1,
    'do $do$ begin create temp table temp_§ (x int) on commit drop; end $do$',
    'do $do$ begin create temp table temp_§ on commit delete rows as select 1 as x; end $do$',
  ),
  group(
    'cursor',
    3,
    each('declare cursor_§ %cursor for %', ['', '', 'scroll ', 'no scroll ', 'insensitive '], QUERIES),
    each('fetch % from cursor_§', ['1', '2', 'all', 'backward 1', '0', 'next', 'first']),
    each('move % in cursor_§', ['1', 'all', 'backward all']),
    each('update accounts set balance = balance + 1 where current of cursor_§'),
    each('close %', ['cursor_§', 'cursor_§', 'all']),
  ),
  group('hold', 2, each('declare held_§ %cursor with hold for %', ['', 'scroll '], QUERIES.slice(0, 2))),
  group('hold', 2, each('fetch % from held_§', ['1', '2', 'all', 'backward 1']), each('close held_§')),
  group(
    'prepare',
    3,
    each('prepare stmt_§ %', [
      'as select name from accounts order by id',
      "as insert into log (text) values ('prepared') returning text",
      '(int) as select name from accounts where id = $1',
      "as select remember('prepared')",
    ]),
    each('execute stmt_§%', ['', '', '(1)', '(2)']),
    each('deallocate %', ['stmt_§', 'prepare stmt_§']),
  ),
]
