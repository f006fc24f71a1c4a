import { serialize } from 'pg-protocol'
import { materialize } from '../../../src/transaction/materialize.ts'
import { SYNC, FLUSH, exchange, forwarded, local, names, query, sent, unit } from './extended-unit.ts'
import { idle, inBlock, START } from '../transaction/followed-session.ts'

test('Flush becomes Sync, and the portal has a name that outlives the unit', () => {
  const paged = exchange(
    unit(
      serialize.parse({ name: '', text: 'select n from generate_series(1, 9) n', types: [] }),
      serialize.bind({ statement: '', values: [] }),
      serialize.describe({ type: 'P', name: '' }),
      serialize.execute({ portal: '', rows: 2 }),
      FLUSH,
    ),
  )
  expect(paged.flush).toBe(true)
  expect(paged.prefix).toEqual(START)
  const portal = names.wireName('portal', '')
  expect(sent(paged)).toEqual([
    'Parse |select n from generate_series(1, 9) n',
    `Bind ${portal}|`,
    `Describe P ${portal}`,
    'Execute',
    'Sync',
  ])
})

test('Sync at the end of pages closes the portal, unseen', () => {
  exchange(
    unit(
      serialize.parse({ name: '', text: 'select 1', types: [] }),
      serialize.bind({ statement: '', values: [] }),
      serialize.execute({ portal: '', rows: 1 }),
      FLUSH,
    ),
  )
  const portal = names.wireName('portal', '')
  const { state } = materialize(idle)
  const ended = exchange(unit(SYNC), state)
  expect(sent(ended)).toEqual([`Close P ${portal}`, 'Sync'])
  expect(forwarded(ended)).toEqual([])
  expect(names.portals.size).toBe(0)
})

test('Sync alone with nothing open sends nothing', () => {
  expect(exchange(unit(SYNC)).messages).toEqual([])
})

test('a portal ends with its transaction, and is closed on the connection, unseen', () => {
  const paged = unit(
    serialize.parse({ text: 'select 1' }),
    serialize.bind({ portal: 'p' }),
    serialize.execute({ portal: 'p', rows: 1 }),
    SYNC,
  )
  const { state } = exchange(paged, inBlock).answers.at(-1)!
  expect([...names.portals.keys()]).toEqual(['p'])
  const wire = names.wireName('portal', 'p')
  const ended = exchange(query('commit'), state)
  expect(names.portals.size).toBe(0)
  expect(local(ended)).toBe('12nC')
  expect(sent(ended)).toContain(`Close P ${wire}`)
  expect(forwarded(ended)).toEqual(['local', 'local', 'local', 'local'])
})

test('a portal outside a block ends with its unit, and with a Flush it does not', () => {
  const bound = [
    serialize.parse({ text: 'select 1' }),
    serialize.bind({ portal: 'p' }),
    serialize.execute({ portal: 'p', rows: 1 }),
  ]
  exchange(unit(...bound, FLUSH))
  expect(names.portals.has('p')).toBe(true)
  exchange(unit(...bound, SYNC))
  expect(names.portals.has('p')).toBe(false)
})

test('a command that is the sandbox’s to answer runs once per portal', () => {
  const twice = unit(
    serialize.parse({ text: 'begin' }),
    serialize.bind({ portal: 'p' }),
    serialize.execute({ portal: 'p' }),
    serialize.execute({ portal: 'p' }),
    SYNC,
  )
  const { answers } = exchange(twice)
  expect(answers.some(({ refusal }) => refusal?.['C'] === '55000')).toBe(true)
})

test('a transaction command takes no values, and no portal that is open', () => {
  const valued = unit(serialize.parse({ text: 'begin' }), serialize.bind({ values: ['1'] }), SYNC)
  expect(local(exchange(valued))).toBe('1E')
  const bind = serialize.bind({ portal: 'p' })
  expect(local(exchange(unit(serialize.parse({ text: 'begin' }), bind, bind, SYNC)))).toBe('12E')
})
