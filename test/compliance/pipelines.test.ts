import { useComparison } from './compare.ts'
import * as wire from './wire.ts'

const { compare, briefly, serverMajor } = useComparison()
const { send, SYNC, FLUSH, TERMINATE } = wire
const { bind, closePortal, closeStatement, describePortal, describeStatement, execute, parse, query } = wire
const { statement, unit } = wire

const insert = (id: number): string => `insert into accounts values (${id}, 'x', 1)`
const cid = insert(3)
const dan = insert(4)
const eve = insert(5)
const fails = 'insert into accounts values (1)'
const look = query('select id from accounts order by id')
const all = (...texts: string[]): wire.Message[] => texts.flatMap((text) => statement(text))
const each = (...texts: string[]): wire.Message[] => texts.flatMap((text) => unit(text))

describe('several units in one write', () => {
  compare('five of them', async (a) => {
    await send(a, 5, ...each(cid, 'select 1', dan, 'select id from accounts order by id', eve))
  })

  compare('with an error in the second', async (a) => {
    await send(a, 5, ...each(cid, fails, dan, 'select 1 / 0', eve))
    await send(a, 1, look)
  })

  compare('with transaction commands among them', async (a) => {
    await send(a, 5, ...each('begin', cid, 'commit', dan, eve))
    await send(a, 5, ...each('begin', insert(6), 'rollback', insert(7), fails))
    await send(a, 5, ...each('begin', fails, insert(8), 'commit', insert(9)))
    await send(a, 6, ...each('begin', 'savepoint s', fails, 'rollback to s', insert(10), 'commit'))
    await send(a, 1, look)
  })

  compare('mixed with Query messages', async (a) => {
    await send(a, 5, query('begin'), ...unit(cid), query(dan), ...unit('commit'), query('select 1'))
    await send(a, 5, query(`begin; ${eve}`), ...unit(fails), query('select 1'), ...unit('rollback'), look)
    await send(a, 4, query(''), ...unit(''), query(`${eve}; select 1 / 0`), look)
  })

  compare('one byte after the other', async (a) => {
    await send(a, 1, SYNC)
    const { stream } = (a.client as unknown as { connection: { stream: NodeJS.WritableStream } }).connection
    const messages = [query('begin'), ...unit(cid), query('commit'), ...unit('select 1')]
    const bytes = Buffer.concat(messages.map((message) => message.bytes))
    for (const byte of bytes.subarray(0, -1)) {
      stream.write(Buffer.from([byte]))
      await new Promise((resolve) => setImmediate(resolve))
    }
    await send(a, 4, { shown: 'the last byte', bytes: bytes.subarray(-1) })
    await send(a, 1, look)
  })
})

