import { useComparison } from './compare.ts'

const { compareInEachProtocol } = useComparison(`
  create table seats (
    id int constraint seat_id primary key deferrable initially deferred,
    place int constraint seat_place unique deferrable initially deferred
  );
  create table queue (position int unique deferrable initially immediate, name text);
  create table bookings (
    room int, span int4range,
    constraint no_overlap exclude using gist (span with &&) deferrable initially deferred
  );
  create table parents (id int primary key);
  create table children (
    id int, parent int constraint to_parent references parents deferrable initially deferred
  ) partition by range (id);
  create table children_low partition of children for values from (0) to (100);
  create table children_high partition of children for values from (100) to (200);

  create table other.parents (id int primary key);
  create table other.children (id int, parent int references other.parents deferrable initially deferred);
  create function put(int, int) returns int security definer language plpgsql as
    'begin insert into other.children values ($1, $2); return $1; end';
  create procedure put_and_repair(int) security definer language plpgsql as
    'begin insert into other.children values ($1, $1); insert into other.parents values ($1); end';
  grant execute on all functions in schema public to public;
  grant execute on all procedures in schema public to public`)

const atEnd = (code: string): string => `rejected ${code}, status I`
const atOnce = (code: string): string => `rejected ${code}, status E`

describe('unique, primary key, exclusion', () => {
  compareInEachProtocol(
    'are checked at COMMIT and at the end of a statement',
    async (a) => {
      await a.run('insert into seats values (1, 1), (2, 2)')
      await a.run('begin')
      await a.run('update seats set id = 2 where id = 1')
      await a.run('commit')
      await a.run('begin')
      await a.run('insert into seats values (3, 2) returning place')
      await a.run('commit')
      await a.run('insert into seats values (1, 4)')
      await a.run('insert into seats values (4, 1) returning id')
      await a.run("insert into bookings values (1, '[1,5)')")
      await a.run("insert into bookings values (2, '[4,6)')")
      await a.run('begin')
      await a.run("insert into bookings values (2, '[4,6)')")
      await a.run("update bookings set span = '[6,8)' where room = 2")
      await a.run('commit')
      await a.run('select * from seats order by 1, 2')
      await a.run('select * from bookings order by room')
    },
    [
      '> commit',
      atEnd('23505'),
      '> commit',
      atEnd('23505'),
      atEnd('23505'),
      'row ["4"]',
      atEnd('23505'),
      atEnd('23P01'),
      'complete COMMIT',
      'row ["2","2"]',
      'row ["2","[6,8)"]',
    ],
  )

  compareInEachProtocol(
    'allow to swap values',
    async (a) => {
      await a.run('insert into seats values (1, 1), (2, 2), (3, 3)')
      await a.run('begin')
      await a.run('update seats set place = 2 where id = 1')
      await a.run('update seats set place = 1 where id = 2')
      await a.run('commit')
      await a.run('update seats set id = id + 1')
      await a.run("insert into queue values (1, 'x'), (2, 'y')")
      await a.run('update queue set position = position + 1')
      await a.run('update queue set position = 2')
      await a.run('begin')
      await a.run('update queue set position = 2')
      await a.run('rollback')
      await a.run('begin')
      await a.run('set constraints all deferred')
      await a.run('update queue set position = 2')
      await a.run('commit')
      await a.run('select * from seats order by id')
    },
    [
      'complete COMMIT',
      'complete UPDATE 3',
      atEnd('23505'),
      atOnce('23505'),
      atEnd('23505'),
      'row ["2","2"]',
    ],
  )

  compareInEachProtocol(
    'are no arbiters of ON CONFLICT',
    async (a) => {
      await a.run('insert into seats values (1, 1)')
      await a.run('insert into seats values (1, 1) on conflict (id) do nothing')
      await a.run('insert into seats values (1, 1) on conflict do nothing returning id')
      await a.run('insert into queue values (1) on conflict (position) do update set name = excluded.name')
      await a.run('begin')
      await a.run('insert into seats values (2, 1) on conflict do nothing')
      await a.run('commit')
      await a.run('select count(*) from seats')
    },
    [atEnd('55000'), 'row ["1"]'],
  )
})

describe('partitioned tables', () => {
  compareInEachProtocol(
    'are checked as others',
    async (a) => {
      await a.run('begin')
      await a.run('insert into children values (1, 1), (101, 1)')
      await a.run('commit')
      await a.run('insert into children values (101, 1)')
      await a.run('begin')
      await a.run('insert into children values (1, 1), (101, 1)')
      await a.run('insert into parents values (1)')
      await a.run('commit')
      await a.run('begin')
      await a.run('set constraints to_parent immediate')
      await a.run('insert into children_high values (102, 2)')
      await a.run('rollback')
      await a.run('begin')
      await a.run('insert into children_high values (102, 2)')
      await a.run('commit')
      await a.run('update children set parent = 2 where id = 1')
      await a.run('select * from children order by id')
    },
    [
      atEnd('23503'),
      atEnd('23503'),
      'complete COMMIT',
      atOnce('23503'),
      atEnd('23503'),
      atEnd('23503'),
      'row ["101","1"]',
    ],
  )
})

describe('a role without rights on the schema', () => {
  compareInEachProtocol(
    'is told of its violation at COMMIT and at the end of a statement',
    async (a) => {
      await a.run('set role app_user')
      await a.run('select * from other.children')
      await a.run('begin')
      await a.run('select put(1, 1)')
      await a.run('commit')
      await a.run('select put(1, 1)')
      await a.run('begin')
      await a.run('call put_and_repair(2)')
      await a.run('commit')
      await a.run('begin')
      await a.run('select put(1, 1)')
      await a.run('set constraints all immediate')
      await a.run('rollback')
      await a.run('reset role')
      await a.run('select * from other.children')
    },
    [atEnd('42501'), atEnd('23503'), atEnd('23503'), 'complete COMMIT', atOnce('23503'), 'row ["2","2"]'],
  )

  compareInEachProtocol(
    'that holds for the transaction alone',
    async (a, b) => {
      await a.run('begin')
      await a.run('set local role app_user')
      await a.run('select put(1, 1)')
      await a.run('commit')
      await a.run('select current_user')
      await b.run('select put(1, 2)')
      await b.run('select current_user')
    },
    [atEnd('23503'), atEnd('23503')],
  )
})
