import { useComparison } from './compare.ts'
import { type Step } from './recorder.ts'
import * as wire from './wire.ts'

/** What the README names under "What differs inside a test transaction", and what is too small for it. */

const { records, serverMajor } = useComparison()
const { send, SYNC, FLUSH } = wire
const { bind, execute, parse, query, statement } = wire

/** What was answered to the last statement that begins so, or to the last `hears`. */
function answers(steps: readonly Step[], sent: string): string {
  return steps.findLast((step) => step.sent.startsWith(sent))!.answers.join('\n')
}

describe('notifications', () => {
  test.each([
    ['a query over rows', "select pg_notify('c', name) from accounts"],
    ['an expression', "select pg_notify('c', 'A' || 'nn')"],
    ['VALUES', "values (pg_notify('c', 'Ann'))"],
    ['DO', "do $$ begin notify c, 'Ann'; end $$"],
    ['EXPLAIN ANALYZE', "explain analyze select pg_notify('c', 'Ann')"],
  ])('of %s are not delivered', async (_, sql) => {
    const { plain, sandboxed } = await records(async (a, b) => {
      await b.run('listen c')
      await a.run(sql)
      await b.hears()
    })
    expect(answers(plain, 'hears')).toContain('notification c "Ann" from a')
    expect(answers(sandboxed, 'hears')).not.toContain('notification')
  })

  test('of a trigger are not delivered', async () => {
    const { plain, sandboxed } = await records(async (a, b) => {
      await b.run('listen c')
      await a.run(`create function tell() returns trigger language plpgsql as
        $$ begin perform pg_notify('c', new.name); return new; end $$`)
      await a.run('create trigger telling after insert on accounts for each row execute function tell()')
      await a.run("insert into accounts values (3, 'Cid')")
      await b.hears()
    })
    expect(answers(plain, 'hears')).toContain('notification c "Cid" from a')
    expect(answers(sandboxed, 'hears')).not.toContain('notification')
  })

  test('pg_listening_channels() is empty', async () => {
    const { plain, sandboxed } = await records(async (a) => {
      await a.run('listen c')
      await a.run('select pg_listening_channels()')
    })
    expect(answers(plain, 'select pg')).toContain('row ["c"]')
    expect(answers(sandboxed, 'select pg')).toContain('complete SELECT 0')
  })

  test('LISTEN with a name that is too long has no notice', async () => {
    const { plain, sandboxed } = await records((a) => a.run(`listen ${'c'.repeat(64)}`))
    expect(answers(plain, 'listen')).toMatch(/notice .*code=42622/)
    expect(answers(sandboxed, 'listen')).not.toContain('notice')
  })
})

describe('sequences', () => {
  test('currval() and lastval() tell what another client has drawn, also in an earlier test', async () => {
    await records((a) => a.run("select nextval('numbers')"))
    const { plain, sandboxed } = await records(async (a, b) => {
      await a.run("select currval('numbers')")
      await b.run("select setval('numbers', 40)")
      await a.run('select lastval()')
    })
    expect(answers(plain, 'select currval')).toContain('rejected 55000')
    expect(answers(plain, 'select lastval')).toContain('rejected 55000')
    expect(answers(sandboxed, 'select currval')).toContain('row [')
    expect(answers(sandboxed, 'select lastval')).toContain('row ["40"]')
  })
})

describe('modes of a transaction', () => {
  test('current_setting() and pg_settings tell those of the real one, SHOW those of the application’s', async () => {
    const { plain, sandboxed } = await records(async (a) => {
      await a.run('begin isolation level serializable, deferrable')
      await a.run("select current_setting('transaction_isolation')")
      await a.run(
        "/* of pg_settings */ select setting from pg_settings where name = 'transaction_deferrable'",
      )
      await a.run('show transaction_isolation')
      await a.run('rollback')
    })
    expect(answers(plain, 'select current_setting')).toContain('row ["serializable"]')
    expect(answers(sandboxed, 'select current_setting')).toContain('row ["read committed"]')
    expect(answers(plain, '/* of pg_settings */')).toContain('row ["on"]')
    expect(answers(sandboxed, '/* of pg_settings */')).toContain('row ["off"]')
    expect(answers(sandboxed, 'show')).toBe(answers(plain, 'show'))
  })

  test('before PostgreSQL 16, RESET of one of them does not warn outside a transaction', async () => {
    const { plain, sandboxed } = await records((a) => a.run('reset transaction_isolation'))
    if ((await serverMajor()) < 16) {
      expect(answers(plain, 'reset')).toContain('code=25P01')
      expect(answers(sandboxed, 'reset')).toBe(answers(plain, 'reset').split('\n').slice(1).join('\n'))
    } else expect(sandboxed).toEqual(plain)
  })

  test('SET TRANSACTION SNAPSHOT is always too late', async () => {
    const { plain, sandboxed } = await records(async (a) => {
      await a.run('begin isolation level repeatable read')
      await a.run("set transaction snapshot 'x'")
    })
    expect(answers(plain, 'set')).toContain('rejected 22023')
    expect(answers(sandboxed, 'set')).toContain('rejected 25001')
  })
})

