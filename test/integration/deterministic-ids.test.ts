import { Client, Pool } from 'pg'
import { testTransaction } from '../../src/index.ts'
import { withClient } from '../support/both-ways.ts'
import { useDatabase } from '../support/database.ts'
import { withRoundTrips } from '../support/round-trips.ts'

const { close, configure, parallel, rollback, start } = testTransaction
const database = useDatabase(`
  create table users (id int generated always as identity (start 100 increment 10), name text unique);
  create table audit (id serial, what text);
  create function audit() returns trigger language plpgsql as
    'begin insert into audit (what) values (tg_op); return new; end';
  create table orders (id bigserial, note text);
  create trigger audited after insert on orders for each row execute function audit();
  create sequence numbers cycle cache 5;
  create function take_number() returns bigint language sql as $$ select nextval('numbers') $$;
  create table "Odd names" (id serial);
  create view named_users as select * from users;
  create table tickets (number bigint default take_number());
  grant all on all tables in schema public to app_user;
  grant all on all sequences in schema public to app_user;
  insert into users (name) values ('committed')`)

/** What has been drawn last from each sequence, as other processes see it. */
async function drawn(): Promise<unknown> {
  return database.outside('select sequencename, last_value from pg_sequences order by sequencename')
}

let pool: Pool
let before: unknown
beforeAll(async () => {
  before = await drawn()
  configure({ deterministicIds: true })
  pool = new Pool({ connectionString: database.url() })
})
beforeEach(start)
afterEach(rollback)
afterAll(async () => {
  await close()
  await pool.end()
})

async function value(sql: string, queryable: Pool | Client = pool): Promise<unknown> {
  const { rows } = await queryable.query<unknown[]>({ text: sql, rowMode: 'array' })
  return rows[0]?.[0]
}

function thrice(outcome: unknown): unknown[] {
  return [outcome, outcome, outcome]
}

const insertUser = "insert into users (name) values ('a') returning id"

/** What `work` gives in each of three tests, and whether the sequences are where they were. */
async function inThreeTests(work: () => Promise<unknown>): Promise<unknown[]> {
  const given: unknown[] = []
  for (let i = 0; i < 3; i += 1) {
    await start()
    given.push(await work())
    await rollback()
  }
  await rollback()
  await close()
  expect(await drawn()).toEqual(before)
  await start()
  return given
}

test.each([
  ['an identity column', insertUser, 110],
  ['a serial column', "insert into audit (what) values ('x') returning id", 1],
  ['a column whose default calls a function', 'insert into tickets default values returning number', '1'],
  ['nextval()', "select nextval('numbers')", '1'],
  ['nextval() with a schema', "select nextval('public.numbers'::regclass)", '1'],
  ['a function', 'select take_number()', '1'],
  ['a quoted name', 'insert into "Odd names" default values returning id', 1],
  ['a view', "insert into named_users (name) values ('v') returning id", 110],
  ['WITH', "with a as (insert into users (name) values ('w') returning id) select id from a", 110],
])('the id of %s is the same in each test', async (_, sql, id) => {
  const ids = await inThreeTests(() => value(sql))
  expect(ids).toEqual(thrice(id))
})

test('a trigger draws the same ids in each test', async () => {
  const ids = await inThreeTests(async () => {
    await pool.query("insert into orders (note) values ('a'), ('b')")
    return (await pool.query('select orders.id as "order", audit.id from orders, audit order by 1, 2')).rows
  })
  expect(ids[0]).toHaveLength(4)
  expect(ids).toEqual(thrice(ids[0]))
})

test('setval() ends with its test', async () => {
  const ids = await inThreeTests(async () => {
    const first = await value("select nextval('numbers')")
    await pool.query("select setval('numbers', 4000)")
    return [first, await value("select nextval('numbers')"), await value("select currval('numbers')")]
  })
  expect(ids).toEqual(thrice(['1', '4001', '4001']))
})

test('a statement with a name is no different', async () => {
  const ids = await inThreeTests(async () => {
    const named = { name: 'add', text: 'insert into users (name) values ($1) returning id' }
    const { rows } = await pool.query({ ...named, values: ['n'] })
    return rows
  })
  expect(ids).toEqual(thrice([{ id: 110 }]))
})

test('a failed statement takes an id, as ever; a transaction that is rolled back goes on where it had begun', async () => {
  const ids = await inThreeTests(async () => {
    await expect(pool.query("insert into users (name) values ('committed')")).rejects.toMatchObject({
      code: '23505',
    })
    const first = await value(insertUser)
    const client = await pool.connect()
    await client.query('begin')
    await client.query("insert into audit (what) values ('x')")
    await client.query('rollback')
    const { rows } = await client.query("insert into audit (what) values ('y') returning id")
    client.release()
    return [first, rows]
  })
  expect(ids).toEqual(thrice([120, [{ id: 2 }]]))
})

