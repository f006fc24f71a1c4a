import { useComparison } from './compare.ts'
import * as wire from './wire.ts'

const { compare } = useComparison()
const { send, SYNC, FLUSH } = wire
const { bind, closePortal, closeStatement, describePortal, execute, parse, query, unit } = wire

const series = 'select n from generate_series(1, 5) n'
const letters = "select l from unnest(array['a', 'b', 'c', 'd', 'e']) l"
const cid = "insert into accounts values (3, 'Cid', 1)"
const divides = 'select 1 / (3 - n) from generate_series(1, 5) n'
const look = query('select id from accounts order by id')

describe('a row limit', () => {
  compare('suspends the portal, inside a transaction', async (a) => {
    await send(a, 1, query('begin'))
    await send(a, 1, parse('s', series), bind('p', 's'), describePortal('p'), execute('p', 2), SYNC)
    await send(a, 1, execute('p', 2), SYNC)
    await send(a, 1, describePortal('p'), execute('p', 2), SYNC)
    await send(a, 1, execute('p', 2), SYNC)
    await send(a, 1, closePortal('p'), execute('p', 2), SYNC)
    await send(a, 2, query('rollback'), look)
  })

  compare('ends with the implicit transaction, outside', async (a) => {
    await send(a, 1, parse('s', series), bind('p', 's'), execute('p', 2), execute('p', 2), SYNC)
    await send(a, 1, execute('p', 2), SYNC)
    await send(a, 1, bind('p', 's'), execute('p', 2), SYNC)
    await send(a, 1, bind('p', 's'), execute('p', 5), execute('p', 5), SYNC)
    await send(a, 1, bind('', 's'), execute('', 4), execute('', 4), execute('', 4), SYNC)
    await send(a, 1, execute(), SYNC)
  })

  compare('outside, page by page with Flush', async (a) => {
    await send(a, '12TDDs', parse('s', series), bind('p', 's'), describePortal('p'), execute('p', 2), FLUSH)
    await send(a, 'DDs', execute('p', 2), FLUSH)
    await send(a, 'DC', execute('p', 2), FLUSH)
    await send(a, 'C', execute('p', 2), FLUSH)
    await send(a, 1, SYNC)
    await send(a, 1, execute('p', 2), SYNC)
    await send(a, 1, bind('p', 's'), execute('p', 2), SYNC)
  })

  compare('outside, on the unnamed portal with Flush', async (a) => {
    await send(a, '12DDs', parse('', series), bind(), execute('', 2), FLUSH)
    await send(a, 'DDs', execute('', 2), FLUSH)
    await send(a, '12Ds', parse('', letters), bind(), execute('', 1), FLUSH)
    await send(a, 'Ds', execute('', 1), FLUSH)
    await send(a, 2, SYNC, execute('', 1), SYNC)
  })

  compare('with the exact number of rows', async (a) => {
    await send(a, 1, parse('s', series), bind('', 's'), execute('', 5), execute('', 1), SYNC)
    await send(a, 1, query('begin'))
    await send(a, 1, bind('p', 's'), execute('p', 5), SYNC)
    await send(a, 2, execute('p', 5), SYNC, query('commit'))
  })

  compare('on what is no query', async (a) => {
    await send(a, 1, query('begin'))
    await send(a, 1, parse('', cid), bind('p'), execute('p', 1), SYNC)
    await send(a, 1, execute('p', 1), SYNC)
    await send(a, 2, query('rollback'), look)
    await send(
      a,
      1,
      parse('', 'insert into accounts select n from generate_series(10, 14) n returning id'),
      bind(),
      execute('', 2),
      execute('', 2),
      SYNC,
    )
    await send(a, 1, look)
    await send(a, 1, parse('', 'show server_encoding'), bind(), execute('', 1), execute('', 1), SYNC)
    await send(a, 1, parse('', 'begin'), bind(), execute('', 1), SYNC)
    await send(a, 1, parse('', 'fetch all from nowhere'), SYNC)
    await send(a, 1, query('rollback'))
  })
})