/** Each is sent as one unit: messages of several statements and one Sync, which Postgres runs as one transaction. */
const pipelines: string[][] = [
  [cid, dan],
  [cid, fails, dan],
  [cid, dan, fails],
  ['begin', cid, 'commit'],
  ['begin', cid, 'rollback'],
  ['begin', cid],
  ['begin', cid, fails, 'commit'],
  ['begin', cid, 'commit', dan],
  ['begin', cid, 'commit', dan, fails],
  ['begin', cid, 'rollback', dan],
  ['begin', cid, 'commit', 'begin', dan, 'rollback', eve],
  [cid, 'begin', dan, 'commit'],
  [cid, 'begin', dan, 'rollback'],
  [cid, 'begin', dan, 'rollback', eve],
  [cid, 'begin', dan],
  [cid, 'begin', fails],
  [cid, 'commit', dan],
  [cid, 'commit', fails],
  [cid, 'commit', dan, fails, eve],
  [cid, 'rollback', dan],
  [cid, 'rollback', dan, 'rollback'],
  ['commit', cid],
  ['rollback', cid],
  ['begin', 'begin', cid, 'commit', 'commit'],
  ['savepoint s', cid],
  [cid, 'savepoint s', dan],
  [cid, 'release s'],
  [cid, 'rollback to s'],
  ['select 1', 'savepoint s'],
  ['begin', 'savepoint s', cid, 'rollback to s', dan, 'commit'],
  ['begin', cid, 'savepoint s', fails, 'rollback to s', 'commit'],
  ['begin', cid, 'commit and chain', dan, 'rollback'],
  ['begin', cid, 'rollback and chain', dan, 'commit'],
  [cid, 'commit and chain', dan],
  [cid, 'rollback and chain', dan],
  ['commit and chain'],
  ['begin read only', cid, 'commit'],
  ['begin read only', 'select 1', 'commit', cid],
  ['set transaction read only', cid],
  ['select 1', 'set transaction read only', cid],
  ['begin isolation level serializable', cid, 'commit'],
  ['select 1', 'begin isolation level serializable', cid, 'commit'],
  ["set local application_name to 'x'", 'show application_name'],
  ['select 1', "set local application_name to 'x'", 'show application_name'],
  ["set application_name to 'x'", fails],
  ["set application_name to 'x'", 'commit', fails],
  ['begin', "set local application_name to 'x'", 'commit', 'show application_name'],
  ["select remember('one')", "select remember('two')"],
  ['select 1', "select remember('two')", 'select 1 / 0'],
  ['select 1', 'select * from remembering', 'rollback'],
  ['lock table accounts', cid],
  ['select 1', 'lock table accounts', cid],
  ['declare c cursor for select 1', 'fetch 1 from c'],
  ['select 1', 'declare c cursor for select 1', 'fetch 1 from c'],
  [cid, 'show transaction_isolation', ''],
  ['', cid, ''],
  ['create table made (id int)', 'insert into made values (1)', 'select * from made', 'drop table made'],
  ['begin', 'create table made (id int)', 'rollback', 'select * from made'],
  ["call add('called')", cid, 'select 1 / 0'],
  ['selec 1', 'commit', cid],
  ['begin', 'selec 1', 'rollback', cid],
  ['rollback', 'declare c cursor for select 1'],
  ['commit', 'savepoint s'],
  ['rollback', cid, 'savepoint s', dan],
  ['commit', 'begin', cid, 'commit', eve],
]

/**
 * Postgres makes an implicit block of the statements of a unit, also over Flush; the sandbox does not.
 * PostgreSQL 15 has none, but for SET TRANSACTION.
 */
const NEEDS_BLOCK = /^(?:lock|declare|set local|set transaction)/
const needsBlock = (texts: readonly string[]): boolean =>
  texts.some((text, i) => NEEDS_BLOCK.test(text) && (i > 0 || text.startsWith('set transaction'))) &&
  !texts.some((text) => text.startsWith('begin'))

/** Any other command is refused in a failed transaction. */
const ENDS = /^(?:commit|rollback)/

describe.each(pipelines.map((texts) => [texts.join(' | '), texts] as const))('one unit of %s', (_, texts) => {
  briefly.compare('outside a transaction', async (a) => {
    await send(a, 1, ...all(...texts), SYNC)
    await send(a, 1, ...unit(insert(7)))
    await send(a, 1, query('commit'))
    await send(a, 2, look, query('show application_name'))
  })

  briefly.compare('inside a transaction', async (a) => {
    await send(a, 2, query('begin'), query(insert(6)))
    await send(a, 1, ...all(...texts), SYNC)
    await send(a, 1, ...unit(insert(7)))
    await send(a, 1, query('commit'))
    await send(a, 2, look, query('show application_name'))
  })

  if (!needsBlock(texts))
    briefly.compare('with Flush behind each', async (a) => {
      await send(a, 1, ...texts.flatMap((text) => [...statement(text), FLUSH]), SYNC)
      await send(a, 1, ...unit(insert(7)))
      await send(a, 1, query('commit'))
      await send(a, 2, look, query('show application_name'))
    })

  if (!ENDS.test(texts[0] ?? '')) return
  briefly.compare('inside a failed transaction', async (a) => {
    await send(a, 3, query('begin'), query(insert(6)), query(fails))
    await send(a, 1, ...all(...texts), SYNC)
    await send(a, 1, ...unit(insert(7)))
    await send(a, 1, query('commit'))
    await send(a, 2, look, query('show application_name'))
  })
})