test('currval() and lastval() tell what was drawn last, as ever', async () => {
  await withClient(database.url(), async (client) => {
    expect(await value(insertUser, client)).toBe(110)
    expect(await value("select currval('users_id_seq')", client)).toBe('110')
    expect(await value('select lastval()', client)).toBe('110')
  })
})

test('each level goes on from where the outer one stands, and comes back to that', async () => {
  expect(await value(insertUser)).toBe(110)
  for (let i = 0; i < 2; i += 1) {
    await start()
    expect(await value("insert into users (name) values ('b') returning id")).toBe(120)
    await rollback()
  }
  expect(await value("insert into users (name) values ('b') returning id")).toBe(120)
})

test('sequences that were made in an outer level start anew in each deeper one', async () => {
  await pool.query('create table made_here (id serial)')
  for (let i = 0; i < 2; i += 1) {
    await start()
    expect(await value('insert into made_here default values returning id')).toBe(1)
    await rollback()
  }
})

test('transactions of an application go on counting, and so do its savepoints', async () => {
  const client = await pool.connect()
  await client.query('begin')
  await client.query("insert into users (name) values ('a')")
  await client.query('savepoint s')
  await client.query("insert into users (name) values ('b')")
  await client.query('rollback to s')
  expect((await client.query("insert into users (name) values ('c') returning id")).rows).toEqual([
    { id: 130 },
  ])
  await client.query('commit')
  client.release()
  expect(await value("insert into users (name) values ('d') returning id")).toBe(140)
})

test('a role without rights to the sequence does not keep its login from setting it apart', async () => {
  const ids = await inThreeTests(() =>
    withClient(database.url(), async (client) => {
      await client.query('set role app_user')
      const id = await value(insertUser, client)
      expect(await value('select current_user', client)).toBe('app_user')
      expect(await value('show lock_timeout', client)).toBe('0')
      return id
    }),
  )
  expect(ids).toEqual(thrice(110))
})

test('parallel scopes count on, and none waits for another', async () => {
  const ids = await Promise.all(
    ['a', 'b', 'c'].map((name) =>
      parallel(() => value(`insert into audit (what) values ('${name}') returning id`)),
    ),
  )
  expect(new Set(ids).size).toBe(3)
  await database.outside("select setval('audit_id_seq', 1, false)")
})

test('a parallel scope, or another session, that needs a sequence of the test is told so', async () => {
  configure({ outsideQueryTimeout: 100 })
  await pool.query(insertUser)
  await withClient({ connectionString: database.url(), options: '-c geqo=off' }, async (client) => {
    await expect(client.query("insert into users (name) values ('o')")).rejects.toMatchObject({
      code: 'PG_SANDBOX_BLOCKED',
    })
  })
  await expect(parallel(() => pool.query("insert into users (name) values ('p')"))).rejects.toMatchObject({
    code: 'PG_SANDBOX_BLOCKED',
  })
  configure({ outsideQueryTimeout: 1000 })
})

test('a sequence that another process uses is not waited for by anything but the statement itself', async () => {
  const other = new Client({ connectionString: database.url() })
  await close()
  await other.connect()
  await other.query("begin; insert into audit (what) values ('theirs')")
  await start()
  expect(await value("insert into audit (what) values ('ours') returning id")).toBe(2)
  await rollback()
  await close()
  await other.query('rollback')
  await other.query("select setval('audit_id_seq', 1, false)")
  await other.end()
  await start()
})

test('nothing of it waits for an answer of its own', async () => {
  await withRoundTrips(database.url(), (trips, url) =>
    withClient(url, async (client) => {
      await client.query('select 1')
      const counted = await trips.count(async () => {
        await start()
        await client.query(insertUser)
        await client.query('select * from users')
        await rollback()
      })
      expect(counted).toBe(2)
    }),
  )
})

test('the user who does not own a sequence is warned, and its ids go on', async () => {
  const warn = jest.spyOn(process, 'emitWarning').mockImplementation(() => {})
  await withClient(database.url({ user: 'app_user', password: 'secret' }), async (client) => {
    const first = await value("insert into audit (what) values ('x') returning id", client)
    await rollback()
    await start()
    expect(await value("insert into audit (what) values ('x') returning id", client)).toBe(Number(first) + 1)
  })
  expect(warn.mock.calls).toEqual([
    [
      'The ids of these sequences go on from test to test: public.audit_id_seq.\n\n' +
        "deterministicIds alters a sequence in the test's transaction, and only its owner may do so.\n\n" +
        'Connect in tests as the owner, or make its role a member: GRANT owner TO user.',
      { type: 'PgSandboxWarning', code: 'PG_SANDBOX_UNOWNED_SEQUENCE' },
    ],
  ])
  warn.mockRestore()
})
