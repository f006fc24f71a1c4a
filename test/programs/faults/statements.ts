/** What the programs say, and the databases they say it to. */
import fc from 'fast-check'

const TABLES = `
  create table notes (id int primary key, body text);
  insert into notes select n, 'note ' || n from generate_series(1, 20) n;
  create table ledger (n int primary key);
  create table parents (id int primary key);
  insert into parents values (1);
  create table children (id int primary key, parent int references parents deferrable initially deferred);
  create sequence numbers`

const FUNCTIONS = `
  create function touch(int) returns int language plpgsql as $$
    begin update notes set body = body || '!' where id = $1; return $1; end $$;
  create view touching as select touch(1) as id`

export const SCHEMAS: Readonly<Record<'plain' | 'functions', string>> = {
  plain: TABLES,
  functions: `${TABLES};${FUNCTIONS}`,
}

const id = fc.integer({ min: 1, max: 12 })
const added = fc.integer({ min: 100, max: 112 })
const seconds = fc.constantFrom('0.002', '0.01', '0.03')

const read = fc.oneof(
  fc.constant('select id, body from notes order by id'),
  id.map((n) => `select body from notes where id = ${n}`),
  fc.constant("select n, repeat('x', 200) from generate_series(1, 400) n"),
  seconds.map((s) => `select pg_sleep(${s})`),
  fc.constantFrom('select 1 as one', 'show work_mem', "select nextval('numbers')", 'table parents'),
)

const write = fc.oneof(
  added.map((n) => `insert into notes values (${n}, 'new')`),
  id.map((n) => `update notes set body = body || '+' where id = ${n}`),
  id.map((n) => `delete from notes where id = ${n} returning body`),
  fc
    .tuple(id, seconds)
    .map(([n, s]) => `update notes set body = 'slow' where id = ${n} returning pg_sleep(${s})`),
  added.map((n) => `insert into children values (${n}, 1)`),
  added.map((n) => `insert into children values (${n}, 77)`),
  fc.constantFrom(
    "insert into notes select n, 'many' from generate_series(1000, 1400) n",
    'truncate children',
  ),
  fc.constantFrom('create table made (x int)', 'create temp table passing (x int) on commit drop'),
)

const failing = fc.constantFrom(
  'select 1 / 0',
  'selec',
  'insert into nowhere values (1)',
  'select no_column from notes',
)

const setting = fc.constantFrom(
  "set work_mem = '5MB'",
  "set local work_mem = '6MB'",
  'reset work_mem',
  "set statement_timeout = '10s'",
  "select set_config('work_mem', '7MB', true)",
)

const savepoint = fc.constantFrom('savepoint a', 'release a', 'rollback to savepoint a', 'savepoint b')

const odd = fc.constantFrom(
  'listen news',
  "notify news, 'x'",
  "select pg_notify('news', 'y')",
  'declare c cursor for select id from notes',
  'fetch 3 from c',
  'lock table notes in share mode',
)

const writingFunction = fc.constantFrom(
  'select touch(2)',
  'table touching',
  'select touch(3), pg_sleep(0.01)',
)

const single = fc.oneof(
  { weight: 6, arbitrary: read },
  { weight: 6, arbitrary: write },
  { weight: 1, arbitrary: failing },
  { weight: 1, arbitrary: setting },
  { weight: 2, arbitrary: savepoint },
  { weight: 1, arbitrary: odd },
  { weight: 1, arbitrary: writingFunction },
)

const inString = fc.oneof(
  { weight: 5, arbitrary: single },
  { weight: 2, arbitrary: fc.constantFrom('begin', 'commit', 'rollback') },
)

/** A statement, or several in a string. */
export const sql: fc.Arbitrary<string> = fc.oneof(
  { weight: 7, arbitrary: single },
  {
    weight: 2,
    arbitrary: fc.array(inString, { minLength: 2, maxLength: 4 }).map((parts) => parts.join('; ')),
  },
)

export const rows: fc.Arbitrary<string> = fc.constantFrom(
  'select id, body from notes',
  "select n, repeat('y', 300) from generate_series(1, 600) n",
  'select n, pg_sleep(0.002) from generate_series(1, 10) n',
)
