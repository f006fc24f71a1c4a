import { Client, Pool } from 'pg'
import {
  databaseWithTables,
  dropDatabases,
  layers,
  madeBy,
  restore,
  snapshot,
  type TestDatabase,
} from '../../../src/databases/index.ts'
import { readName } from '../../../src/databases/naming/database-names.ts'
import { ensureTemplate } from '../../../src/databases/templates/template.ts'
import { claimDatabase } from '../../../src/databases/workers/claim.ts'
import { useDatabase } from '../../support/database.ts'
import { useProject } from '../../support/databases-project.ts'
import { until } from '../../support/until.ts'

// To copy a database takes its time on a machine that is busy.
jest.setTimeout(60_000)

const server = useDatabase('create table notes (text text)')
const project = useProject(server.url)

beforeAll(() => {
  process.env.PG_SANDBOX_PROJECT = project.name
  process.env.DATABASE_URL = server.url()
})

const tables = [madeBy('1', ({ run }) => run('create table notes (text text)'))]

/** As an application has it, whatever happens to the connections. */
let pool: Pool
let database: TestDatabase
beforeEach(async () => {
  database = await databaseWithTables({ tables, strategy: 'WAL_LOG' })
  pool = applicationPool(database.url)
})
afterEach(async () => {
  await pool.end()
  await database.drop()
})
afterAll(async () => {
  await dropDatabases()
  expect((await project.names()).filter((name) => readName(name)?.purpose !== 'template')).toEqual([])
})

function applicationPool(connectionString: string): Pool {
  return new Pool({ connectionString }).on('error', () => {})
}

const write = (text: string) => pool.query('insert into notes values ($1)', [text])
const notes = async (from: Pool | Client = pool) =>
  (await from.query<{ text: string }>('select text from notes order by 1')).rows.map(({ text }) => text)

test('a state is brought back as often as it is wanted, under the name that the clients know', async () => {
  await write('kept')
  await snapshot('one note', { database })
  for (const text of ['first', 'second']) {
    await write(text)
    await pool.query('create table others ()')
    await restore('one note', { database })
    expect(await notes()).toEqual(['kept'])
    expect((await pool.query("select to_regclass('others') as others")).rows).toEqual([{ others: null }])
  }
})

test('a database made later from the same tables takes it over', async () => {
  await write('kept')
  await snapshot('one note', { database })
  await database.drop()
  await pool.end()
  database = await databaseWithTables({ tables, strategy: 'WAL_LOG' })
  pool = applicationPool(database.url)
  await restore('one note', { database })
  expect(await notes()).toEqual(['kept'])
})

test('what is missing is made once, from the tables as the template has them', async () => {
  let made = 0
  const make = async () => {
    made += 1
    await write('made')
  }
  await write('of an earlier test')
  await restore('made', { database, make })
  expect(await notes()).toEqual(['made'])
  await write('of this test')
  await restore('made', { database, make })
  expect(await notes()).toEqual(['made'])
  expect(made).toBe(1)
})

test('a database of other tables does not take it over', async () => {
  await snapshot('empty', { database })
  const others = [madeBy('2', ({ run }) => run('create table notes (text text, author text)'))]
  await using other = await databaseWithTables({ tables: others, strategy: 'WAL_LOG' })
  await expect(restore('empty', { database: other })).rejects.toMatchObject({
    code: 'PG_SANDBOX_NO_SNAPSHOT',
  })
})

test('a snapshot is replaced by the next of its name', async () => {
  await snapshot('notes', { database })
  await write('later')
  await snapshot('notes', { database })
  await write('later still')
  await restore('notes', { database })
  expect(await notes()).toEqual(['later'])
})

test('without an option, it is the database that the environment names; its comment and owner stay', async () => {
  const name = new URL(server.url()).pathname.slice(1)
  const facts = async () => {
    const [row = {}] = await server.outside(
      `select oid, datdba, shobj_description(oid, 'pg_database') as comment from pg_database where datname = '${name}'`,
    )
    return row
  }
  await server.outside(`comment on database ${name} is 'of the shop'`)
  const { oid, ...before } = await facts()
  await snapshot('empty')
  const own = applicationPool(server.url())
  await own.query("insert into notes values ('to be undone')")
  await restore('empty')
  expect(await notes(own)).toEqual([])
  const { oid: after, ...others } = await facts()
  expect(others).toEqual(before)
  expect(after).not.toBe(oid)
  await own.end()
})

test('a client that comes back at once finds what was restored', async () => {
  await write('kept')
  await snapshot('one note', { database })
  const found: string[][] = []
  let isWanted = true
  const connect = (): void => {
    const client = new Client({ connectionString: database.url })
    client.on('error', () => {})
    client.once('end', () => isWanted && connect())
    const look = async (): Promise<void> => {
      await client.connect()
      found.push(await notes(client))
    }
    look().catch(() => {}) // It is ended, and comes again.
  }
  connect()
  await until(() => found.length > 0)
  await write('to be undone')
  await restore('one note', { database })
  const before = found.length
  await until(() => found.length > before)
  expect(found.at(-1)).toEqual(['kept'])
  isWanted = false
})

test("a worker's database that was restored is used again by no later run", async () => {
  const worker = project.server()
  const recipe = layers(tables)
  const template = { ...(await ensureTemplate(worker, recipe)), recipe: recipe.name! }
  const name = await claimDatabase(worker, template)
  const mark = async () => (await worker.databases()).find((each) => each.name === name)?.mark
  expect((await mark())?.note).toBeDefined()
  await restore('nothing', { database: { url: worker.url(name) }, make: async () => {} })
  expect(await mark()).toMatchObject({ purpose: 'worker', state: 'in use', hash: template.hash })
  expect((await mark())?.note).toBeUndefined()
  await worker.dropDatabase(name)
  await template.release()
})

test('it takes no superuser', async () => {
  const [user, password] = ['snapshot_maker', 'secret']
  await server.outside(`create role ${user} login createdb password '${password}'`)
  try {
    const owned = [madeBy('3', ({ run }) => run('create table notes (text text)'))]
    const url = server.url({ user, password })
    const own = await databaseWithTables({ tables: owned, strategy: 'WAL_LOG', url })
    const client = applicationPool(own.url)
    const make = async (): Promise<void> => void (await client.query("insert into notes values ('made')"))
    for (let times = 0; times < 2; times += 1) await restore('by another user', { database: own, make })
    expect(await notes(client)).toEqual(['made'])
    await client.end()
    await dropDatabases()
  } finally {
    // What the role owns keeps it from being dropped.
    for (const name of await project.names()) await project.server().dropDatabase(name)
    await server.outside(`drop role ${user}`)
  }
})

test('only the database of a test is touched', async () => {
  const url = new URL(server.url())
  url.pathname = '/postgres'
  await expect(snapshot('all', { database: { url: url.href } })).rejects.toMatchObject({
    code: 'PG_SANDBOX_NOT_A_TEST_DATABASE',
  })
  url.pathname = '/no_such_test'
  await expect(restore('all', { database: { url: url.href } })).rejects.toMatchObject({
    code: 'PG_SANDBOX_NO_SNAPSHOT',
  })
})
