/**
 * Group 2, what SQL hides: an error that the sandbox finds in the server's place stands in the server's order of finding, and
 * messages that no driver writes are answered as the server does.
 */
import { testTransaction } from '../../src/index.ts'
import { type Urls, useBothWays } from '../support/both-ways.ts'
import { message, RawClient } from '../support/raw-client.ts'

const bothWays = useBothWays('create table notes (id int primary key, text text)')

async function playRaw({ url }: Urls, statements: readonly string[]): Promise<unknown[]> {
  const client = await RawClient.logIn(url())
  const told: unknown[] = []
  for (const sql of statements) told.push([sql, await client.query(sql)])
  client.end()
  return told
}

const HELD = ['begin', 'declare c cursor with hold for select 1 as n', 'commit']

describe('DECLARE', () => {
  test.each([
    ['outside a transaction, where a cursor has the name', [...HELD, 'declare c cursor for select 2']],
    [
      'with hold outside a transaction, where a cursor has the name',
      [...HELD, 'declare c cursor with hold for select 2'],
    ],
    [
      'in a transaction, where a held cursor has the name',
      [...HELD, 'begin', 'declare c cursor for select 2'],
    ],
    ['outside a transaction, of a table that is not there', ['declare c cursor for select * from missing']],
    [
      'outside a transaction, of a table that is not there, where a cursor has the name',
      [...HELD, 'declare c cursor for select * from missing'],
    ],
    [
      'with scroll and no scroll, where a cursor has the name',
      [...HELD, 'declare c scroll no scroll cursor for select 2'],
    ],
    ['in a string with others', [...HELD, 'declare c cursor for select 2; select 3']],
    [
      'in a failed transaction',
      [...HELD, 'begin', 'select 1/0', 'declare c cursor for select 2', 'rollback'],
    ],
  ])('%s', (_name, statements) => bothWays.expectSame((urls) => playRaw(urls, statements)))
})

const SYNC = message('S')
const zero = '\0\0'
const parse = (text: string, tail = zero): Buffer => message('P', `\0${text}\0${tail}`)

/** Each is followed by Sync and by a Query. */
const malformed: [name: string, messages: Buffer[]][] = [
  ['Query without a NUL', [message('Q', 'select 1')]],
  ['Query that is empty, without a NUL', [message('Q', '')]],
  ['Query with text after its NUL', [message('Q', 'select 1\0select 2')]],
  ['Query with two NULs', [message('Q', 'select 1\0\0')]],
  ['a write after a NUL', [message('Q', 'select 1\0; insert into notes values (1)\0')]],
  ['Query with a length below four', [message('Q', 'select 1\0', 3)]],
  ['Query with a negative length', [message('Q', 'select 1\0', -1)]],
  ['Parse without a NUL', [message('P', '\0select 1')]],
  ['Parse without its number of types', [message('P', '\0select 1\0')]],
  ['Parse with more types than it has', [parse('select 1', '\0\x02\0\0')]],
  ['Parse with text after its end', [parse('select 1', '\0\0rest')]],
  ['Bind without values', [parse('select 1'), message('B', '\0\0')]],
  ['Bind with more values than it has', [parse('select 1'), message('B', `\0\0${zero}\0\x02${zero}`)]],
  [
    'Bind with two formats for one value',
    [parse('select $1::text'), message('B', '\0\0\0\x02\0\0\0\0\0\x01\0\0\0\x01a\0\0')],
  ],
  [
    'Bind with a value longer than the message',
    [parse('select $1::text'), message('B', '\0\0\0\0\0\x01\0\0\0\xffa\0\0')],
  ],
  ['Bind with text after its end', [parse('select 1'), message('B', `\0\0${zero}${zero}${zero}rest`)]],
  ['Bind with values too many', [parse('select 1'), message('B', '\0\0\0\0\0\x01\0\0\0\x01a\0\0')]],
  ['Describe of something unknown', [parse('select 1'), message('D', 'X\0')]],
  ['Describe without a NUL', [parse('select 1'), message('D', 'S')]],
  ['Close of something unknown', [message('C', 'X\0')]],
  [
    'Execute without its number of rows',
    [parse('select 1'), message('B', `\0\0${zero}${zero}${zero}`), message('E', '\0')],
  ],
  ['Sync with a body', [message('S', 'x')]],
  ['Flush with a body', [message('H', 'x')]],
  ['FunctionCall that ends too soon', [message('F', '\0\0')]],
  ['a type of message that there is not', [message('y', 'x')]],
  ['a message of the server', [message('Z', 'I')]],
  ['a password in the middle of a session', [message('p', 'secret\0')]],
  ['CopyData where nothing is copied', [message('d', 'x')]],
  ['an unknown encoding of text', [message('Q', "select '\xff'\0")]],
]

describe('a malformed message is answered as by the server:', () => {
  async function converse(
    { url }: Urls,
    messages: readonly Buffer[],
    before: readonly string[],
  ): Promise<unknown> {
    const client = await RawClient.logIn(url())
    for (const sql of before) await client.query(sql)
    client.write(...messages, SYNC)
    // A server that has answered one with ReadyForQuery answers the Sync with another.
    await client.ready(1, 2000).catch(() => client.heard.push('nothing more'))
    await new Promise((resolve) => setTimeout(resolve, 100))
    const told = client.heard.splice(0)
    if (!client.isClosed) client.write(message('Q', 'select 2 as n\0'))
    await client.ready(1, 2000).catch(() => client.heard.push('nothing more'))
    const after = { told, next: client.heard.splice(0), isClosed: client.isClosed }
    client.end()
    return after
  }

  test.each(malformed)('%s', (_name, messages) => bothWays.expectSame((urls) => converse(urls, messages, [])))

  test.each(malformed)('%s, in a transaction', (_name, messages) =>
    bothWays.expectSame((urls) => converse(urls, messages, ['begin', 'insert into notes values (9)'])),
  )
})

test('a malformed message costs nobody else the transaction of the test', async () => {
  await testTransaction.start()
  await bothWays.expectSame(async ({ url }) => {
    const other = await RawClient.logIn(url())
    await other.query('insert into notes values (1)')
    const client = await RawClient.logIn(url())
    client.write(message('Q', 'select 1', 3))
    await client.ready(1, 2000).catch(() => {})
    client.end()
    const seen = await other.query('select id from notes')
    await other.query('delete from notes')
    other.end()
    return seen
  })
})
