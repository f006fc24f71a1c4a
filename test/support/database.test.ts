import { Client, type Pool } from 'pg'
import { useDatabase } from './database.ts'

const first = useDatabase('create table notes (id int primary key)')
const second = useDatabase()

async function connect(url: string): Promise<Client> {
  const client = new Client({ connectionString: url })
  await client.connect()
  return client
}

test('each use is a database of its own, and its schema is there', async () => {
  expect(first.url()).not.toBe(second.url())
  await expect(first.countOutside('notes')).resolves.toBe(0)
  await expect(second.countOutside('notes')).rejects.toMatchObject({ code: '42P01' })
})

test('the server tells its version', async () => {
  await expect(first.serverMajor()).resolves.toBeGreaterThanOrEqual(13)
})

test('rows made here are seen outside only once they are committed', async () => {
  const client = await connect(first.url())
  await client.query('begin')
  await client.query('insert into notes values (1)')
  await expect(first.countOutside('notes')).resolves.toBe(0)
  await client.query('commit')
  await expect(first.outside('select id from notes')).resolves.toStrictEqual([{ id: 1 }])
  await client.end()
})

test('app_user logs in with its password only', async () => {
  const client = await connect(second.url({ user: 'app_user', password: 'secret' }))
  await client.query('create table mine (id int)')
  await client.end()
  await expect(connect(second.url({ user: 'app_user', password: 'wrong' }))).rejects.toMatchObject({
    code: '28P01',
  })
})

test('the version of pg is the one asked for, for packages that load it themselves too', () => {
  const { version }: { version: string } = require('pg/package.json')
  expect(version.startsWith(process.env.PG_SANDBOX_TEST_PG ?? '8.')).toBe(true)
  const PoolAlone: typeof Pool = require('pg-pool')
  const alone: object = new PoolAlone()
  expect(alone).toHaveProperty('Client', Client)
})
