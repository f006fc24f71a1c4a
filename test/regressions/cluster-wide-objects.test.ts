/**
 * Group 2, what SQL hides: with isolation: 'database' a test commits for real, and what it commits need not be of its clone.
 * What belongs to the whole server is refused or undone, and the clone is always dropped.
 */
import { Client, Pool, type PoolClient } from 'pg'
import { testTransaction } from '../../src/index.ts'
import { openOutside } from '../support/outside.ts'
import { outcome } from '../support/pooled.ts'

type Postgres = { url: string; stop(): Promise<void> }
const {
  startPostgres,
}: {
  startPostgres(options: { settings: Record<string, string> }): Promise<Postgres>
} = require('../support/postgres.cjs')

const outside = openOutside()
let server: Postgres
let url: string
let pool: Pool

// A server of its own: prepared transactions and logical replication are off by default, and what is left behind is seen by all.
beforeAll(async () => {
  server = await startPostgres({ settings: { max_prepared_transactions: '5', wal_level: 'logical' } })
  await outside.query(server.url, 'create database hidden_home')
  url = server.url.replace(/\/[^/]*$/, '/hidden_home')
  await outside.query(url, 'create table notes (id int primary key)')
  await outside.disconnect(url)
}, 60_000)
afterAll(async () => {
  outside.close()
  await server.stop()
}, 60_000)

beforeEach(async () => {
  testTransaction.configure({ isolation: 'database' })
  pool = new Pool({ connectionString: url })
  pool.on('error', () => {})
  await testTransaction.start()
  await testTransaction.start()
})
afterEach(async () => {
  await testTransaction.close().catch(() => {})
  testTransaction.configure({ isolation: 'transaction' })
  await pool.end()
  await clear()
}, 30_000)

const CLEAR = [
  `do $$ declare name text; begin for name in select rolname from pg_roles where rolname like 'left_%' loop
    execute 'drop role ' || name; end loop; end $$`,
  'alter role all reset work_mem',
  'alter role app_user reset work_mem',
  'alter system reset work_mem',
  'drop database if exists left_database',
  'drop tablespace if exists left_space',
  "select pg_drop_replication_slot(slot_name) from pg_replication_slots where slot_name like 'left%'",
]

/** What a failed case has left is none of the next one's. */
async function clear(): Promise<void> {
  const of = (name: unknown): string => server.url.replace(/\/[^/]*$/, `/${String(name)}`)
  for (const { gid, database } of await outside.query(
    server.url,
    'select gid, database from pg_prepared_xacts',
  )) {
    await outside.query(of(database), `rollback prepared '${String(gid)}'`)
    await outside.disconnect(of(database))
  }
  const subscribed = 'select datname from pg_subscription s join pg_database d on d.oid = s.subdbid'
  for (const { datname } of await outside.query(server.url, subscribed)) {
    await outside.query(of(datname), 'alter subscription left_behind set (slot_name = none)')
    await outside.query(of(datname), 'drop subscription left_behind')
    await outside.disconnect(of(datname))
  }
  for (const sql of CLEAR) await outside.query(server.url, sql).catch(() => {})
}

/** What is seen of the whole server, by name. */
const OBJECTS = `select 'role ' || rolname as name from pg_roles
  union all select 'database ' || datname from pg_database
  union all select 'tablespace ' || spcname from pg_tablespace
  union all select 'slot ' || slot_name from pg_replication_slots
  union all select 'prepared ' || gid from pg_prepared_xacts
  union all select 'subscription ' || subname from pg_subscription
  union all select 'setting ' || setconfig::text from pg_db_role_setting
  union all select 'member ' || roleid::regrole || ' of ' || member::regrole from pg_auth_members where roleid >= 16384
  union all select 'file ' || name || setting from pg_file_settings where sourcefile like '%auto.conf'
  order by 1`

const objects = async (): Promise<string[]> =>
  (await outside.query(server.url, OBJECTS)).map(({ name }) => String(name))

