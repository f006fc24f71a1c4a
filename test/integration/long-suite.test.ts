import { useDatabase } from '../support/database.ts'
import { runScript } from '../support/node-process.ts'

const database = useDatabase(`
  create table users (id serial primary key, email text unique);
  create table orders (id serial primary key, user_id int references users, total int check (total > 0))`)

/** Two hundred tests over one pool, of seven kinds, with the hooks of the set-up file around them. */
const SUITE = `
  const pool = new Pool({ connectionString: url, max: 5 })
  const { start, rollback, close, parallel } = testTransaction
  const insert = (email) => pool.query('insert into users (email) values ($1) returning id', [email])
  const count = async () => (await pool.query('select count(*)::int as n from users')).rows[0].n
  const check = (holds) => { if (!holds) throw new Error('a test has failed') }
  async function transaction(work) {
    const client = await pool.connect()
    try {
      await client.query('begin')
      await work(client)
      await client.query('commit')
    } catch (error) {
      await client.query('rollback')
      throw error
    } finally {
      client.release()
    }
  }
  const kinds = [
    async () => check((await count()) === 1),
    async () => { await insert('one'); check((await count()) === 2) },
    async () => {
      await insert('one')
      await insert('one').catch((error) => check(error.code === '23505'))
      check((await count()) === 2)
    },
    () => transaction(async (client) => {
      const { rows: [{ id }] } = await client.query("insert into users (email) values ('buyer') returning id")
      await client.query('savepoint s')
      await client.query('insert into orders (user_id, total) values ($1, 0)', [id]).catch(() => {})
      await client.query('rollback to s')
      await client.query('insert into orders (user_id, total) values ($1, 9)', [id])
    }),
    () => transaction(() => { throw new Error('undone') }).catch(() => {}),
    async () => { await Promise.all(['a', 'b', 'c', 'd', 'e', 'f', 'g'].map(insert)); check((await count()) === 8) },
    async () => {
      const counts = await Promise.all([1, 2].map(() => parallel(async () => { await insert('same'); return count() })))
      check(counts.join() === '1,1')
    },
  ]
  await start()
  await insert('of the file')
  for (let test = 0; test < 200; test += 1) {
    await start()
    await kinds[test % kinds.length]()
    await rollback()
  }
  await close()
  await pool.end()
  console.log('200 tests')
`

test('a suite of 200 tests over one pool leaves every table empty, and the process exits by itself', async () => {
  const { code, stdout, stderr } = await runScript(database.url(), SUITE, 60_000)
  expect({ code, stdout: stdout.trim(), stderr }).toEqual({ code: 0, stdout: '200 tests', stderr: '' })
  expect(await database.countOutside('users')).toBe(0)
  expect(await database.countOutside('orders')).toBe(0)
}, 90_000)
