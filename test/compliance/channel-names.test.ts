import { useComparison } from './compare.ts'

const { compareInEachProtocol } = useComparison()

const from = (name: string, channel: string, payload: string): string =>
  `notification ${channel} "${payload}" from ${name}`

describe('names of channels', () => {
  const long = 'a_channel_whose_name_is_longer_than_sixty_three_bytes_by_eight_x'

  compareInEachProtocol(
    'are folded to lower case by LISTEN and NOTIFY, not by pg_notify',
    async (a, b) => {
      await b.run('listen Mixed')
      await b.run('listen "Quoted"')
      await b.run(String.raw`listen U&"d\0061t\+000061"`)
      await a.run("notify MIXED, '1'")
      await a.run("select pg_notify('mixed', '2')")
      await a.run("select pg_notify('MIXED', 'not heard')")
      await a.run(`notify "Quoted", '3'`)
      await a.run("notify Quoted, 'not heard'")
      await a.run("select pg_notify('Quoted', '4')")
      await a.run("notify /* a comment */ data , -- and one more\n '5';")
      await b.hears()
    },
    [
      from('a', 'mixed', '1'),
      from('a', 'mixed', '2'),
      from('a', 'Quoted', '3'),
      '"4"',
      from('a', 'data', '5'),
    ],
  )

  compareInEachProtocol(
    'are cut at 63 bytes, but not for pg_notify',
    async (a, b) => {
      // LISTEN has no notice of it in the sandbox.
      await b.run('set client_min_messages to warning')
      await b.run(`listen ${long}`)
      await a.run(`notify ${long}, 'cut'`)
      await a.run(`select pg_notify('${long}', 'too long')`)
      await a.run(`select pg_notify('${long.slice(0, 63)}', 'short enough')`)
      await b.hears()
      await b.run(`unlisten ${long}`)
      await a.run(`notify ${long}, 'no more'`)
      await b.hears()
    },
    ['code=42622', 'rejected 22023', '"cut"', '"short enough"', 'complete UNLISTEN'],
  )

  compareInEachProtocol(
    'and payloads that are refused',
    async (a, b) => {
      await b.run('listen c')
      await a.run('notify ""')
      await a.run("select pg_notify('', 'x')")
      await a.run("select pg_notify(null, 'x')")
      await a.run("select pg_notify('c', repeat('x', 8000))")
      await a.run(`notify c, '${'y'.repeat(8000)}'`)
      await a.run("select pg_notify('c', repeat('ü', 4000))")
      await a.run('notify c.d')
      await a.run('notify c, 5')
      await a.run('notify')
      await a.run('listen *')
      await a.run('unlisten')
      await a.run('begin')
      await a.run('notify c')
      await a.run("select pg_notify('', '')")
      await a.run('commit')
      await a.run(`notify c, '${'z'.repeat(7999)}'`)
      await b.hears()
    },
    ['42601', '22023', '22023', '22023', '22023', '22023', '42601', '22023', 'complete ROLLBACK', 'c "zzz'],
  )

  compareInEachProtocol(
    'payloads are taken as they are written',
    async (a, b) => {
      await b.run('listen c')
      await a.run(String.raw`notify c, E'it\'s\t\\'`)
      await a.run("notify c, 'it''s'")
      await a.run(String.raw`notify c, U&'\0041'`)
      await a.run('notify c, $x$dollar; commit$x$')
      await a.run("notify c, 'a'\n'b'")
      await a.run("notify c, 'ü😀'")
      await b.hears()
    },
    [String.raw`"it's\t\\"`, `"it's"`, '"A"', '"dollar; commit"', '"ab"', '"ü😀"'],
  )
})
