import { useComparison } from './compare.ts'

const { compare, compareInEachProtocol } = useComparison()

const from = (name: string, channel: string, payload: string): string =>
  `notification ${channel} "${payload}" from ${name}`

describe('a listener inside a transaction', () => {
  compareInEachProtocol(
    'hears of others after its own end, before it is ready',
    async (a, b) => {
      await b.run('listen c')
      for (const end of ['commit', 'rollback']) {
        await a.run(`notify c, 'before ${end}'`)
        await b.hears()
        await b.run('begin')
        await b.run('select 1')
        await b.run(end)
      }
    },
    [
      from('a', 'c', 'before commit'),
      'complete COMMIT',
      from('a', 'c', 'before rollback'),
      'complete ROLLBACK',
    ],
  )

  compareInEachProtocol(
    'hears its own',
    async (b) => {
      await b.run('listen c')
      await b.run('begin')
      await b.run("notify c, 'own'")
      await b.run('select 1')
      await b.run('savepoint s')
      await b.run('release s')
      await b.run('commit')
      await b.run('select 2')
    },
    ['complete NOTIFY', 'row ["1"]', 'complete COMMIT', from('a', 'c', 'own'), 'ready I', 'row ["2"]'],
  )

  compareInEachProtocol(
    'hears its own only when it does not go on in a chained transaction',
    async (a) => {
      await a.run('listen c')
      await a.run('begin')
      await a.run("notify c, 'own'")
      await a.run('commit and chain')
      await a.run('select 1')
      await a.run('rollback')
    },
    ['complete COMMIT', 'row ["1"]', 'complete ROLLBACK', from('a', 'c', 'own'), 'ready I'],
  )
})

describe('LISTEN and UNLISTEN', () => {
  compareInEachProtocol(
    'in a transaction take effect at its COMMIT',
    async (a, b) => {
      await b.run('begin')
      await b.run('listen c')
      await b.run('commit')
      await a.run("notify c, 'listened'")
      await b.hears()
      await b.run('begin')
      await b.run('unlisten c')
      await b.run('commit')
      await a.run("notify c, 'unlistened'")
      await b.hears()
    },
    ['complete COMMIT', from('a', 'c', 'listened'), 'complete COMMIT'],
  )

  compareInEachProtocol(
    'that are rolled back have no effect',
    async (a, b) => {
      await b.run('begin')
      await b.run('listen c')
      await b.run('rollback')
      await a.run("notify c, 'not listened'")
      await b.hears()
      await b.run('listen d')
      await b.run('begin')
      await b.run('unlisten *')
      await b.run('listen e')
      await b.run('select 1 / 0')
      await b.run('commit')
      await a.run("notify d, 'still listened'")
      await a.run('notify e')
      await b.hears()
    },
    ['complete ROLLBACK', 'complete ROLLBACK', from('a', 'd', 'still listened')],
  )

  compareInEachProtocol(
    'behind a savepoint are undone with it',
    async (a, b) => {
      await b.run('listen kept')
      await b.run('begin')
      await b.run('listen c')
      await b.run('savepoint s')
      await b.run('listen d')
      await b.run('unlisten kept')
      await b.run('rollback to s')
      await b.run('listen e')
      await b.run('savepoint t')
      await b.run('listen f')
      await b.run('release s')
      await b.run('commit')
      for (const channel of ['kept', 'c', 'd', 'e', 'f']) await a.run(`notify ${channel}`)
      await b.hears()
    },
    ['kept', 'c', 'e', 'f'].map((channel) => from('a', channel, '')),
  )

  compareInEachProtocol(
    'in one transaction with NOTIFY',
    async (a) => {
      await a.run('begin')
      await a.run('listen c')
      await a.run("notify c, 'after LISTEN'")
      await a.run('commit')
      await a.run('begin')
      await a.run("notify d, 'before LISTEN'")
      await a.run('listen d')
      await a.run('commit')
      await a.run('begin')
      await a.run("notify c, 'before UNLISTEN'")
      await a.run('unlisten c')
      await a.run("notify c, 'after UNLISTEN'")
      await a.run("notify d, 'still listened'")
      await a.run('commit')
      await a.run('begin')
      await a.run('unlisten *')
      await a.run('listen e')
      await a.run('unlisten e')
      await a.run('listen e')
      await a.run('notify e')
      await a.run('notify d')
      await a.run('commit')
    },
    [
      from('a', 'c', 'after LISTEN'),
      from('a', 'd', 'before LISTEN'),
      'complete COMMIT',
      from('a', 'd', 'still listened'),
      'complete COMMIT',
      from('a', 'e', ''),
    ],
  )

  compareInEachProtocol(
    'are ended by DISCARD ALL and by the end of the client alone',
    async (a, b) => {
      await b.run('listen c')
      await b.run('discard plans')
      await b.run('discard temp')
      await b.run('discard sequences')
      await b.run('deallocate all')
      await b.run('reset all')
      await b.run('begin')
      await b.run('discard all')
      await b.run('rollback')
      await a.run('notify c')
      await b.hears()
      await b.run('discard all')
      await a.run("notify c, 'no more'")
      await b.hears()
      const gone = await a.sibling('gone')
      await gone.run('listen c')
      await gone.end()
      await a.run("notify c, 'nobody'")
      const next = await a.sibling('next')
      await a.run("notify c, 'nobody yet'")
      await next.hears()
      await next.end()
    },
    ['rejected 25001', from('a', 'c', ''), 'complete DISCARD ALL', 'hears'],
  )

  compareInEachProtocol(
    'of several channels, for each client its own',
    async (a, b) => {
      const tell = async (): Promise<void> => {
        for (const channel of ['z', 'a', '"B b"', '"Z"', 'b', '"*"']) await a.run(`notify ${channel}`)
        await b.hears()
      }
      for (const channel of ['z', 'a', '"B b"', 'Z', '"Z"', 'a']) await a.run(`listen ${channel}`)
      await b.run('listen b')
      await tell()
      await a.run('unlisten "B b"')
      await a.run('unlisten "*"')
      await a.run('unlisten not_listened')
      await tell()
      await a.run('unlisten *')
      await tell()
    },
    ['z', 'a', 'B b', 'Z', 'b', 'z', 'a', 'Z', 'b', 'b'].map((channel) => from('a', channel, '')),
  )
})

