import { useComparison } from './compare.ts'

const { compare, compareInEachProtocol } = useComparison(`
  create table watched (id int);
  create function watch() returns trigger language plpgsql as $$ begin
    if new.id < 0 then raise exception 'watched: %', new.id using errcode = 'AB001', detail = 'd', hint = 'h'; end if;
    if new.id = 0 then raise notice 'watched: %', new.id using detail = 'seen'; end if;
    insert into log (text) values (tg_op || ' ' || new.id);
    return null;
  end $$;
  create constraint trigger watching after insert or update on watched
    deferrable initially deferred for each row execute function watch()`)

const atEnd = (code: string): string => `rejected ${code}, status I`

describe('constraint triggers', () => {
  compareInEachProtocol(
    'run at COMMIT, with their errors, notices and rows',
    async (a) => {
      await a.run('begin')
      await a.run('insert into watched values (0), (1)')
      await a.run('select text from log')
      await a.run('commit')
      await a.run('select text from log order by n')
      await a.run('begin')
      await a.run('insert into watched values (2), (-1), (0)')
      await a.run('commit')
      await a.run('select text from log order by n')
      await a.run('select count(*) from watched')
    },
    [
      'complete SELECT 0',
      'notice severity=NOTICE',
      'detail=seen',
      'complete COMMIT',
      'row ["INSERT 0"]',
      'row ["INSERT 1"]',
      'code=AB001',
      atEnd('AB001'),
      'row ["2"]',
    ],
  )

  compareInEachProtocol(
    'run at the end of a statement',
    async (a) => {
      await a.run('insert into watched values (0), (1) returning id')
      await a.run('insert into watched values (0), (-1) returning id')
      await a.run('update watched set id = 0')
      await a.run('select text from log order by n')
    },
    ['detail=seen', atEnd('AB001'), 'row ["INSERT 1"]', 'row ["UPDATE 0"]'],
  )

  compareInEachProtocol(
    'run at SET CONSTRAINTS IMMEDIATE, and only once',
    async (a) => {
      await a.run('begin')
      await a.run('insert into watched values (0), (1)')
      await a.run('set constraints watching immediate')
      await a.run('select text from log order by n')
      await a.run('insert into watched values (2)')
      await a.run('set constraints watching deferred')
      await a.run('insert into watched values (3)')
      await a.run('select text from log order by n')
      await a.run('commit')
      await a.run('select text from log order by n')
    },
    ['detail=seen', 'row ["INSERT 1"]', 'row ["INSERT 2"]', 'complete SELECT 3', 'row ["INSERT 3"]'],
  )

  compare(
    'run at the end of a string and at the COMMIT in it',
    async (a) => {
      await a.simple('insert into watched values (0); select text from log')
      await a.simple('begin; insert into watched values (0), (1); commit; select text from log order by n')
      await a.simple('insert into watched values (-1); select text from log order by n')
      await a.simple(
        'begin; insert into watched values (2); commit and chain; insert into watched values (0)',
      )
      await a.run('rollback')
    },
    ['complete SELECT 0', 'complete SELECT 3', 'row ["INSERT 1"]', atEnd('AB001'), 'complete ROLLBACK'],
  )

  compareInEachProtocol(
    'do not run for what is rolled back',
    async (a) => {
      await a.run('begin')
      await a.run('insert into watched values (0)')
      await a.run('savepoint s')
      await a.run('insert into watched values (-1)')
      await a.run('rollback to s')
      await a.run('commit')
      await a.run('begin')
      await a.run('insert into watched values (0)')
      await a.run('rollback')
      await a.run('select text from log')
    },
    ['detail=seen', 'complete COMMIT', 'complete SELECT 1'],
  )
})
