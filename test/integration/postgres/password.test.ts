/** Nobody but who has started the server comes in: other users of the machine reach its port, too. */
import { execFileSync } from 'node:child_process'
import { readdir, readFile, stat } from 'node:fs/promises'
import path from 'node:path'
import { Client, type ClientConfig } from 'pg'
import { type Postgres, startPostgres } from '../../support/postgres.cjs'

let postgres: Postgres
/** The server's folder, in which its socket is. */
let folder: string
let port: number
let password: string

beforeAll(async () => {
  // With settings it is a server of our own, also where PG_SANDBOX_TEST_URL names one.
  postgres = await startPostgres({ settings: { log_connections: 'on' } })
  const url = new URL(postgres.url)
  port = Number(url.port)
  password = url.password
  const [{ data_directory: data }] = (await ask(
    { connectionString: postgres.url },
    'show data_directory',
  )) as [{ data_directory: string }]
  folder = path.dirname(data)
}, 60_000)
afterAll(() => postgres.stop())

async function ask(config: ClientConfig, sql = 'select current_user'): Promise<unknown[]> {
  const client = new Client({ database: 'postgres', user: 'postgres', port, ...config })
  await client.connect()
  try {
    return (await client.query(sql)).rows
  } finally {
    await client.end()
  }
}

describe.each([
  ['the port', () => '127.0.0.1'],
  ['the socket', () => folder],
])('by %s', (_way, host) => {
  test.each(['', 'postgres', 'wrong'])('the superuser is refused with the password "%s"', async (given) => {
    // What pg sends for no password at all is nothing, which the server would wait for.
    const asked = ask({ host: host(), password: given || ' ' })
    await expect(asked).rejects.toMatchObject({ code: '28P01' })
  })

  test('and let in with the one that the URL holds', async () => {
    expect(await ask({ host: host(), password })).toEqual([{ current_user: 'postgres' }])
  })
})

test('each server has a password of its own, which is long, and kept as SCRAM alone', async () => {
  const other = await startPostgres({ settings: { log_connections: 'on' } })
  try {
    expect(new URL(other.url).password).not.toBe(password)
  } finally {
    await other.stop()
  }
  expect(password).toMatch(/^[\w-]{32}$/)
  const kept = await ask(
    { connectionString: postgres.url },
    "select rolpassword from pg_authid where rolname = 'postgres'",
  )
  expect(kept).toEqual([{ rolpassword: expect.stringMatching(/^SCRAM-SHA-256\$/) }])
}, 60_000)

test('the password is in the parameters of no process, and in no file of the server', async () => {
  const parameters = execFileSync('ps', ['-eo', 'args'], { encoding: 'utf8' })
  // The whole list would be shown by a matcher of text.
  expect([parameters.includes(path.basename(folder)), parameters.includes(password)]).toEqual([true, false])
  const files = await readdir(folder, { recursive: true, withFileTypes: true })
  const texts = files.filter((file) => file.isFile() && !file.parentPath.includes('postgresql/'))
  expect(texts.length).toBeGreaterThan(100)
  for (const file of texts) {
    const bytes = await readFile(path.join(file.parentPath, file.name)).catch(() => Buffer.of())
    expect(bytes.includes(password) ? file.name : 'none').toBe('none')
  }
  expect((await stat(folder)).mode & 0o777).toBe(0o700)
})
