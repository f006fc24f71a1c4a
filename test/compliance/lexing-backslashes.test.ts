import { Client } from 'pg'
import { testTransaction } from '../../src/index.ts'
import { useDatabase } from '../support/database.ts'
import { useComparison } from './compare.ts'

const { compare } = useComparison()

const insert = (id: number): string => `insert into accounts values (${id}, 'x', 1)`

describe('standard_conforming_strings', () => {
  const off = 'set standard_conforming_strings = off'
  const hidden = `select 'a\\'; commit; --'`
  const shown = `select 'a\\'; commit; --'\n`

  compare('off for the session', async (a, b) => {
    await a.simple('set escape_string_warning = off')
    await a.simple(off)
    await a.simple(`begin; ${insert(3)}; ${hidden}`)
    await a.simple('rollback')
    await b.simple(`begin; ${insert(4)}; ${shown}`)
    await b.simple('rollback')
    await a.extended(hidden)
    await b.extended(hidden)
    await a.simple(`begin; ${insert(5)}; select 'a\\\\'; rollback; ${insert(6)}; select E'\\'', U&'a'`)
    await a.simple('rollback')
    await a.simple('reset standard_conforming_strings')
    await a.simple(`begin; ${insert(7)}; ${shown}`)
    await a.simple('rollback')
  })

  compare('off from the middle of a string', async (a) => {
    await a.simple('set escape_string_warning = off')
    await a.simple(`${off}; begin; ${insert(3)}; ${shown}`)
    await a.simple('rollback')
    await a.simple(`${off}; commit; ${insert(4)}; ${hidden}`)
    await a.simple(`set standard_conforming_strings = on; begin; ${insert(5)}; ${hidden}`)
    await a.simple('rollback')
    await a.simple(`begin; ${insert(6)}; ${shown}`)
    await a.simple('rollback')
  })

  compare('off in a transaction', async (a) => {
    await a.simple('set escape_string_warning = off')
    for (const end of ['rollback', 'commit']) {
      await a.simple('begin')
      await a.simple(off)
      await a.simple(`savepoint s; ${hidden}`)
      await a.simple(end)
      await a.simple(`begin; ${insert(3)}; ${shown}`)
      await a.simple('rollback')
    }
    await a.simple('reset all')
    await a.simple(`begin; ${insert(4)}; ${shown}`)
    await a.simple('rollback')
  })

  compare('off for a transaction, up to a savepoint, and by set_config', async (a) => {
    await a.simple('set escape_string_warning = off')
    await a.simple('begin')
    await a.simple('set local standard_conforming_strings = off')
    await a.simple(hidden)
    await a.simple('commit')
    await a.simple(`begin; ${shown}`)
    await a.simple('rollback')
    await a.simple('begin; savepoint s')
    await a.simple(off)
    await a.simple('rollback to s')
    await a.simple(`select 'a\\'; rollback; --'`)
    await a.simple('rollback')
    await a.simple(`select set_config('standard_conforming_strings', 'off', false)`)
    await a.simple(`begin; ${insert(5)}; ${hidden}`)
    await a.simple('rollback')
    await a.simple('discard all')
    await a.simple(`begin; ${insert(6)}; ${shown}`)
    await a.simple('rollback')
  })

  compare('off by a function, and for a failed string', async (a) => {
    await a.simple('set escape_string_warning = off')
    await a.simple(`do $$ begin ${off}; end $$`)
    await a.simple(`begin; ${insert(3)}; ${hidden}`)
    await a.simple('rollback')
    await a.simple(`set standard_conforming_strings = on; select 1 / 0`)
    await a.simple(`begin; ${insert(4)}; ${hidden}`)
    await a.simple('rollback')
    await a.simple('set backslash_quote = off')
    await a.simple(`begin; ${insert(5)}; select 'a\\'; commit; --'`)
    await a.simple('rollback')
  })

  compare('off, with the warnings of it', async (a) => {
    await a.simple(off)
    await a.simple(`begin; ${hidden}`)
    await a.simple('rollback')
    await a.simple(`begin; select 1; select 'a\\\\'; rollback; select 'b\\\\'`)
    await a.simple(hidden)
    await a.extended(hidden)
  })
})

describe('standard_conforming_strings off in the start-up options', () => {
  const database = useDatabase()
  beforeAll(() => testTransaction.close())
  afterEach(() => testTransaction.close())

  async function ask(): Promise<unknown[]> {
    const client = new Client({
      connectionString: database.url(),
      options: '-c standard_conforming_strings=off',
    })
    await client.connect()
    const seen: unknown[] = []
    for (const text of [
      'create table made (n int)',
      `begin; insert into made values (1); select 'a\\'; commit; --'`,
      'rollback',
      'select n from made',
      'set standard_conforming_strings = on',
      `begin; insert into made values (2); select 'a\\'; commit; --'`,
      'reset standard_conforming_strings',
      `begin; insert into made values (3); select 'a\\'; commit; --'`,
      'rollback',
      'select n from made',
      'drop table made',
    ])
      seen.push(
        await client.query(text).then(
          (result) => [result].flat().map(({ command, rows }) => [command, rows]),
          (error: Error) => error.message,
        ),
      )
    await client.end()
    return seen
  }

  test('holds for that client', async () => {
    const plain = await ask()
    await testTransaction.start()
    const outer = new Client(database.url())
    await outer.connect()
    await outer.query('create table outer_level (n int)')
    await testTransaction.start()
    expect(await ask()).toStrictEqual(plain)
    expect(await ask()).toStrictEqual(plain)
    await testTransaction.rollback()
    await outer.end()
  })
})
