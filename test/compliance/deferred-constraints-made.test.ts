import { Readable, type Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { type Submittable } from 'pg'
import { useComparison } from './compare.ts'
import { type Recorder } from './recorder.ts'

const copyStreams: { from(text: string): Submittable & Writable } = require('pg-copy-streams')

const { compare, compareInEachProtocol } = useComparison()

const parents = 'create table parents (id int primary key)'
const children =
  'create table children (id int primary key, parent int references parents deferrable initially deferred)'
const violate = 'insert into children values (1, 1)'
const fails = 'rejected 23503, status I'

describe('a constraint made by the client itself', () => {
  compareInEachProtocol(
    'in the transaction that violates it',
    async (a) => {
      await a.run(parents)
      await a.run('begin')
      await a.run(children)
      await a.run(violate)
      await a.run('commit')
      await a.run('select * from children')
      await a.run('begin')
      await a.run(children)
      await a.run('insert into children values (2, 2)')
      await a.run('insert into parents values (2)')
      await a.run('commit')
      await a.run(violate)
      await a.run('select * from children')
    },
    ['complete CREATE', 'complete CREATE', fails, 'code=42P01', 'complete COMMIT', fails, 'row ["2","2"]'],
  )

  compareInEachProtocol(
    'by the statement before',
    async (a, b) => {
      await a.run(parents)
      await a.run(children)
      await a.run(violate)
      await b.run('insert into children values (3, 3) returning id')
      await b.run('begin')
      await b.run('insert into children values (4, 4)')
      await b.run('commit')
      await a.run('select count(*) from children')
    },
    [fails, 'row ["3"]', fails, fails, 'row ["0"]'],
  )

  compareInEachProtocol(
    'by ALTER TABLE, and altered',
    async (a) => {
      await a.run(parents)
      await a.run('create table children (id int, parent int)')
      await a.run(violate)
      await a.run('alter table children add constraint x foreign key (parent) references parents deferrable')
      await a.run('delete from children')
      await a.run('alter table children add constraint x foreign key (parent) references parents deferrable')
      await a.run('begin')
      await a.run('set constraints x deferred')
      await a.run(violate)
      await a.run('commit')
      await a.run('alter table children alter constraint x deferrable initially deferred')
      await a.run(violate)
      await a.run('begin')
      await a.run(violate)
      await a.run('alter table children drop constraint x')
      await a.run('rollback')
      await a.run('alter table children alter constraint x not deferrable')
      await a.run('begin')
      await a.run('set constraints x deferred')
      await a.run('rollback')
    },
    [
      fails,
      'complete ALTER',
      fails,
      'complete ALTER',
      fails,
      'rejected 55006, status E',
      'rejected 42809, status E',
    ],
  )

  compare(
    'in the string that violates it',
    async (a) => {
      await a.simple(`${parents}; ${children}; ${violate}; select 1`)
      await a.run('select * from children')
      await a.simple(`begin; ${parents}; ${children}; ${violate}; commit; select 'not run'`)
      await a.simple(`${parents}; ${children}; commit; ${violate}; select 'not committed'`)
      await a.simple(`begin; ${violate}; rollback; select count(*) from children`)
    },
    [fails, 'rejected 42P01', fails, 'row ["not committed"]', fails, 'row ["0"]'],
  )

  compareInEachProtocol(
    'behind a savepoint that is rolled back',
    async (a) => {
      await a.run(parents)
      await a.run('begin')
      await a.run('savepoint s')
      await a.run(children)
      await a.run(violate)
      await a.run('rollback to s')
      await a.run('commit')
      await a.run('begin')
      await a.run('savepoint s')
      await a.run(children)
      await a.run(violate)
      await a.run('release s')
      await a.run('commit')
      await a.run('select * from children')
    },
    ['complete COMMIT', fails, 'code=42P01'],
  )

  compareInEachProtocol(
    'by a constraint trigger',
    async (a) => {
      await a.run('create table watched (id int)')
      await a.run(
        "create function watch() returns trigger language plpgsql as 'begin raise exception $$no: %$$, new.id; end'",
      )
      await a.run(
        'create constraint trigger w after insert on watched initially deferred for each row execute function watch()',
      )
      await a.run('insert into watched values (1)')
      await a.run('begin')
      await a.run('insert into watched values (2)')
      await a.run('commit')
    },
    ['no: 1', 'rejected P0001, status I', 'complete INSERT', 'no: 2', 'rejected P0001, status I'],
  )

  compareInEachProtocol(
    'on temporary tables',
    async (a) => {
      await a.run('create temp table places (id int unique deferrable initially deferred)')
      await a.run('insert into places values (1), (1)')
      await a.run('begin')
      await a.run('insert into places values (1), (1) returning id')
      await a.run('commit')
      await a.run('begin')
      await a.run('set constraints places_id_key immediate')
      await a.run('insert into places values (2), (2)')
      await a.run('rollback')
      await a.run('select count(*) from places')
    },
    [
      'rejected 23505, status I',
      'row ["1"]',
      'rejected 23505, status I',
      'rejected 23505, status E',
      'row ["0"]',
    ],
  )
})

describe('a violation in', () => {
  const copyIn = (a: Recorder, text: string, rows: string): Promise<void> =>
    a.step(text, async () => pipeline(Readable.from([rows]), a.client.query(copyStreams.from(text))))

  compare(
    'COPY FROM STDIN',
    async (a) => {
      await a.simple(`${parents}; ${children}`)
      await copyIn(a, 'copy children from stdin', '1\t1\n2\t2\n')
      await a.run('begin')
      await copyIn(a, 'copy children from stdin', '1\t1\n')
      await a.run('commit')
      await a.run('begin')
      await copyIn(a, 'copy children from stdin', '3\t3\n')
      await copyIn(a, 'copy parents from stdin', '3\n')
      await a.run('commit')
      await a.run('select * from children')
    },
    ['copyInResponse', fails, 'complete COPY 1', fails, 'complete COMMIT', 'row ["3","3"]'],
  )

  compareInEachProtocol(
    'a function, DO and CALL',
    async (a) => {
      await a.run(parents)
      await a.run(children)
      await a.run(
        'create function put(int) returns int language sql as $$ insert into children values ($1, $1) returning 7 $$',
      )
      await a.run(
        'create procedure add(int) language plpgsql as $$ begin insert into children values ($1, $1); end $$',
      )
      await a.run('select put(1)')
      await a.run('do $$ begin insert into children values (1, 1); end $$')
      await a.run('call add(1)')
      await a.run('begin')
      await a.run('select put(1)')
      await a.run('call add(2)')
      await a.run('commit')
      await a.run('do $$ begin perform put(3); set constraints all immediate; end $$')
      await a.run(
        'do $$ begin perform put(4); begin set constraints all immediate; exception when others then end; end $$',
      )
      await a.run('do $$ begin begin perform put(5); perform 1 / 0; exception when others then end; end $$')
      await a.run('select count(*) from children')
    },
    ['row ["7"]', fails, fails, fails, 'row ["7"]', fails, fails, fails, 'complete DO', 'row ["0"]'],
  )

  compareInEachProtocol(
    'ON CONFLICT, MERGE and CREATE TABLE AS',
    async (a) => {
      await a.run(parents)
      await a.run(children)
      await a.run('insert into children values (1)')
      await a.run(
        'insert into children values (1) on conflict (id) do update set parent = 5 returning parent',
      )
      await a.run(
        'merge into children c using (values (1)) v on c.id = v.column1 when matched then update set parent = 6',
      )
      await a.run('truncate children')
      await a.run('truncate parents')
      await a.run('truncate parents, children')
      await a.run('create table copied as with w as (select 1) select * from children')
      await a.run('select * from children')
    },
    ['row ["5"]', fails, fails, 'complete TRUNCATE', 'rejected 0A000', 'complete TRUNCATE'],
  )
})
