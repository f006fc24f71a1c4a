import { useComparison } from './compare.ts'
import { drain, pagesOf } from './pages.ts'

const { compare, briefly } = useComparison()

const series = 'select n from generate_series(1, $1) n'
const divides = 'select 1 / (5 - n) as q from generate_series(1, 9) n'
const insert = (id: number): string => `insert into accounts values (${id}, 'x', 1)`
const look = 'select id, name from accounts order by id'

describe('what another client does between two pages', () => {
  describe.each([
    ['a read', ['select 1 as one']],
    ['a write', [insert(3)]],
    ['a failure', [insert(1)]],
    ['a failed read', ['select 1 / 0']],
    ['a syntax error', ['selec 1']],
    ['a committed transaction', ['begin', insert(3), 'commit']],
    ['a rolled back transaction', ['begin', insert(3), 'rollback']],
    ['a failed transaction', ['begin', insert(3), insert(1), 'commit']],
    ['an empty transaction', ['begin', 'commit', 'begin', 'rollback']],
    ['a transaction that only reads', ['begin read only', 'select 1', 'commit']],
    [
      'a transaction with savepoints',
      ['begin', 'savepoint s', insert(3), 'rollback to s', insert(4), 'commit'],
    ],
    [
      'a string of statements',
      [`${insert(3)}; ${insert(4)}`, `begin; ${insert(5)}; commit; ${insert(1)}`, 'rollback'],
    ],
    ['a setting', ["set application_name to 'b'", 'show application_name', 'reset application_name']],
    ['a role', ['set role app_user', 'select current_user', 'reset role']],
    ['a table of its own', ['create table made (n int)', 'insert into made values (1)', 'drop table made']],
    ['DEALLOCATE ALL', ['deallocate all', insert(3)]],
    ['DISCARD ALL', ['discard all', insert(3)]],
    ['a COMMIT with nothing to commit', ['commit', 'rollback']],
    ['a read that writes', ["select remember('x')", 'select * from remembering']],
  ])('%s', (_, statements) => {
    describe.each([
      ['of a table', look, []],
      [
        'of INSERT',
        "insert into log (text) select 'page ' || n from generate_series(1, $1) n returning text",
        [6],
      ],
    ])('a cursor %s', (_name, text, values) => {
      briefly.compare('goes on', async (a, b) => {
        const pages = pagesOf(a, text, values)
        await pages.read(1)
        for (const statement of statements) await b.run(statement)
        await pages.read(1)
        for (const statement of statements) await b.run(statement)
        await pages.read(10)
        await pages.close()
        await b.run(look)
        await a.run(insert(9))
      })
    })

    briefly.compare('a cursor goes on after another client’s extended statements', async (a, b) => {
      const pages = pagesOf(a, look)
      await pages.read(1)
      for (const statement of statements) await b.extended(statement)
      await pages.read(10)
      await pages.close()
      await a.run(look)
    })
  })
})

compare('a cursor of a read that writes goes on beside another client', async (a, b) => {
  const pages = pagesOf(a, "select n, remember('page ' || n) from generate_series(1, $1) n", [6])
  await pages.read(1)
  await b.run(insert(3))
  await pages.read(1)
  await b.run(insert(1))
  await pages.read(10)
  await b.run('select text from log order by n')
})

describe('two cursors', () => {
  compare('of two clients, by turns', async (a, b) => {
    const [first, second] = [pagesOf(a, series, [7]), pagesOf(b, look)]
    for (let page = 0; page < 3; page += 1) {
      await first.read(2)
      await second.read(1)
    }
    await second.close()
    await b.run(insert(3))
    await first.read(2)
    await first.close()
  })

  compare('of two clients, of which one fails', async (a, b, c) => {
    const [first, second] = [pagesOf(a, series, [7]), pagesOf(b, divides)]
    await first.read(2)
    await second.read(2)
    await c.run(insert(3))
    await second.read(4)
    await first.read(2)
    await b.run(insert(4))
    await c.run(look)
    await first.read(5)
    await first.close()
  })

  compare('one after the other in one client', async (a) => {
    const first = pagesOf(a, series, [3])
    await first.read(2)
    await first.close()
    const second = pagesOf(a, look)
    await second.read(1)
    await second.read(5)
    await second.close()
    await a.run(look)
  })
})

describe('a cursor', () => {
  compare('closed early, at once and twice', async (a, b) => {
    const early = pagesOf(a, series, [100])
    await early.read(1)
    await early.close()
    await early.close()
    await early.read(1)
    const atOnce = pagesOf(a, insert(3))
    await atOnce.close()
    await b.run(look)
    await a.run(insert(4))
  })

  compare('that fails at once, and in the middle', async (a, b) => {
    const wrong = pagesOf(a, 'select nowhere')
    await wrong.read(1)
    const halfway = pagesOf(a, divides)
    await halfway.read(2)
    await b.run(insert(3))
    await halfway.read(9)
    await b.run(look)
    await a.run(insert(4))
  })

  compare('inside BEGIN, with other statements of its client', async (a) => {
    await a.run('begin')
    await a.run(insert(3))
    const pages = pagesOf(a, look)
    await pages.read(1)
    await pages.read(1)
    await pages.close()
    await a.run(insert(4))
    await a.run('commit')
    await a.run(look)
  })

  compare('inside BEGIN that fails', async (a) => {
    await a.run('begin')
    await a.run(insert(3))
    await a.run('savepoint s')
    const pages = pagesOf(a, divides)
    await pages.read(2)
    await pages.read(9)
    await a.run('select 1')
    await a.run('rollback to s')
    const again = pagesOf(a, look)
    await again.read(2)
    await again.close()
    await a.run('commit')
  })

  compare('of INSERT that fails in the middle', async (a) => {
    const pages = pagesOf(
      a,
      `insert into accounts select n, 'x', 4 - n from generate_series(3, $1) n returning id`,
      [9],
    )
    await pages.read(1)
    await a.run(look)
  })

  compare('of many rows', async (a, b) => {
    const pages = pagesOf(a, `select n, repeat('x', 100) from generate_series(1, $1) n`, [5000])
    for (let page = 0; page < 5; page += 1) {
      await pages.read(1000)
      await b.run(insert(10 + page))
    }
    await pages.read(1)
    await pages.close()
  })
})

describe('a stream', () => {
  compare('with a write of another client for each row', async (a, b) => {
    let id = 10
    await drain(a, 'select n from generate_series(1, 9) n', 2, () => b.run(insert((id += 1))))
    await b.run(look)
    await a.run(look)
  })

  compare('with transactions and failures of other clients', async (a, b, c) => {
    let id = 10
    await drain(a, look, 1, async () => {
      await b.run('begin')
      await b.run(insert((id += 1)))
      await b.run(id % 2 === 0 ? 'commit' : 'rollback')
      await c.run(insert(1))
      await c.run('select 1 / 0')
    })
    await c.run(look)
  })

  compare('that fails in the middle', async (a, b) => {
    let rows = 0
    await drain(a, divides, 2, async () => void (rows += 1))
    expect(rows).toBeLessThan(5)
    await a.run(insert(3))
    await b.run(look)
  })

  compare('that is left early', async (a, b) => {
    let rows = 0
    const left = drain(
      a,
      'select n, case when n > 6 then pg_sleep(0.02) end from generate_series(1, 1000) n',
      3,
      async () => {
        rows += 1
        await b.run(insert(10 + rows))
        if (rows === 5) throw new Error('enough')
      },
    )
    await left
    await a.run(look)
  })
})