describe('strings', () => {
  compare(
    'tell at their end and at each COMMIT in them',
    async (a, b) => {
      await b.run('listen c')
      await a.simple("notify c, '1'; notify c, '2'; notify c, '1'; select 1")
      await a.simple("begin; notify c, '3'; commit; begin; notify c, '3'; commit; select 1")
      await a.simple("notify c, '4'; commit; notify c, '5'")
      await a.simple("notify c, 'undone'; begin; notify c, 'undone too'; rollback; notify c, '6'")
      await b.hears()
    },
    ['"1"', '"2"', '"3"', '"3"', '"4"', '"5"', '"6"'].map((payload) => `notification c ${payload}`),
  )

  compare(
    'that fail tell what they committed before',
    async (a, b) => {
      await b.run('listen c')
      await a.simple("notify c, 'undone'; select 1 / 0")
      await a.simple("begin; notify c, 'kept'; commit; notify c, 'undone'; select 1 / 0")
      await b.hears()
      await b.simple("begin; notify c, 'own'; commit; select 1 / 0")
    },
    [
      'rejected 22012',
      'rejected 22012',
      from('a', 'c', 'kept'),
      'code=22012',
      from('b', 'c', 'own'),
      'ready I',
    ],
  )

  compare(
    'of a listener tell it when it is outside a transaction',
    async (a) => {
      await a.simple("listen c; notify c, '1'; select 1; notify c, '2'; select 2")
      await a.simple("begin; notify c, '3'; commit; begin; select 3")
      await a.run('select 4')
      await a.run('commit')
      await a.simple("listen e; notify e, '4'; unlisten e; notify e, '5'")
      await a.simple("unlisten *; listen d; notify c, '6'; notify d, '7'")
      await a.simple("notify d, '8'; unlisten d; rollback; notify d, '9'")
    },
    [from('a', 'c', '1'), from('a', 'c', '2'), 'row ["4"]', 'COMMIT', '"3"', '"7"', 'complete NOTIFY', '"9"'],
  )
})