describe('two portals', () => {
  compare('by turns in a transaction', async (a) => {
    await send(a, 1, query('begin'))
    await send(a, 1, parse('s', series), bind('p', 's'), parse('t', letters), bind('q', 't'), SYNC)
    for (let page = 0; page < 3; page += 1) await send(a, 2, execute('p', 2), SYNC, execute('q', 2), SYNC)
    await send(a, 1, execute('p', 2), execute('q', 2), SYNC)
    await send(a, 1, query('commit'))
    await send(a, 1, execute('q', 2), SYNC)
  })

  compare('by turns outside, with Flush', async (a) => {
    await send(a, '1212', parse('s', series), bind('p', 's'), parse('t', letters), bind('q', 't'), FLUSH)
    await send(a, 'DDs', execute('p', 2), FLUSH)
    await send(a, 'DDDs', execute('q', 3), FLUSH)
    await send(a, 'DDs', execute('p', 2), FLUSH)
    await send(a, 'DDC', execute('q', 3), FLUSH)
    await send(a, 1, execute('p'), execute('q'), SYNC)
  })

  compare('of one statement, with other values', async (a) => {
    await send(a, 1, query('begin'))
    const sql = 'select n from generate_series($1::int, $2::int) n'
    await send(a, 1, parse('s', sql), bind('p', 's', ['1', '3']), bind('q', 's', ['7', '9']), SYNC)
    await send(a, 1, execute('q', 1), execute('p', 1), execute('q', 1), execute('p', 1), SYNC)
    await send(a, 1, closeStatement('s'), execute('p', 1), SYNC)
    await send(a, 1, bind('r', 's', ['1', '1']), SYNC)
    await send(a, 1, query('commit'))
  })

  compare('of one name', async (a) => {
    await send(a, 1, query('begin'))
    await send(a, 1, parse('s', series), bind('p', 's'), execute('p', 1), SYNC)
    await send(a, 1, bind('p', 's'), SYNC)
    await send(a, 1, query('rollback'))
    await send(a, 1, query('begin'))
    await send(a, 1, bind('p', 's'), closePortal('p'), bind('p', 's'), execute('p', 1), SYNC)
    await send(a, 1, bind('', 's'), execute('', 1), bind('', 's'), execute('', 2), SYNC)
    await send(a, 1, query('commit'))
  })

  compare('in two clients', async (a, b) => {
    for (const client of [a, b]) {
      await send(client, 1, query('begin'))
      const sql = client === a ? series : letters
      await send(client, '12', parse('s', sql), bind('p', 's'), FLUSH)
      await send(client, 'DDs', execute('p', 2), FLUSH)
      await send(client, 'DDDC', execute('p'), FLUSH)
      await send(client, 2, SYNC, query('commit'))
    }
  })

  compare('in two clients outside transactions, by turns', async (a, b) => {
    await send(a, '12', parse('s', series), bind('p', 's'), FLUSH)
    await send(b, '12', parse('s', letters), bind('p', 's'), FLUSH)
    for (let page = 0; page < 2; page += 1) {
      await send(a, 'DDs', execute('p', 2), FLUSH)
      await send(b, 'DDs', execute('p', 2), FLUSH)
    }
    await send(b, 1, SYNC)
    await send(a, 'DC', execute('p', 2), FLUSH)
    await send(a, 1, SYNC)
    await send(b, 1, execute('p', 2), SYNC)
  })
})

describe('a portal', () => {
  compare('is gone after COMMIT and after ROLLBACK', async (a) => {
    for (const end of ['commit', 'rollback', 'end', 'abort']) {
      await send(a, 1, query('begin'))
      await send(a, 1, parse('', series), bind('p'), execute('p', 2), SYNC)
      await send(a, 1, query(end))
      await send(a, 1, execute('p', 2), SYNC)
      await send(a, 1, describePortal('p'), SYNC)
      await send(a, 1, closePortal('p'), SYNC)
    }
  })

  compare('is gone after COMMIT AND CHAIN', async (a) => {
    await send(a, 1, query('begin'))
    await send(a, 1, parse('', series), bind('p'), execute('p', 2), SYNC)
    await send(a, 1, query('commit and chain'))
    await send(a, 1, execute('p', 2), SYNC)
    await send(a, 1, query('rollback'))
  })

  compare('is gone after ROLLBACK TO a savepoint before it, and stays after one behind it', async (a) => {
    await send(a, 1, query('begin'))
    await send(a, 1, parse('s', series), bind('early', 's'), execute('early', 1), SYNC)
    await send(a, 1, query('savepoint x'))
    await send(a, 1, bind('late', 's'), execute('late', 1), SYNC)
    await send(a, 1, query('rollback to x'))
    await send(a, 1, execute('early', 1), SYNC)
    await send(a, 1, execute('late', 1), SYNC)
    await send(a, 1, query('rollback to x'))
    await send(a, 1, execute('early', 1), SYNC)
    await send(a, 1, query('commit'))
  })

  compare('is gone after an error in its transaction', async (a) => {
    await send(a, 1, query('begin'))
    await send(a, 1, parse('', divides), bind('p'), execute('p', 1), SYNC)
    await send(a, 1, execute('p', 5), SYNC)
    await send(a, 1, execute('p', 5), SYNC)
    await send(a, 1, query('rollback'))
    await send(a, 1, execute('p', 5), SYNC)
  })

  compare('that fails in the middle, outside a transaction', async (a) => {
    await send(a, '12Ds', parse('', divides), bind('p'), execute('p', 1), FLUSH)
    await send(a, 'DE', execute('p', 5), FLUSH)
    await send(a, 1, SYNC)
    await send(a, 1, execute('p', 1), SYNC)
    await send(a, 1, ...unit(cid))
  })

  compare('of DECLARE CURSOR has the cursor’s name', async (a) => {
    await send(a, 1, query('begin'))
    await send(a, 1, query(`declare c cursor for ${series}`))
    await send(a, 1, describePortal('c'), execute('c', 2), SYNC)
    await send(a, 1, query('fetch 1 from c'))
    await send(a, 1, closePortal('c'), SYNC)
    await send(a, 1, query('fetch 1 from c'))
    await send(a, 1, query('rollback'))
  })

  compare('does not see what comes after it was bound', async (a) => {
    await send(a, 1, query('begin'))
    await send(a, 1, parse('', 'select id from accounts order by id'), bind('p'), execute('p', 1), SYNC)
    await send(a, 1, query(cid))
    await send(a, 1, execute('p'), SYNC)
    await send(a, 2, query('commit'), look)
  })

  compare('of an insert that a failure undoes, with Flush between them', async (a) => {
    await send(a, '12C', parse('', cid), bind(), execute(), FLUSH)
    await send(a, 1, ...wire.statement('select 1 / 0'), SYNC)
    await send(a, 1, look)
    await send(a, '12C', parse('', cid), bind(), execute(), FLUSH)
    await send(a, 1, SYNC)
    await send(a, 2, look, query('rollback'))
    await send(a, 1, look)
  })
})
