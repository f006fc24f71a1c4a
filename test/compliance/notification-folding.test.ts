import { useComparison } from './compare.ts'

const { compare, compareInEachProtocol } = useComparison()

const from = (name: string, channel: string, payload: string): string =>
  `notification ${channel} "${payload}" from ${name}`

describe('notifications of a transaction', () => {
  compareInEachProtocol(
    'are folded when they are the same, and told in the order of the first',
    async (a, b) => {
      await b.run('listen c')
      await b.run('listen d')
      await a.run('begin')
      await a.run("notify c, '2'")
      await a.run("notify c, '1'")
      await a.run("notify d, '2'")
      await a.run('notify c')
      await a.run("select pg_notify('c', '1'), pg_notify('c', '2'), pg_notify('c', '3')")
      await a.run("notify c, ''")
      await a.run("notify d, '1'")
      await a.run("notify c, '2'")
      await a.run('commit')
      await b.hears()
    },
    [
      from('a', 'c', '2'),
      from('a', 'c', '1'),
      from('a', 'd', '2'),
      from('a', 'c', ''),
      from('a', 'c', '3'),
      from('a', 'd', '1'),
    ],
  )

  compareInEachProtocol(
    'are folded across savepoints, but not with those undone, nor across transactions',
    async (a, b) => {
      await b.run('listen c')
      await a.run('begin')
      await a.run('savepoint s')
      await a.run("notify c, 'undone first'")
      await a.run('rollback to s')
      await a.run("notify c, 'x'")
      await a.run('savepoint t')
      await a.run("notify c, 'y'")
      await a.run("notify c, 'x'")
      await a.run('savepoint u')
      await a.run("notify c, 'y'")
      await a.run("notify c, 'undone first'")
      await a.run('release t')
      await a.run("notify c, 'y'")
      await a.run('commit and chain')
      await a.run("notify c, 'x'")
      await a.run('commit')
      await a.run("notify c, 'x'")
      await b.hears()
    },
    [
      from('a', 'c', 'x'),
      from('a', 'c', 'y'),
      from('a', 'c', 'undone first'),
      from('a', 'c', 'x'),
      from('a', 'c', 'x'),
    ],
  )

  compare(
    'many are folded, too',
    async (a, b) => {
      await b.run('listen c')
      await a.run('begin')
      for (let n = 1; n <= 17; n += 1) await a.run(`notify c, '${n}'`)
      for (let n = 1; n <= 50; n += 1) await a.run(`notify c, '${n % 20}'`)
      await a.run('commit')
      await b.hears()
    },
    [from('a', 'c', '1'), from('a', 'c', '17'), from('a', 'c', '18'), from('a', 'c', '0')],
  )
})