describe('prepared transaction commands', () => {
  const commands = [
    'begin',
    'start transaction read only',
    'commit',
    'rollback',
    'end',
    'abort',
    'savepoint s',
    'release s',
    'rollback to s',
    'set transaction read only',
    'show transaction_isolation',
    "set application_name to 'x'",
    'set local timezone to utc',
    'reset all',
    'discard all',
    'lock table accounts',
    'declare c cursor for select 1',
    "select set_config('application_name', 'y', false)",
  ]

  describe.each(commands)('%s', (command) => {
    briefly.compare('is described', async (a) => {
      await send(a, 1, parse('s', command), describeStatement('s'), bind('p', 's'), describePortal('p'), SYNC)
      await send(a, 1, query('begin'))
      await send(
        a,
        1,
        describeStatement('s'),
        bind('p', 's'),
        describePortal('p'),
        bind('', 's'),
        describePortal(),
        SYNC,
      )
      await send(a, 1, closePortal('p'), SYNC)
      await send(a, 2, query('rollback'), query('select 1'))
    })

    briefly.compare('is run twice by its name', async (a) => {
      await send(a, 1, parse('s', command), SYNC)
      await send(a, 1, bind('', 's'), execute(), SYNC)
      await send(a, 1, bind('p', 's'), describePortal('p'), execute('p'), SYNC)
      await send(a, 1, query('begin'))
      await send(a, 1, bind('p', 's'), execute('p'), SYNC)
      await send(a, 1, query('rollback'))
      await send(a, 1, closeStatement('s'), bind('', 's'), SYNC)
    })

    briefly.compare('in a failed transaction', async (a) => {
      await send(a, 1, parse('s', command), SYNC)
      await send(a, 3, query('begin'), query(cid), query('select 1 / 0'))
      await send(a, 1, parse('t', command), SYNC)
      await send(a, 1, describeStatement('s'), SYNC)
      await send(a, 1, bind('', 's'), SYNC)
      await send(a, 1, bind('', 's'), execute(), SYNC)
      await send(a, 2, query('rollback'), look)
    })

    briefly.compare('bound twice, and run twice in one unit', async (a) => {
      await send(a, 1, parse('s', command), bind('p', 's'), bind('q', 's'), execute('p'), execute('q'), SYNC)
      await send(a, 2, query('rollback'), look)
      // PostgreSQL 15 warns once, the sandbox twice.
      const warnsTwice = command.startsWith('set local') && (await serverMajor()) < 16
      if (!warnsTwice) await send(a, 1, bind('p', 's'), execute('p'), execute('p'), SYNC)
      await send(a, 2, query('rollback'), look)
      await send(a, 2, bind('', 's', ['1']), execute(), SYNC, query('rollback'))
      await send(a, 2, bind('', 's', [], [1, 1]), execute(), SYNC, query('rollback'))
    })
  })
})

describe('Terminate', () => {
  compare('behind a unit and in the middle of another', async (a, b) => {
    await send(a, 2, ...unit(cid), ...unit('select 1'))
    await send(a, 9, ...unit(dan), ...all(eve), TERMINATE)
    await send(b, 1, look)
  })

  compare('in a transaction', async (a, b) => {
    await send(a, 9, query('begin'), ...unit(cid), TERMINATE)
    await send(b, 1, look)
    await send(b, 1, ...unit(dan))
  })

  compare('with what comes behind it', async (a, b) => {
    await send(a, 9, query(cid), TERMINATE, query(dan))
    await send(b, 1, look)
  })
})
