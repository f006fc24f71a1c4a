import { useComparison } from './compare.ts'

const { compare, compareInEachProtocol } = useComparison()

const from = (name: string, channel: string, payload: string): string =>
  `notification ${channel} "${payload}" from ${name}`

describe('outside a transaction', () => {
  compareInEachProtocol(
    'are told to who listens, with the sender',
    async (a, b, c) => {
      await a.run('notify c')
      await b.run('listen c')
      await a.run('notify c')
      await a.run("notify c, 'payload'")
      await c.run("notify c, 'from c'")
      await c.run("notify d, 'another channel'")
      await b.hears()
      await a.hears()
      await b.run('listen d')
      await b.run('listen c')
      await c.run("notify d, 'now listened to'")
      await b.run('unlisten c')
      await c.run("notify c, 'no more'")
      await b.hears()
      await b.run('unlisten *')
      await c.run("notify d, 'no more'")
      await b.hears()
    },
    [
      from('a', 'c', ''),
      from('a', 'c', 'payload'),
      from('c', 'c', 'from c'),
      from('c', 'd', 'now listened to'),
    ],
  )

  compareInEachProtocol(
    'come to the sender before it is ready',
    async (a, b) => {
      await a.run('listen c')
      await b.run('listen c')
      await a.run("notify c, 'own'")
      await a.run("select pg_notify('c', 'by function')")
      await a.run('notify d')
      await b.run("notify c, 'other'")
      await a.hears()
      await b.hears()
    },
    [from('a', 'c', 'own'), 'ready I', from('a', 'c', 'by function'), 'ready I', from('b', 'c', 'other')],
  )

  compare(
    'by pg_notify with values',
    async (a, b) => {
      await b.run('listen c')
      await a.extended('select pg_notify($1, $2)', 'c', 'bound')
      await a.prepared('n', 'select pg_notify($1, $2)', 'c', 'named')
      await a.prepared('n', 'select pg_notify($1, $2)', 'c', 'named again')
      await a.extended("select pg_notify('c', $1)", { json: [1, 'ü'] })
      await a.run("select pg_notify('c', 'twice'), pg_notify('c', 'twice')")
      await a.run("select pg_notify('c', null)")
      await b.hears()
    },
    [
      from('a', 'c', 'bound'),
      from('a', 'c', 'named again'),
      String.raw`notification c "{\"json\":[1,\"ü\"]}" from a`,
      from('a', 'c', 'twice'),
      from('a', 'c', ''),
    ],
  )

  compareInEachProtocol(
    'a statement that fails sends none',
    async (a, b) => {
      await a.run('listen c')
      await b.run('listen c')
      await a.run("select pg_notify('c', 'x'), 1 / (balance - 50) from accounts order by id")
      await a.run("select pg_notify('c', 'x'), 1 / 0")
      await a.run("do $$ begin notify c, 'undone'; raise exception 'no'; end $$")
      await a.run("notify c, 'sent'")
      await b.hears()
    },
    ['rejected 22012', 'rejected 22012', 'rejected P0001', from('a', 'c', 'sent'), from('a', 'c', 'sent')],
  )
})

describe('in a transaction', () => {
  describe.each([
    ['begin', 'commit'],
    ['begin read only', 'end'],
    ['START TRANSACTION', 'COMMIT WORK'],
  ])('%s … %s', (begin, commit) => {
    compareInEachProtocol(
      'are told at its COMMIT',
      async (a, b) => {
        await a.run('listen c')
        await b.run('listen c')
        await a.run(begin)
        await a.run("notify c, 'one'")
        await a.run("select pg_notify('c', 'two')")
        await a.run(commit)
        await b.hears()
        await a.run("notify c, 'three'")
        await a.run('commit')
        await b.hears()
      },
      [
        commit,
        from('a', 'c', 'one'),
        from('a', 'c', 'two'),
        'ready',
        'hears',
        from('a', 'c', 'one'),
        from('a', 'c', 'three'),
      ],
    )
  })

  compareInEachProtocol(
    'are not told before its COMMIT',
    async (a, b) => {
      await a.run('listen c')
      await b.run('listen c')
      await b.run('notify c')
      await b.hears()
      await a.run('begin')
      await a.run("notify c, 'held back'")
      await a.run('select 1')
      await a.run('commit')
      await b.run('begin')
      await b.run('select 2')
      await b.run('rollback')
      await b.hears()
    },
    [from('b', 'c', ''), 'complete NOTIFY', 'row ["1"]', 'complete COMMIT', from('a', 'c', 'held back')],
  )

  compareInEachProtocol(
    'are never told after ROLLBACK or a failure',
    async (a, b) => {
      await a.run('listen c')
      await b.run('listen c')
      for (const end of ['rollback', 'abort', 'rollback and chain', 'commit']) {
        await a.run('begin')
        await a.run("notify c, 'undone'")
        await a.run("select pg_notify('c', 'undone too')")
        if (end === 'commit') await a.run('select 1 / 0')
        await a.run(end)
      }
      await a.run("notify c, 'end'")
      await b.hears()
    },
    ['complete ROLLBACK', 'complete ROLLBACK', 'rejected 22012', 'complete ROLLBACK', from('a', 'c', 'end')],
  )

  compareInEachProtocol(
    'behind a savepoint are undone with it',
    async (a, b) => {
      await b.run('listen c')
      await a.run('begin')
      await a.run("notify c, '1'")
      await a.run('savepoint s')
      await a.run("notify c, '2'")
      await a.run('savepoint t')
      await a.run("notify c, '3'")
      await a.run('release t')
      await a.run('rollback to s')
      await a.run("notify c, '4'")
      await a.run('savepoint t')
      await a.run("notify c, '5'")
      await a.run('selec')
      await a.run('rollback to t')
      await a.run("notify c, '6'")
      await a.run('release s')
      await a.run('commit')
      await b.hears()
    },
    [from('a', 'c', '1'), from('a', 'c', '4'), from('a', 'c', '6')],
  )
})
