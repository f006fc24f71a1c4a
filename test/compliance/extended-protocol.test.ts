import { useComparison } from './compare.ts'
import * as wire from './wire.ts'

const { compare } = useComparison()
const { send, SYNC, FLUSH } = wire
const { bind, describePortal, describeStatement, execute, parse, query, statement, unit } = wire
const { closePortal, closeStatement } = wire

const INT4 = 23
const cid = "insert into accounts values (3, 'Cid', 1)"
const dan = "insert into accounts values (4, 'Dan', 1)"
const count = query('select count(*) from accounts')
const series = 'select n from generate_series(1, 5) n'

/** Alone or in a transaction: the case runs as it is and between BEGIN and COMMIT. */
function inAndOutside(
  name: string,
  program: (run: (until: number | string, ...messages: wire.Message[]) => Promise<void>) => Promise<void>,
): void {
  for (const isInside of [false, true])
    compare(`${name}, ${isInside ? 'inside' : 'outside'} a transaction`, async (a) => {
      if (isInside) await send(a, 1, query('begin'))
      await program((until, ...messages) => send(a, until, ...messages))
      if (isInside) await send(a, 1, query('commit'))
      await send(a, 1, count)
    })
}

describe('what is answered to', () => {
  inAndOutside('one message after the other', async (run) => {
    await run('1', parse('s', 'select $1::int as a, $2', [0, 25]), FLUSH)
    await run('tT', describeStatement('s'), FLUSH)
    await run('2', bind('p', 's', ['1', 'x']), FLUSH)
    await run('T', describePortal('p'), FLUSH)
    await run('DC', execute('p'), FLUSH)
    await run('3', closePortal('p'), FLUSH)
    await run('3', closeStatement('s'), FLUSH)
    await run(1, SYNC)
  })

  inAndOutside('messages of one type side by side', async (run) => {
    await run(
      1,
      parse('s', 'select 1 as a'),
      parse('t', 'select 2 as b'),
      describeStatement('s'),
      describeStatement('t'),
      SYNC,
    )
    await run(
      1,
      bind('p', 's'),
      bind('q', 't'),
      describePortal('p'),
      describePortal('q'),
      execute('p'),
      execute('q'),
      SYNC,
    )
    await run(1, closeStatement('s'), closeStatement('t'), SYNC)
  })

  inAndOutside('Sync alone, two of them, and Flush without anything before', async (run) => {
    await run(1, SYNC)
    await run(2, SYNC, SYNC)
    await run(1, FLUSH, FLUSH, SYNC)
    await run(2, ...unit(cid), FLUSH, SYNC)
    await run(3, SYNC, ...unit('select 1'), SYNC)
  })

  inAndOutside('a statement with values and formats of every kind', async (run) => {
    const sql = 'select $1::int4 as a, $2::text as b, $3::bytea as c, $4::int4 as d'
    const five = Buffer.from([0, 0, 0, 5])
    await run(1, parse('s', sql), describeStatement('s'), SYNC)
    await run(
      1,
      bind('', 's', [five, 'x', Buffer.from([0, 255]), null], [1]),
      describePortal(),
      execute(),
      SYNC,
    )
    await run(1, bind('', 's', ['6', null, '\\x01', five], [0, 1, 1, 0]), describePortal(), execute(), SYNC)
    await run(1, bind('', 's', [five, Buffer.from('é'), null, '7']), execute(), SYNC)
    await run(1, bind('', 's', [five, 'x', null, '7'], [1, 0]), execute(), SYNC)
  })

  inAndOutside('an empty query, and one of comments', async (run) => {
    for (const sql of ['', ' ', ';', ';;', '-- nothing', '/* nothing; */', ' ; -- x\n ; '])
      await run(2, ...unit(sql), parse('', sql), describeStatement(), SYNC)
    for (const sql of ['', ' ', ';', ';;', '-- nothing', '/* nothing; */', ' ; -- x\n ; '])
      await run(1, query(sql))
  })

  inAndOutside('several statements in one Parse', async (run) => {
    await run(2, ...unit(`${cid}; ${dan}`), SYNC)
    await run(1, query('rollback'))
    await run(2, ...unit('begin; commit'), SYNC)
    await run(1, query('rollback'))
    await run(2, parse('s', 'select 1; select 2'), SYNC, bind('', 's'), SYNC)
    await run(1, ...unit(`${cid};`))
  })

  inAndOutside('names that are not there', async (run) => {
    await run(1, bind('', 'nowhere'), execute(), SYNC)
    await run(1, query('rollback'))
    await run(1, describeStatement('nowhere'), SYNC)
    await run(1, query('rollback'))
    await run(1, describePortal('nowhere'), SYNC)
    await run(1, query('rollback'))
    await run(1, execute('nowhere'), SYNC)
    await run(1, query('rollback'))
    await run(1, closeStatement('nowhere'), closePortal('nowhere'), closeStatement(), closePortal(), SYNC)
    await run(1, describeStatement(), SYNC)
    await run(1, query('rollback'))
    await run(1, describePortal(), SYNC)
    await run(1, query('rollback'))
    await run(1, bind(), SYNC)
  })

  inAndOutside('a name that is there already, and the unnamed statement twice', async (run) => {
    await run(1, parse('s', 'select 1'), SYNC)
    await run(1, parse('s', 'select 2'), SYNC)
    await run(1, query('rollback'))
    await run(1, bind('', 's'), execute(), SYNC)
    await run(1, parse('s', 'select 2'), bind('', 's'), execute(), SYNC)
    await run(1, query('rollback'))
    await run(1, closeStatement('s'), parse('s', 'select 3'), bind('', 's'), execute(), SYNC)
    await run(1, parse('', 'select 4'), parse('', 'select 5'), bind(), execute(), SYNC)
    await run(1, bind(), execute(), SYNC)
    await run(1, query('select 6'))
    await run(1, bind(), execute(), SYNC)
  })

  inAndOutside('a name whose first Parse has failed', async (run) => {
    await run(1, parse('s', 'select nothing'), SYNC)
    await run(1, query('rollback'))
    await run(1, bind('', 's'), execute(), SYNC)
    await run(1, query('rollback'))
    await run(1, parse('s', 'select 1'), bind('', 's'), execute(), SYNC)
    await run(1, parse('', 'select 2'), SYNC)
    await run(1, parse('', 'selec 2'), SYNC)
    await run(1, query('rollback'))
    await run(1, bind(), execute(), SYNC)
  })

  inAndOutside('a FunctionCall', async (run) => {
    const [upper, divide] = [871, 154]
    await run(1, wire.functionCall(upper, ['x']))
    await run(1, wire.functionCall(upper, [null]))
    await run(1, wire.functionCall(divide, ['7', '2']))
    await run(1, wire.functionCall(divide, ['7', '0']))
    await run(1, count)
    await run(1, query('rollback'))
    await run(1, wire.functionCall(1, []))
    await run(1, query('rollback'))
  })
})

