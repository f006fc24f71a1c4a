/**
 * Group 2, what SQL hides: a text is read as the server reads it, by the standard_conforming_strings and the client_encoding
 * that are in force when it arrives there, so that no COMMIT stands in what was taken for a string.
 */
import type { Client } from 'pg'
import { testTransaction } from '../../src/index.ts'
import { describeError, useBothWays, withClient } from '../support/both-ways.ts'
import { message, RawClient } from '../support/raw-client.ts'
import { usePooled } from '../support/pooled.ts'

const SCHEMA = `
  create table notes (text text);
  create function off_and_fails() returns int language plpgsql as $$ begin
    perform set_config('standard_conforming_strings', 'off', false); raise exception 'undone'; end $$;
  create function off_for_itself() returns int language plpgsql set standard_conforming_strings = off as $$ begin return 1; end $$`

const bothWays = useBothWays(SCHEMA)

/** With backslashes as escapes it is one string; by the standard there is a COMMIT in it. */
const STANDARD = String.raw`insert into notes values ('\'); commit; --')`
/** By the standard it is one string; with backslashes as escapes there is a COMMIT in it. */
const ESCAPED = String.raw`insert into notes values ('\' || '); commit; --')`

const undone: [name: string, statements: string[]][] = [
  ['SET LOCAL and ROLLBACK', ['begin', 'set local standard_conforming_strings = off', 'rollback']],
  ['SET and ROLLBACK', ['begin', 'set standard_conforming_strings = off', 'rollback']],
  ['SET LOCAL and COMMIT', ['begin', 'set local standard_conforming_strings = off', 'commit']],
  [
    'set_config() and ROLLBACK',
    ['begin', "select set_config('standard_conforming_strings', 'off', true)", 'rollback'],
  ],
  [
    'ROLLBACK TO',
    ['begin', 'savepoint s', 'set standard_conforming_strings = off', 'rollback to s', 'commit'],
  ],
  ['a string that fails', ['set standard_conforming_strings = off; select 1/0']],
  ['a function that fails', ['select off_and_fails()']],
  ['a function with a setting of its own', ['select off_for_itself()']],
  [
    'on again and ROLLBACK',
    [
      'set standard_conforming_strings = off',
      'begin',
      'set standard_conforming_strings = on',
      'rollback',
      'set standard_conforming_strings = on',
    ],
  ],
]

async function play(client: Pick<Client, 'query'>, statements: readonly string[]): Promise<unknown[]> {
  const told: unknown[] = []
  for (const sql of statements) told.push(await client.query(sql).then(commands, describeError))
  return told
}

const commands = (result: unknown): unknown =>
  [result].flat().map((one) => (one as { command: string }).command)

describe('standard_conforming_strings that is undone', () => {
  test.each(undone)('by %s: the text after it is read by the standard again', (_name, statements) =>
    bothWays.expectSame(({ url }) => withClient(url(), (client) => play(client, [...statements, STANDARD]))),
  )

  test('to off by a ROLLBACK: the text after it is read with escapes again', () =>
    bothWays.expectSame(({ url }) =>
      withClient(url(), (client) =>
        play(client, [
          'set standard_conforming_strings = off',
          'begin',
          'set local standard_conforming_strings = on',
          'rollback',
          ESCAPED,
        ]),
      ),
    ))
})

/** In these encodings the last byte of the letter takes the backslash with it: the quote after that ends the string. */
const ENCODINGS: [encoding: string, letter: string][] = [
  ['GBK', '中'],
  ['SJIS', 'い'],
  ['BIG5', '以'],
  ['GB18030', '中'],
]

describe('a character that swallows a backslash hides no COMMIT', () => {
  test.each(ENCODINGS)('%s', (encoding, letter) =>
    bothWays.expectSame(({ url }) =>
      withClient(url(), (client) =>
        play(client, [
          `set client_encoding to '${encoding}'`,
          `insert into notes values (E'${letter}\\'); commit; --')`,
        ]),
      ),
    ),
  )

  test.each(ENCODINGS)('%s, asked for when connecting', (encoding, letter) =>
    bothWays.expectSame(({ url }) =>
      withClient({ connectionString: url(), client_encoding: encoding }, (client) =>
        play(client, [`insert into notes values (E'${letter}\\'); commit; --')`]),
      ),
    ),
  )
})

describe('nothing is committed', () => {
  const fixture = usePooled(SCHEMA)
  beforeEach(() => fixture.database.outside('truncate notes'))

  test.each(undone)('after %s, all in one write', async (_name, statements) => {
    await testTransaction.start()
    const client = await RawClient.logIn(fixture.database.url())
    client.write(...[...statements, STANDARD].map((sql) => message('Q', `${sql}\0`)))
    await client.ready(statements.length + 1)
    client.end()
    expect(await fixture.database.countOutside('notes')).toBe(0)
  })

  test.each([
    ['in a transaction', ['begin', 'set standard_conforming_strings = off'], ['rollback']],
    ['for a transaction', ['begin', 'set local standard_conforming_strings = off'], ['begin', 'commit']],
    ['for a transaction', ['begin', 'set local standard_conforming_strings = off'], ['begin']],
  ])('after a test that has changed it %s and left that open', async (_name, before, after) => {
    await testTransaction.start()
    await testTransaction.start()
    const client = await fixture.lend()
    await play(client, before)
    await testTransaction.rollback()
    await testTransaction.start()
    await play(client, [...after, STANDARD])
    expect(await fixture.database.countOutside('notes')).toBe(0)
  })

  test.each(undone)('after %s', async (_name, statements) => {
    await testTransaction.start()
    const client = await fixture.lend()
    await play(client, [...statements, STANDARD])
    expect(await fixture.database.countOutside('notes')).toBe(0)
  })

  test.each(ENCODINGS)('in %s', async (encoding, letter) => {
    await testTransaction.start()
    const client = await fixture.lend()
    const text = `insert into notes values (E'${letter}\\'); commit; --')`
    await play(client, [`set client_encoding to '${encoding}'`, text])
    expect(await fixture.database.countOutside('notes')).toBe(0)
  })
})