const makers: [what: string, statements: string[]][] = [
  ['PREPARE TRANSACTION', ['begin', 'insert into notes values (1)', "prepare transaction 'left'"]],
  [
    'CREATE SUBSCRIPTION',
    ["create subscription left_behind connection 'dbname=none' publication p with (connect = false)"],
  ],
  ['CREATE ROLE', ['create role left_role']],
  ['CREATE ROLE in a transaction', ['begin', 'create role left_role', 'commit']],
  ['CREATE ROLE in a DO block', ['do $$ begin create role left_role; end $$']],
  [
    'CREATE ROLE that owns something',
    ['create role left_owner', 'create table owned ()', 'alter table owned owner to left_owner'],
  ],
  ['GRANT of a role', ['create role left_role', 'grant left_role to app_user']],
  ['ALTER ROLE SET', ["alter role app_user set work_mem = '5MB'"]],
  ['ALTER ROLE ALL SET', ["alter role all set work_mem = '5MB'"]],
  ['ALTER SYSTEM', ["alter system set work_mem = '5MB'"]],
  ['CREATE DATABASE', ['create database left_database']],
  ['CREATE TABLESPACE', ['set allow_in_place_tablespaces = on', "create tablespace left_space location ''"]],
  ['a physical replication slot', ["select pg_create_physical_replication_slot('left_physical', true)"]],
  ['a logical replication slot', ["select pg_create_logical_replication_slot('left_logical', 'pgoutput')"]],
]

describe('of a test with a database of its own nothing is left on the server by', () => {
  test.each(makers)(
    '%s',
    async (_what, statements) => {
      const before = await objects()
      // The first query makes the clone.
      await pool.query('select 1')
      const client = await pool.connect()
      for (const sql of statements) await outcome(client.query(sql))
      client.release(true)
      expect(await outcome(testTransaction.rollback())).toBeUndefined()
      expect(await outcome(testTransaction.close())).toBeUndefined()
      const left = (await objects()).filter((name) => !before.includes(name))
      expect(left).toEqual([])
    },
    60_000,
  )
})

test('a role from before may be used and altered in the clone', async () => {
  const client = await pool.connect()
  expect(await outcome(client.query('grant select on notes to app_user'))).toEqual([])
  expect(await outcome(client.query('set role app_user'))).toEqual([])
  client.release(true)
  // A plain client sees what others see.
  await testTransaction.close()
  const other = new Client({ connectionString: url })
  await other.connect()
  expect(await outcome(other.query('select * from notes'))).toEqual([])
  await other.end()
})

test.each([
  ['by itself', (client: PoolClient) => client.query('create role left_role')],
  ['with values', (client: PoolClient) => client.query({ text: 'create role left_role', values: [] })],
  ['by a name', (client: PoolClient) => client.query({ text: 'create role left_role', name: 'makes_role' })],
  ['in a string', (client: PoolClient) => client.query('select 1; create role left_role')],
])(
  'a statement that is refused %s fails as one of the server does, and ends its transaction',
  async (_how, run) => {
    const client = await pool.connect()
    await client.query('begin')
    const refused = await outcome(run(client))
    expect(refused).toMatchObject({ code: '0A000' })
    expect(refused.message).toContain("testTransaction.configure({ clusterCommands: 'allow' })")
    expect(await outcome(client.query('select 1'))).toMatchObject({ code: '25P02' })
    await client.query('rollback')
    expect(await outcome(client.query('select 1 as n'))).toEqual([{ n: 1 }])
    client.release()
  },
)

test("clusterCommands: 'allow' lets it through", async () => {
  testTransaction.configure({ clusterCommands: 'allow' })
  try {
    expect(await outcome(pool.query('create role left_role'))).toEqual([])
    expect(await objects()).toContain('role left_role')
    expect(await outcome(pool.query('drop role left_role'))).toEqual([])
  } finally {
    testTransaction.configure({ clusterCommands: 'refuse' })
  }
})
