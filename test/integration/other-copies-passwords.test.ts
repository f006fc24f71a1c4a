import { Client } from 'pg'
import { testTransaction } from '../../src/index.ts'
import { type Postgres, startPostgres } from '../support/postgres.cjs'
import { otherPg } from '../support/other-pg.ts'

let postgres: Postgres
let url: URL

/** A server that wants a password. */
beforeAll(async () => {
  postgres = await startPostgres()
  url = new URL(postgres.url)
  const setUp = new Client({ connectionString: url.href })
  await setUp.connect()
  await setUp.query("create role asked login password 'right'")
  await setUp.query('create table notes (id int); grant all on notes to asked')
  const [{ hba_file: file }] = (await setUp.query<{ hba_file: string }>('show hba_file')).rows as [
    { hba_file: string },
  ]
  await setUp.query(
    `copy (values ('host all asked all scram-sha-256'), ('host all all all trust')) to '${file}'`,
  )
  await setUp.query('select pg_reload_conf()')
  await setUp.end()
  url.username = 'asked'
}, 60_000)

afterAll(() => postgres.stop())
afterEach(() => testTransaction.close())

/** How the login of a copy that is not patched ends. */
async function login(password: string): Promise<string> {
  const { Client: Other } = otherPg()
  const client = new Other({
    host: url.hostname,
    port: Number(url.port),
    user: 'asked',
    password,
    database: url.pathname.slice(1),
  })
  client.on('error', () => {})
  try {
    await client.connect()
    await client.query('insert into notes values (1)')
    return 'in'
  } catch (error) {
    return String((error as { code?: string }).code)
  } finally {
    await client.end()
  }
}

test('a password is asked for where the server wants one, and must be right each time', async () => {
  await testTransaction.start()
  expect(await login('wrong')).toBe('28P01')
  expect(await login('right')).toBe('in')
  expect(await login('wrong')).toBe('28P01')
  expect(await login('right')).toBe('in')
  await testTransaction.close()
  await testTransaction.start()
  expect(await login('wrong')).toBe('28P01')
  expect(await login('right')).toBe('in')
})
