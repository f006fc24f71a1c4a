import { Client } from 'pg'
import { HELD_LOCKS, isHeld, lockOf } from '../../../../src/databases/naming/advisory-lock.ts'
import { nameOf } from '../../../../src/databases/naming/database-names.ts'
import { projectOf } from '../../../../src/databases/naming/maker.ts'
import { AdminConnection } from '../../../../src/databases/server/admin-connection.ts'
import { isSameServer } from '../../../../src/databases/server/server-identity.ts'
import { Server } from '../../../../src/databases/server/server.ts'
import { testTransaction } from '../../../../src/index.ts'
import { useDatabase } from '../../../support/database.ts'
import { useProject } from '../../../support/databases-project.ts'

// To copy a database takes its time on a machine that is busy.
jest.setTimeout(60_000)

const database = useDatabase()
const project = useProject(database.url)

const mark = { purpose: 'worker', state: 'ready' } as const
const worker = (number: number) =>
  nameOf({ project: project.maker.project, purpose: 'worker', worker: String(number) })

/** A database to copy: the connections of these tests to it are closed at once. */
const source = worker(0)
beforeAll(async () => {
  await project.server().createDatabase(source, { from: 'template1', mark })
  await queryIn(source, 'create table notes (id int primary key)')
})

async function queryIn(name: string, sql: string): Promise<Record<string, unknown>[]> {
  const client = await connectTo(name)
  const { rows } = await client.query<Record<string, unknown>>(sql)
  await client.end()
  return rows
}

async function connectTo(name: string, config: object = {}): Promise<Client> {
  const client = new Client({ connectionString: project.server().url(name), ...config })
  client.on('error', () => {})
  await client.connect()
  return client
}

const asAppUser = () => Server.of(database.url({ user: 'app_user', password: 'secret' }), project.maker)

test('one server is the same by every text that leads to it, also to who may not see its identifier', async () => {
  const other = new URL(database.url())
  other.hostname = 'localhost'
  const one = await project.server().identity()
  expect(one.system).toMatch(/^\d+$/)
  expect(isSameServer(one, await Server.of(other.href, project.maker).identity())).toBe(true)
  await project.server().query('revoke execute on function pg_control_system() from public')
  try {
    const seen = await asAppUser().identity()
    expect(seen.system).toBeUndefined()
    expect(isSameServer(one, seen)).toBe(true)
  } finally {
    await project.server().query('grant execute on function pg_control_system() to public')
  }
})

test('one process has one of a server', () => {
  expect(project.server()).toBe(project.server())
  expect(asAppUser()).not.toBe(project.server())
})

test('a copy has the tables, owner, settings and rights of its source', async () => {
  const server = project.server()
  await server.query(`alter database "${source}" owner to app_user`)
  await server.query(`alter database "${source}" set search_path = 'a b', "$user", public`)
  await server.query(`alter database "${source}" set app.tenant = 'x=1'`)
  await server.query(`alter role app_user in database "${source}" set datestyle = 'SQL, DMY'`)
  await server.query(`revoke all on database "${source}" from public`)
  await server.query(`grant connect on database "${source}" to pg_monitor with grant option`)
  const about = (name: string) =>
    server.query(
      `select pg_get_userbyid(datdba) as owner, datacl::text as rights,
         (select json_agg(json_build_array(setrole, setconfig) order by setrole) from pg_db_role_setting where setdatabase = d.oid) as settings
       from pg_database d where datname = $1`,
      [name],
    )
  const copy = worker(1)
  await server.createDatabase(copy, { from: source, mark })
  const [original] = await about(source)
  expect(original).toMatchObject({ owner: 'app_user', rights: expect.stringContaining('pg_monitor=c*') })
  expect(await about(copy)).toEqual([original])
  expect(await queryIn(copy, 'select * from public.notes')).toEqual([])
  // What the session of the server had in force for a moment is gone.
  expect(await server.query('show search_path')).toEqual([{ search_path: '"$user", public' }])
  await server.query(`alter database "${source}" owner to postgres`)
})

test('a user who may not set all that the source has set gets a copy with the rest', async () => {
  const server = project.server()
  const copy = worker(7)
  await server.query('alter role app_user createdb')
  await server.createDatabase(copy, { from: 'template1', mark })
  await server.query(`alter database "${copy}" owner to app_user`)
  await server.query(`alter database "${copy}" set log_min_duration_statement = 5`)
  await server.query(`alter database "${copy}" set work_mem = '9MB'`)
  try {
    await asAppUser().createDatabase(worker(8), { from: copy, mark })
  } finally {
    await server.query('alter role app_user nocreatedb')
  }
  expect(
    await server.query(
      'select setconfig from pg_db_role_setting join pg_database d on d.oid = setdatabase where datname = $1',
      [worker(8)],
    ),
  ).toEqual([{ setconfig: ['work_mem=9MB'] }])
})