describe('an error', () => {
  inAndOutside('in Parse is followed by nothing until Sync', async (run) => {
    await run(1, ...statement('selec 1'), ...statement(cid), SYNC)
    await run(1, ...statement('select * from nowhere'), ...statement(cid), SYNC)
    await run(1, query('rollback'))
    await run(1, ...unit(dan))
  })

  inAndOutside('in Bind is followed by nothing until Sync', async (run) => {
    await run(1, parse('s', 'select $1::int'), bind('', 's', ['x']), execute(), ...statement(cid), SYNC)
    await run(1, query('rollback'))
    await run(1, bind('', 's', []), execute(), SYNC)
    await run(1, query('rollback'))
    await run(1, bind('', 's', [Buffer.from([1])]), execute(), SYNC)
    await run(1, query('rollback'))
    await run(1, bind('', 's', ['1'], [0, 0]), execute(), SYNC)
    await run(1, query('rollback'))
    await run(1, bind('', 's', ['1'], [7]), execute(), SYNC)
    await run(1, query('rollback'))
    await run(1, bind('', 's', ['1']), execute(), SYNC)
  })

  inAndOutside('in Execute is followed by nothing until Sync', async (run) => {
    await run(1, ...statement(cid), ...statement('select 1 / 0'), ...statement(dan), SYNC)
    await run(1, ...unit('select 1'))
    await run(1, query('rollback'))
    await run(1, ...unit(dan))
  })

  inAndOutside('before Flush waits for Sync', async (run) => {
    await run(
      '12E',
      parse('', `select 1 / (n - 1) from generate_series($1, 5) n`, [INT4]),
      bind('', '', ['1']),
      execute(),
      FLUSH,
    )
    await run(1, ...statement(cid), FLUSH, ...statement(dan), FLUSH, SYNC)
    await run(1, query('rollback'))
    await run('E', parse('', 'selec 1'), FLUSH)
    await run(2, SYNC, ...unit('select 1'))
    await run(1, query('rollback'))
    await run(1, ...unit(dan))
  })

  inAndOutside('before Flush, and a Query message in place of Sync', async (run) => {
    await run('E', parse('', 'selec 1'), FLUSH)
    await run(1, query(cid), SYNC)
    await run(1, query('rollback'))
    await run(1, parse('', 'selec 1'), query(cid), SYNC)
    await run(1, query('rollback'))
  })

  inAndOutside('in Describe', async (run) => {
    await run(1, parse('s', 'select 1'), describeStatement('t'), bind('', 's'), execute(), SYNC)
    await run(1, query('rollback'))
    await run(1, bind('', 's'), execute(), SYNC)
  })
})

describe('a Query message', () => {
  // Outside a transaction PostgreSQL 18.4 answers such a one with XX000, "unexpected state STARTED".
  compare('behind messages that no Sync has ended', async (a) => {
    await send(a, 1, query('begin'))
    await send(a, 2, ...statement(cid), query('select 1'), SYNC)
    await send(a, 2, parse('s', 'select 1'), query('select 2'), SYNC)
    await send(a, 2, ...statement('select 3'), query('select 1 / 0'), SYNC)
    await send(a, 1, query('commit'))
    await send(a, 1, count)
  })

  compare('is a unit of its own', async (a) => {
    await send(a, 3, query(cid), query('select 1 / 0'), query(dan))
    await send(
      a,
      4,
      query('begin'),
      ...unit("insert into log (text) values ('x')"),
      query('select 1 / 0'),
      query('commit'),
    )
    await send(a, 1, query('select text from log'))
  })
})

compare('portals named alike in two clients', async (a, b) => {
  for (const client of [a, b]) {
    await send(client, 1, query('begin'))
    await send(client, '12', parse('s', `${series} /* ${client === a ? 'a' : 'b'} */`), bind('p', 's'), FLUSH)
    await send(client, 'DDs', execute('p', 2), FLUSH)
    await send(client, 'DDDC', execute('p'), FLUSH)
    await send(client, 2, SYNC, query('commit'))
  }
})
