/** Databases of workers: whose they are, and when a later run takes one that an earlier one has left. */
import { randomBytes } from 'node:crypto'
import { Client } from 'pg'
import { isHeld, lockOf } from '../../../src/databases/naming/advisory-lock.ts'
import { projectOf } from '../../../src/databases/naming/maker.ts'
import { Server } from '../../../src/databases/server/server.ts'
import { madeBy } from '../../../src/databases/templates/layers/made-by.ts'
import type { Recipe } from '../../../src/databases/templates/recipe.ts'
import { ensureTemplate, type Template } from '../../../src/databases/templates/template.ts'
import { claimDatabase, sweepWorkers } from '../../../src/databases/workers/claim.ts'
import { useWorkerDatabase, workerDatabases } from '../../../src/databases/workers/index.ts'
import { isRestored, readFingerprint } from '../../../src/databases/workers/read-fingerprint.ts'

const SCHEMA = `
  create table accounts (id serial primary key, name text unique);
  insert into accounts (name) values ('ada'), ('bob');
  create table orders (id bigint generated always as identity (start with 1000), account int references accounts);
  alter sequence orders_id_seq restart with 5000;
  create materialized view names as select name from accounts;
  create function double(int) returns int language sql as 'select $1 * 2'`

const project = projectOf('workers', randomBytes(4).toString('hex'))
const url = process.env.PG_SANDBOX_TEST_SERVER!

type Run = { server: Server; template: Template & { recipe: string }; end(): Promise<void> }

/** A run of the suite, as alive as its connection; this process has many. */
async function begin(worker: string | undefined = '1', schema = SCHEMA): Promise<Run> {
  const run = randomBytes(4).toString('hex')
  const server = Server.of(url, { project, run, worker })
  const recipe: Recipe = { layers: [madeBy(schema, (database) => database.run(schema))] }
  const template = { ...(await ensureTemplate(server, recipe)), recipe: 'main' }
  return { server, template, end: template.release }
}

async function claim({ server, template }: Run): Promise<string> {
  return claimDatabase(server, template)
}

async function oidOf(name: string): Promise<number> {
  const [row] = await query(url, `select oid from pg_database where datname = '${name}'`)
  return Number(row?.['oid'])
}

async function query(database: string, ...statements: string[]): Promise<Record<string, unknown>[]> {
  const client = new Client({ connectionString: database })
  await client.connect()
  try {
    let rows: Record<string, unknown>[] = []
    for (const sql of statements) rows = (await client.query<Record<string, unknown>>(sql)).rows
    return rows
  } finally {
    await client.end()
  }
}

function withLogin(address: string, user: string, password: string): string {
  const changed = new URL(address)
  Object.assign(changed, { username: user, password })
  return changed.href
}

const server = Server.of(url, { project, run: '00000000' })

jest.setTimeout(60_000)

/** A test finds none that an earlier one has left. */
beforeEach(async () => {
  const left = await server.databases()
  const held = await server.heldLocks()
  for (const { name, mark } of left)
    if (mark?.purpose === 'worker' && !isHeld(lockOf('run', mark.run), held)) await server.dropDatabase(name)
})
afterAll(async () => {
  for (const { name } of await server.databases()) await server.dropDatabase(name)
})

test('a worker keeps its database for the run, and others have theirs', async () => {
  const one = await begin('1')
  const name = await claim(one)
  expect(name).toMatch(/^test_workers_[0-9a-f]{8}_worker_r[0-9a-f]{8}_w1$/)
  expect(await claim(one)).toBe(name)
  const two = await begin('2')
  const unnumbered = await begin(undefined)
  expect(new Set([name, await claim(two), await claim(unnumbered)])).toHaveProperty('size', 3)
  await Promise.all([one.end(), two.end(), unnumbered.end()])
})

test('of workers that come for the same database, one gets it', async () => {
  const first = await begin()
  const oid = await oidOf(await claim(first))
  await first.end()
  const runs = await Promise.all(['1', '2', '3', '4'].map((worker) => begin(worker)))
  const names = await Promise.all(runs.map(claim))
  const oids = await Promise.all(names.map(oidOf))
  expect(new Set(oids).size).toBe(4)
  expect(oids).toContain(oid)
  await Promise.all(runs.map((run) => run.end()))
})

test('one that is as it was made is used again, its sequences put back; one that is not is dropped', async () => {
  const runs: Run[] = []
  const claimNext = async (): Promise<{ oid: number; url: string }> => {
    await runs.at(-1)?.end()
    runs.push(await begin())
    const name = await claim(runs.at(-1)!)
    return { oid: await oidOf(name), url: server.url(name) }
  }
  const first = await claimNext()
  await query(first.url, "select nextval('accounts_id_seq'), nextval('orders_id_seq')")
  const second = await claimNext()
  expect(second.oid).toBe(first.oid)
  const [row] = await query(second.url, "select nextval('accounts_id_seq') a, nextval('orders_id_seq') o")
  expect(row).toEqual({ a: '3', o: '5000' })
  await query(second.url, "insert into accounts (name) values ('eve')")
  const third = await claimNext()
  expect(third.oid).not.toBe(first.oid)
  expect(await query(url, `select from pg_database where oid = ${first.oid}`)).toEqual([])
  await runs.at(-1)?.end()
})