test('a copy of template1 is what CREATE DATABASE would make: anybody may use temporary tables in it', async () => {
  await project.server().createDatabase(worker(6), { from: 'template1', mark })
  expect(
    await project.server().query('select datacl from pg_database where datname = $1', [worker(6)]),
  ).toEqual([{ datacl: null }])
})

test('a session that stays open in the source is told with pid, user and application', async () => {
  const client = await connectTo(source, { application_name: 'a console' })
  const { processID } = client as unknown as { processID: number }
  const copying = project.server().createDatabase(worker(2), { from: source, mark })
  await expect(copying).rejects.toMatchObject({ code: 'PG_SANDBOX_DATABASE_IN_USE' })
  await expect(copying).rejects.toThrow(
    `- pid ${processID}, user "postgres", application "a console", idle\n`,
  )
  await client.end()
  await project.server().createDatabase(worker(2), { from: source, mark })
})

test('a session that is about to end is waited for', async () => {
  const client = await connectTo(source)
  const copying = project.server().createDatabase(worker(3), { from: source, mark })
  await client.end()
  await expect(copying).resolves.toBeUndefined()
})

test('who may not create databases, or not copy this one, is told what to ask for', async () => {
  const server = asAppUser()
  const create = () => server.createDatabase(worker(4), { from: source, mark })
  await expect(create()).rejects.toMatchObject({
    code: 'PG_SANDBOX_NO_CREATEDB',
    message: expect.stringContaining('ALTER ROLE "app_user" CREATEDB'),
    cause: { code: '42501' },
  })
  await project.server().query('alter role app_user createdb')
  try {
    await expect(create()).rejects.toThrow(`ALTER DATABASE "${source}" OWNER TO "app_user"`)
    await expect(server.createDatabase(worker(4), { from: 'template1', mark })).resolves.toBeUndefined()
  } finally {
    await project.server().query('alter role app_user nocreatedb')
  }
})

test('a database that no mark or name gives to the tests is neither created nor dropped', async () => {
  const server = project.server()
  const names = ['pgs_contest', 'pgs_production_test']
  for (const name of names) await server.query(`create database ${name} template template0`)
  try {
    const refused = { code: 'PG_SANDBOX_NOT_A_TEST_DATABASE' }
    for (const name of names) await expect(server.dropDatabase(name)).rejects.toMatchObject(refused)
    await expect(server.createDatabase('shop', { from: 'template0', mark })).rejects.toMatchObject(refused)
    expect(await server.query(`select from pg_database where datname like 'pgs\\_%'`)).toHaveLength(2)
  } finally {
    for (const name of names) await server.query(`drop database ${name}`)
  }
})

test('databases of another project are neither listed nor dropped', async () => {
  const other = Server.of(database.url(), { ...project.maker, project: projectOf('another') })
  expect(await other.databases()).toEqual([])
  await expect(other.dropDatabase(source)).rejects.toThrow('another project has made it')
  expect(await project.names()).toContain(source)
})

test('a database that is not there is dropped without a word', async () => {
  await expect(project.server().dropDatabase(worker(99))).resolves.toBeUndefined()
})

test('the lock of the run is held as long as somebody holds the server, and with it every lock that is shared', async () => {
  const server = Server.of(database.url(), { ...project.maker, run: 'feedbeef' })
  const [run, use] = [lockOf('run', 'feedbeef'), lockOf('use', 'a template')]
  const held = async () => {
    const locks = await project.server().heldLocks()
    return [isHeld(run, locks), isHeld(use, locks)]
  }
  const [one, two] = [server.keepOpen(), await server.share(use)]
  expect(await held()).toEqual([true, true])
  await one()
  expect(await held()).toEqual([true, true])
  const three = server.keepOpen()
  await two()
  expect(await held()).toEqual([true, false])
  await three()
  await three()
  expect(await held()).toEqual([false, false])
})

test('a connection that is lost is opened again, with its locks', async () => {
  const lock = lockOf('use', 'lost')
  const admin = new AdminConnection(database.url(), lockOf('run', 'lost'))
  const release = await admin.share(lock)
  const [{ pid } = { pid: 0 }] = await admin.query<{ pid: number }>('select pg_backend_pid() as pid')
  await project.server().query('select pg_terminate_backend($1, 5000)', [pid])
  await admin.query('select 1').catch(() => {})
  expect(isHeld(lock, await admin.query(HELD_LOCKS))).toBe(true)
  await release()
})

test('inside the sandbox it goes past it, and a level does not undo what it has made', async () => {
  await testTransaction.start()
  try {
    const server = Server.of(database.url(), { ...project.maker, run: 'inlevels' })
    const release = server.keepOpen()
    await server.createDatabase(worker(5), { from: 'template1', mark })
    expect(await server.query('select pg_current_xact_id_if_assigned() as id')).toEqual([{ id: null }])
    await release()
  } finally {
    await testTransaction.close()
  }
  expect(await project.names()).toContain(worker(5))
})