describe('temporary tables', () => {
  test('that are renamed miss their ON COMMIT', async () => {
    const { plain, sandboxed } = await records(async (a) => {
      await a.run('begin')
      await a.run('create temp table scratch (id int) on commit drop')
      await a.run('alter table scratch rename to renamed')
      await a.run('commit')
      await a.run('select * from renamed')
    })
    expect(answers(plain, 'select * from renamed')).toContain('rejected 42P01')
    expect(answers(sandboxed, 'select * from renamed')).toContain('complete SELECT 0')
  })

  test('with a foreign key may differ in their ON COMMIT', async () => {
    const { plain, sandboxed } = await records(async (a) => {
      await a.run('begin')
      await a.run('create temp table p (id int primary key) on commit delete rows')
      await a.run('create temp table q (id int references p)')
      await a.run('commit')
    })
    expect(answers(plain, 'commit')).toContain('rejected 0A000')
    expect(answers(sandboxed, 'commit')).toContain('complete COMMIT')
  })
})

test('DISCARD leaves temporary sequences and views', async () => {
  const { plain, sandboxed } = await records(async (a) => {
    await a.run('create temp sequence counted')
    await a.run('discard all')
    await a.run("/* left */ select to_regclass('pg_temp.counted')")
  })
  expect(answers(plain, '/* left */')).toContain('row [null]')
  expect(answers(sandboxed, '/* left */')).not.toContain('row [null]')
})

describe('a cursor WITH HOLD', () => {
  test('tells its error with FETCH, not with COMMIT', async () => {
    const { plain, sandboxed } = await records(async (a) => {
      await a.run('begin')
      await a.run('declare h cursor with hold for select 1 / (id - 2) from accounts order by id')
      await a.run('commit')
      await a.run('fetch all from h')
    })
    expect(answers(plain, 'commit')).toContain('rejected 22012')
    expect(answers(sandboxed, 'commit')).toContain('complete COMMIT')
    expect(answers(plain, 'fetch')).toContain('rejected 34000')
    expect(answers(sandboxed, 'fetch')).toContain('rejected 22012')
  })

  test('writes with FETCH, not with COMMIT', async () => {
    const { plain, sandboxed } = await records(async (a) => {
      await a.run('begin')
      await a.run("declare h cursor with hold for select remember('written')")
      await a.run('commit')
      await a.run('/* now */ select text from log')
    })
    expect(answers(plain, '/* now */')).toContain('row ["written"]')
    expect(answers(sandboxed, '/* now */')).toContain('complete SELECT 0')
  })

  test('keeps its table from being changed', async () => {
    const { plain, sandboxed } = await records(async (a) => {
      await a.run('declare h cursor with hold for select id from accounts')
      await a.run('begin')
      await a.run('drop table accounts')
      await a.run('rollback')
    })
    expect(answers(plain, 'drop')).toContain('complete DROP TABLE')
    expect(answers(sandboxed, 'drop')).toContain('rejected 55006')
  })
})

describe('in a database with a function that opens cursors', () => {
  const { records: recordsThere } = useComparison(`
    create function open_one() returns refcursor language plpgsql as
      'declare c refcursor; begin open c for select 1; return c; end'`)

  test('the names of unnamed ones are counted for all clients together', async () => {
    const { plain, sandboxed } = await recordsThere(async (a, b) => {
      await a.run('begin')
      await a.run('select open_one()')
      await a.run('commit')
      await b.run('begin')
      await b.run('select open_one()')
    })
    expect(answers(plain, 'select open_one()')).toContain('row ["<unnamed portal 1>"]')
    expect(answers(sandboxed, 'select open_one()')).toMatch(/row \["<unnamed portal [2-9]>"\]/)
  })
})

describe('names', () => {
  test('of portals of the protocol are not those of cursors', async () => {
    const { plain, sandboxed } = await records(async (a) => {
      await send(a, 1, query('begin'))
      await send(a, 1, parse('', 'values (1), (2)'), bind('p'), execute('p', 1), SYNC)
      await send(a, 1, query('fetch 1 from p'))
    })
    expect(answers(plain, 'Query fetch')).toContain('DataRow ["2"]')
    expect(answers(sandboxed, 'Query fetch')).toContain('C=34000')
  })

  test('of settings that one client has made are known to the others', async () => {
    const { plain, sandboxed } = await records(async (a, b) => {
      await a.run("set app.tenant to 'x'")
      await b.run("select current_setting('app.tenant', true)")
    })
    expect(answers(plain, 'select current')).toContain('row [null]')
    expect(answers(sandboxed, 'select current')).toContain('row [""]')
  })
})

test('what a function sets for the session is seen by all clients', async () => {
  const { plain, sandboxed } = await records(async (a, b) => {
    await a.run("do $$ begin set timezone to 'Asia/Tokyo'; end $$")
    await b.run('show timezone')
  })
  expect(answers(plain, 'show')).not.toContain('row ["Asia/Tokyo"]')
  expect(answers(sandboxed, 'show')).toContain('row ["Asia/Tokyo"]')
})

test('set_config() over rows with a bound name lasts', async () => {
  const { plain, sandboxed } = await records(async (a) => {
    await a.extended('select set_config($1, name, true) from accounts where id = 1', 'app.tenant')
    await a.run("select current_setting('app.tenant', true)")
  })
  expect(answers(plain, 'select current')).toContain('row [""]')
  expect(answers(sandboxed, 'select current')).toContain('row ["Ann"]')
})

test('SET TRANSACTION does not hold over Flush in a unit outside a transaction', async () => {
  const { plain, sandboxed } = await records((a) =>
    send(
      a,
      1,
      ...statement('set transaction read only'),
      FLUSH,
      ...statement('insert into accounts values (3)'),
      SYNC,
    ),
  )
  expect(answers(plain, 'Parse')).toContain('C=25006')
  expect(answers(sandboxed, 'Parse')).toContain('CommandComplete INSERT 0 1')
})
