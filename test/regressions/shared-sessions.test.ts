/**
 * Who shares a session: clients of one database see each other's rows, whatever they ask for in `options` when they connect, and
 * each has its own settings in force.
 */
import { Client, type ClientConfig } from 'pg'
import { testTransaction } from '../../src/index.ts'
import { withClient } from '../support/both-ways.ts'
import { outcome, settled, usePooled } from '../support/pooled.ts'
import { RawClient } from '../support/raw-client.ts'

const { start, rollback, close } = testTransaction
const fixture = usePooled('create table notes (id int primary key, text text)')

const show = (name: string): string => `select current_setting('${name}') as value`

describe('clients that differ in what they ask for share a session:', () => {
  const differences: [name: string, config: ClientConfig, setting: string, value: string][] = [
    ['options', { options: '-c statement_timeout=5000' }, 'statement_timeout', '5s'],
    [
      'two options',
      { options: '-c statement_timeout=5000 -c search_path=public,pg_catalog' },
      'search_path',
      'public,pg_catalog',
    ],
    ['options with two hyphens', { options: '--statement-timeout=5000' }, 'statement_timeout', '5s'],
    [
      'options with a blank',
      { options: String.raw`-c search_path=public,\ pg_catalog` },
      'search_path',
      'public, pg_catalog',
    ],
    ['application_name', { application_name: 'worker' }, 'application_name', 'worker'],
    ['statement_timeout', { statement_timeout: 4000 }, 'statement_timeout', '4s'],
  ]

  test.each(differences)('%s', async (_name, config, setting, value) => {
    const before = await outcome(fixture.pool.query(show(setting)))
    await start()
    await fixture.pool.query('insert into notes values (1)')
    await withClient({ connectionString: fixture.database.url(), ...config }, async (client) => {
      expect(await outcome(client.query('select id from notes'))).toEqual([{ id: 1 }])
      expect(await outcome(client.query(show(setting)))).toEqual([{ value }])
      expect(await settled(outcome(client.query("update notes set text = 'seen' where id = 1")))).toEqual([])
      expect(await outcome(fixture.pool.query('select text from notes'))).toEqual([{ text: 'seen' }])
      expect(await outcome(fixture.pool.query(show(setting)))).toEqual(before)
      await client.query(`reset ${setting}`)
      expect(await outcome(client.query(show(setting)))).toEqual([{ value }])
      await rollback()
      await start()
      expect(await outcome(client.query(show(setting)))).toEqual([{ value }])
    })
  })

  test('one that is refused is refused to that client alone', async () => {
    await start()
    await fixture.pool.query('insert into notes values (1)')
    const client = new Client({ connectionString: fixture.database.url(), options: '-c no_such_setting=1' })
    client.on('error', () => {})
    expect(await outcome(client.connect())).toMatchObject({ code: '42704' })
    expect(await outcome(fixture.pool.query('select id from notes'))).toEqual([{ id: 1 }])
  })

  test('one that was connected before start()', async () => {
    const options = '-c statement_timeout=5000'
    await withClient({ connectionString: fixture.database.url(), options }, async (client) => {
      await client.query("set lock_timeout = '3s'")
      await start()
      await fixture.pool.query('insert into notes values (1)')
      expect(await settled(outcome(client.query('select id from notes')))).toEqual([{ id: 1 }])
      expect(await outcome(client.query(show('statement_timeout')))).toEqual([{ value: '5s' }])
      expect(await outcome(client.query(show('lock_timeout')))).toEqual([{ value: '3s' }])
      expect(await outcome(fixture.pool.query(show('statement_timeout')))).toEqual([{ value: '0' }])
      await close()
      expect(await outcome(client.query(show('statement_timeout')))).toEqual([{ value: '5s' }])
    })
  })

  test('one of another driver', async () => {
    await start()
    await fixture.pool.query('insert into notes values (1)')
    const client = await RawClient.logIn(fixture.database.url(), { options: '-c statement_timeout=5000' })
    expect((await client.query('select id from notes')).join(' ')).toContain('["1"]')
    expect((await client.query(show('statement_timeout'))).join(' ')).toContain('["5s"]')
    client.end()
  })

  test('one that asks for what only a login can give has a session of its own', async () => {
    const options = '-c statement_timeout=5000 -c ignore_system_indexes=on'
    await start()
    await fixture.pool.query('select 1')
    await withClient({ connectionString: fixture.database.url(), options }, async (client) => {
      expect(await outcome(client.query(show('ignore_system_indexes')))).toEqual([{ value: 'on' }])
      expect(await outcome(client.query(show('statement_timeout')))).toEqual([{ value: '5s' }])
    })
    expect(await outcome(fixture.pool.query(show('ignore_system_indexes')))).toEqual([{ value: 'off' }])
  })
})