describe('a database is as it was made', () => {
  let run: Run
  let name: string
  beforeAll(async () => {
    run = await begin()
    name = await claim(run)
  })
  afterAll(() => run.end())

  /** Whether it still is after these statements. */
  async function isStillAfter(statements: readonly string[]): Promise<boolean> {
    const made = await readFingerprint(run.server, name)
    await query(run.server.url(name), ...statements.map((sql) => sql.replaceAll('DATABASE_NAME', name)))
    return isRestored(run.server, name, made!)
  }

  test.each([
    ['nothing', []],
    ['reads', ['select * from accounts', 'table names']],
    [
      'what was rolled back',
      [
        'begin',
        "insert into accounts (name) values ('eve')",
        'delete from orders',
        'create table t ()',
        'rollback',
      ],
    ],
    [
      'a failed statement',
      [
        "do $$ begin insert into accounts (name) values ('eve'); raise 'no'; exception when others then null; end $$",
      ],
    ],
    ['statistics and a vacuum', ['analyze', 'vacuum accounts']],
    ['a temporary table that was rolled back', ['begin', 'create temp table t (id int)', 'rollback']],
    ['numbers of a sequence', ["select nextval('orders_id_seq')"]],
  ])('after %s', async (_what, statements) => {
    expect(await isStillAfter(statements)).toBe(true)
  })

  test.each([
    ['a row', "insert into accounts (name) values ('eve')"],
    [
      'a row in a savepoint',
      "begin; savepoint s; insert into accounts (name) values ('zoe'); release s; commit",
    ],
    ['a changed row', "update accounts set name = 'max' where name = 'eve'"],
    ['a removed row', "delete from accounts where name = 'max'"],
    ['an emptied table', 'truncate orders'],
    ['a table', 'create table more (id int)'],
    ['a dropped index', 'alter table accounts drop constraint accounts_name_key'],
    ['a function', "create or replace function double(int) returns int language sql as 'select 3'"],
    ['a default', "alter table accounts alter name set default 'eve'"],
    ['a refreshed view', 'refresh materialized view names'],
    ['an altered sequence', 'alter sequence orders_id_seq start 7'],
    ['a right', 'grant select on accounts to public'],
    ['a comment', "comment on table accounts is 'eve'"],
    ['a large object', 'select lo_create(0)'],
    ['a setting', "alter database DATABASE_NAME set search_path to 'other'"],
    ['a right on the database', 'grant temp, connect, create on database DATABASE_NAME to public'],
  ])('but not after a commit of %s', async (_what, statement) => {
    expect(await isStillAfter([statement])).toBe(false)
  })

  test('what the user may not read is not taken for known', async () => {
    await query(run.server.url(name), 'create schema if not exists hidden', 'create table hidden.t ()')
    const asUser = Server.of(withLogin(url, 'app_user', 'secret'), { project, run: '00000001' })
    expect(await readFingerprint(asUser, name)).toBeUndefined()
  })
})

test('nor is one used again when a session of the run that is gone is still open in it', async () => {
  const first = await begin()
  const name = await claim(first)
  const oid = await oidOf(name)
  const late = new Client({ connectionString: first.server.url(name) })
  const lost = new Promise((resolve) => late.on('error', resolve))
  await late.connect()
  await first.end()
  const next = await begin()
  expect(await oidOf(await claim(next))).not.toBe(oid)
  await lost
  await next.end()
})

test('nor is one that takes no connections any more', async () => {
  const first = await begin()
  const name = await claim(first)
  const oid = await oidOf(name)
  await server.query(`alter database "${name}" allow_connections false`)
  await first.end()
  const next = await begin()
  expect(await oidOf(await claim(next))).not.toBe(oid)
  await next.end()
})

test('a run drops what no later one can use: unfinished, or of a template that has changed', async () => {
  const first = await begin()
  const unfinished = await claim(first)
  await server.query(
    server.markSql(unfinished, {
      purpose: 'worker',
      state: 'building',
      recipe: 'main',
      hash: first.template.hash,
    }),
  )
  await first.end()
  const next = await begin()
  await sweepWorkers(next.server, next.template)
  const kept = await claim(next)
  expect(kept).not.toBe(unfinished)
  await next.end()

  const changed = await begin('1', `${SCHEMA}; create table more ()`)
  await sweepWorkers(changed.server, changed.template)
  const left = (await server.databases()).filter(({ mark }) => mark?.purpose === 'worker')
  expect(left).toEqual([])
  await changed.end()
})

test('those of a run that is alive are left alone, by those of other templates, too', async () => {
  const alive = await begin()
  const name = await claim(alive)
  const other = await begin('1', `${SCHEMA}; create table more ()`)
  await sweepWorkers(other.server, other.template)
  const same = await begin()
  expect(await claim(same)).not.toBe(name)
  expect(await oidOf(name)).toBeGreaterThan(0)
  await Promise.all([alive, other, same].map((run) => run.end()))
})

describe('what is missing is told', () => {
  const { env } = process
  beforeEach(() => {
    const isOfServer = (name: string): boolean => /^(?:DATABASE_URL$|TEST_DB_|PG[A-Z]+$)/.test(name)
    process.env = Object.fromEntries(Object.entries(env).filter(([name]) => !isOfServer(name)))
  })
  afterEach(() => {
    process.env = env
  })

  test('layers, where no global set-up has given any', async () => {
    await expect(useWorkerDatabase()).rejects.toMatchObject({ code: 'PG_SANDBOX_NO_WORKER_DATABASES' })
  })

  test('a server', async () => {
    const missing = { code: 'PG_SANDBOX_NO_SERVER' }
    await expect(useWorkerDatabase({ layers: [] })).rejects.toMatchObject(missing)
    await expect(workerDatabases({ layers: [] })()).rejects.toMatchObject(missing)
  })
})
