import { execFileSync } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { Client } from 'pg'
import {
  blankDatabase,
  type Contents,
  databaseFactory,
  databaseFixtures,
  databaseWithData,
  databaseWithSchema,
  databaseWithTables,
  dropDatabases,
  madeBy,
  type MakeOptions,
  sqlFiles,
  type TestDatabase,
} from '../../../src/databases/index.ts'
import { readName } from '../../../src/databases/naming/database-names.ts'
import { useDatabase } from '../../support/database.ts'
import { useProject } from '../../support/databases-project.ts'

// To copy a database takes its time on a machine that is busy.
jest.setTimeout(60_000)

const database = useDatabase()
const project = useProject(database.url)

let folder: string
beforeAll(async () => {
  process.env.PG_SANDBOX_PROJECT = project.name
  process.env.DATABASE_URL = database.url()
  folder = await mkdtemp(path.join(os.tmpdir(), 'pg-sandbox-kinds-'))
  await writeFile(path.join(folder, '1.sql'), 'create table notes (id int primary key, text text)')
})
afterAll(async () => {
  await rm(folder, { recursive: true })
  await dropDatabases()
  expect((await project.names()).filter((name) => readName(name)?.purpose !== 'template')).toEqual([])
})

/** How it is copied is not what these tests are about, and takes its time to find out. */
const strategy = 'WAL_LOG' as const

let migrations = 0
const contents = () =>
  ({
    strategy,
    tables: [
      sqlFiles(folder),
      madeBy('1', async function counted() {
        migrations += 1
      }),
    ],
    data: [madeBy('1', ({ run }) => run("insert into notes values (1, 'first')"))],
  }) satisfies Contents & MakeOptions

async function ask(url: string, ...statements: string[]): Promise<unknown[]> {
  const client = new Client({ connectionString: url })
  await client.connect()
  try {
    let rows: unknown[] = []
    for (const statement of statements) rows = (await client.query(statement)).rows
    return rows
  } finally {
    await client.end()
  }
}

const tablesOf = (url: string) =>
  ask(
    url,
    `select schemaname || '.' || tablename as name from pg_tables
     where schemaname not in ('pg_catalog', 'information_schema')`,
  )

test('a blank database has no table, and tells how to reach it in every way', async () => {
  const blank = await blankDatabase({ strategy })
  expect(await tablesOf(blank.url)).toEqual([])
  const { hostname, port, username, password } = new URL(database.url())
  const login = { host: hostname, port: Number(port), user: username, password, database: blank.database }
  expect(blank).toMatchObject(login)
  const client = new Client(login)
  await client.connect()
  await client.end()
  const script = `const { Client } = require('pg')
    const client = new Client()
    client.connect().then(async () => {
      const { rows } = await client.query('select current_database() as name')
      process.stdout.write(rows[0].name)
      await client.end()
    })`
  const { DATABASE_URL: _, ...env } = { ...process.env, ...blank.env }
  expect(execFileSync(process.execPath, ['-e', script], { encoding: 'utf8', env })).toBe(blank.database)
})

test('what is committed in one database is in no other, and the tables are made once', async () => {
  migrations = 0
  const one = await databaseWithTables(contents())
  await ask(one.url, "insert into notes values (1, 'committed')")
  await one.drop()
  await using two = await databaseWithTables(contents())
  expect(two.database).not.toBe(one.database)
  expect(await ask(two.url, 'select * from notes')).toEqual([])
  expect(migrations).toBe(1)
})

test('rows are added to the tables that another kind has made', async () => {
  await databaseWithTables(contents())
  migrations = 0
  const { url } = await databaseWithData(contents())
  expect(await ask(url, 'select * from notes')).toEqual([{ id: 1, text: 'first' }])
  expect(migrations).toBe(0)
})

test('the tables are made in the schema that stands first in the search path of all who connect', async () => {
  const { url } = await databaseWithSchema({ ...contents(), schema: 'Billing' })
  expect(await tablesOf(url)).toEqual([{ name: 'Billing.notes' }])
  expect(await ask(url, 'select text from notes')).toEqual([{ text: 'first' }])
  expect(await ask(url, 'show search_path')).toEqual([{ search_path: '"Billing", public' }])
})

test('a factory makes several databases for one test, each called by its service', async () => {
  await using databases = databaseFactory({ strategy })
  const made = await Promise.all([
    databases.create('orders'),
    databases.create('billing-and-accounting', { schema: 'billing', tables: contents().tables }),
  ])
  expect(made.map(({ database: name }) => name)).toEqual([
    expect.stringMatching(/-orders$/),
    expect.stringMatching(/-billing-an$/),
  ])
  expect(await Promise.all(made.map(({ url }) => tablesOf(url)))).toEqual([[], [{ name: 'billing.notes' }]])
})

test('a fixture of Vitest is dropped after the test, and what was made ahead after the file', async () => {
  const { databaseWithTables: fixture, databasesOfFile } = databaseFixtures(contents())
  const inTest = async ({ url, database: name }: TestDatabase) => {
    expect(await tablesOf(url)).toEqual([{ name: 'public.notes' }])
    expect(await project.names()).toContain(name)
  }
  const [ofFile] = databasesOfFile
  await ofFile({}, () => fixture({ databasesOfFile: undefined }, inTest))
  expect((await project.names()).every((name) => readName(name)?.purpose === 'template')).toBe(true)
})

test('without a server in the environment, the error says what to set', async () => {
  delete process.env.DATABASE_URL
  await expect(blankDatabase()).rejects.toMatchObject({ code: 'PG_SANDBOX_NO_SERVER' })
  process.env.DATABASE_URL = database.url()
})
