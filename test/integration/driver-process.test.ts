import { useDatabase } from '../support/database.ts'
import { type Ended, runScript } from '../support/node-process.ts'

const database = useDatabase('create table notes (id int primary key, body text)')

jest.setTimeout(60_000)

const run = (script: string): Promise<Ended> => runScript(database.url(), script)

const summary = ({ code, stdout, stderr }: Ended): unknown => ({
  code,
  stdout,
  // Warnings without the process id.
  stderr: stderr.replaceAll(/\(node:\d+\)/g, '(node)'),
})

/** The script exits by itself and says the same, plainly and in a sandbox. */
async function expectSameProcess(script: string): Promise<void> {
  const inSandbox = `await testTransaction.start()\n${script}\nawait testTransaction.close()`
  const [plain, sandboxed] = await Promise.all([run(script), run(inSandbox)])
  expect(summary(sandboxed)).toEqual(summary(plain))
  expect(sandboxed.code).toBe(0)
}

describe('a process exits by itself', () => {
  test('after a client has ended', () =>
    expectSameProcess(`
      const client = new Client(url)
      await client.connect()
      console.log((await client.query('select 1 as n')).rows)
      await client.end()`))

  test('with an idle pool with allowExitOnIdle', () =>
    expectSameProcess(`
      const pool = new Pool({ connectionString: url, allowExitOnIdle: true, idleTimeoutMillis: 60000 })
      console.log((await pool.query('select 1 as n')).rows)`))

  test('with an idle pool once its clients’ idle time is over', () =>
    expectSameProcess(`
      const pool = new Pool({ connectionString: url, idleTimeoutMillis: 100 })
      console.log((await pool.query('select 1 as n')).rows)`))

  test('after close(), without pool.end(), as the pool has no connection of its own', async () => {
    const ended = await run(`
      await testTransaction.start()
      const pool = new Pool({ connectionString: url, idleTimeoutMillis: 100 })
      await pool.query('insert into notes values (1)')
      await testTransaction.parallel(() => pool.query('insert into notes values (2)'))
      await testTransaction.close()
      console.log('closed')`)
    expect(summary(ended)).toEqual({ code: 0, stdout: 'closed\n', stderr: '' })
  })

  test('when close() is forgotten, for an idle pinned connection holds nobody', async () => {
    const ended = await run(`
      await testTransaction.start()
      const pool = new Pool({ connectionString: url, allowExitOnIdle: true })
      await pool.query('insert into notes values (1)')
      console.log('done')`)
    expect(summary(ended)).toEqual({ code: 0, stdout: 'done\n', stderr: '' })
    expect(await database.countOutside('notes')).toBe(0)
  })

  test('after logins that failed', () =>
    expectSameProcess(`
      for (const change of [{ password: () => Promise.reject(new Error('none')) }, { password: 'wrong' }]) {
        const { hostname, port } = new URL(url)
        const client = new Client({ host: hostname, port, user: 'app_user', database: 'postgres', ...change })
        client.on('error', () => {})
        await client.connect().catch((error) => console.log(error.message))
        client.connection.stream.destroy()
      }`))
})

describe('a process waits', () => {
  test('for a query that is not awaited', () =>
    expectSameProcess(`
      const pool = new Pool({ connectionString: url, allowExitOnIdle: true })
      const told = pool.query('select pg_sleep(0.2)').then(() => console.log('answered'))
      await told`))

  test('for a query that nobody holds but its callback', async () => {
    const ended = await run(`
      await testTransaction.start()
      const pool = new Pool({ connectionString: url, allowExitOnIdle: true })
      pool.query('select pg_sleep(0.2)', () => console.log('answered'))`)
    expect(ended).toMatchObject({ code: 0, stdout: 'answered\n' })
  })

  test('for a query so slow that the sandbox has looked what it waits for', async () => {
    const ended = await run(`
      testTransaction.configure({ outsideQueryTimeout: 30 })
      await testTransaction.start()
      const pool = new Pool({ connectionString: url, allowExitOnIdle: true })
      pool.query('select pg_sleep(0.3)', () => console.log('answered'))`)
    expect(ended).toMatchObject({ code: 0, stdout: 'answered\n', stderr: '' })
  })
})

describe('no warning, and no rejection that nobody handles,', () => {
  const WATCH = `
    process.on('unhandledRejection', (error) => console.log('unhandled rejection:', error.message))
    process.on('warning', (warning) => console.log('warning:', warning.name, warning.message))`
  const settle = 'await new Promise((resolve) => setTimeout(resolve, 100))'

  test('comes from ordinary work that pg does not give plainly', () =>
    expectSameProcess(`${WATCH}
      const pool = new Pool({ connectionString: url, max: 3 })
      await Promise.all([1, 2, 3, 4].map((n) => pool.query('select $1::int', [n])))
      const client = await pool.connect()
      await client.query('begin')
      await client.query('select no_column').catch(() => {})
      await client.query('rollback')
      client.release()
      await pool.query({ name: 'a', text: 'select 1' })
      await pool.end()
      ${settle}`))

  test('comes from many clients, listeners and cursors', () =>
    expectSameProcess(`${WATCH}
      const Cursor = require('pg-cursor')
      const clients = []
      for (let n = 0; n < 15; n += 1) {
        const client = new Client(url)
        await client.connect()
        clients.push(client)
      }
      for (const client of clients) {
        for (let n = 0; n < 15; n += 1) {
          const cursor = client.query(new Cursor('select n from generate_series(1, 10) n'))
          await cursor.read(3)
          await cursor.close()
        }
      }
      await Promise.all(clients.map((client) => client.end()))
      ${settle}`))

  test('comes from failed logins', () =>
    expectSameProcess(`${WATCH}
      for (const change of [{ port: 1 }, { database: 'no_such_database' }, { host: 'no-such-host.invalid' }, { ssl: true }]) {
        const { hostname, port, username, password, pathname } = new URL(url)
        const pool = new Pool({ host: hostname, port, user: username, password, database: pathname.slice(1), ...change })
        pool.on('error', (error) => console.log('pool error', error.message))
        await pool.query('select 1').catch((error) => console.log(error.code, error.message.replace(/ for .*/, '')))
        await pool.end()
      }
      ${settle}`))

  test('comes from a terminated connection, in the sandbox', async () => {
    const ended = await run(`${WATCH}
      const pool = new Pool({ connectionString: url })
      pool.on('error', () => {})
      await testTransaction.start()
      for (const text of ['select 1', 'insert into notes values (1)', 'begin']) {
        await testTransaction.start()
        const client = await pool.connect()
        client.on('error', () => {})
        await client.query(text)
        await client.query('select pg_terminate_backend(pg_backend_pid())').catch((error) => console.log(error.code))
        client.release(true)
        await testTransaction.rollback()
        await testTransaction.start()
        console.log((await pool.query('select count(*)::int as n from notes')).rows[0].n)
        await testTransaction.rollback()
      }
      await testTransaction.close()
      await pool.end()
      ${settle}`)
    expect(ended).toMatchObject({ code: 0, stdout: '57P01\n0\n'.repeat(3), stderr: '' })
  })

  test('comes from queries that are still waiting when their test ends', async () => {
    const ended = await run(`${WATCH}
      const pool = new Pool({ connectionString: url })
      await testTransaction.start()
      await testTransaction.start()
      await pool.query('insert into notes values (1)')
      const late = [1, 2, 3].map(() => pool.query('select pg_sleep(0.05)').catch((error) => error.code))
      await testTransaction.rollback()
      console.log((await Promise.all(late)).filter((code) => code !== 'PG_SANDBOX_TEST_ENDED').length <= 1)
      await testTransaction.close()
      await pool.end()
      ${settle}`)
    expect(summary(ended)).toEqual({ code: 0, stdout: 'true\n', stderr: '' })
  })

  test('an error thrown in a callback is uncaught as plainly', () =>
    expectSameProcess(`
      process.on('uncaughtException', (error) => console.log('uncaught:', error.message))
      const client = new Client(url)
      await client.connect()
      client.query('select 1', () => { throw new Error('thrown in a callback') })
      console.log((await client.query('select 2 as n')).rows)
      await client.end()`))

  test('an error that nobody handles ends the process as plainly', async () => {
    const script = `
      const client = new Client(url)
      await client.connect()
      client.query('select no_column')
      await new Promise((resolve) => setTimeout(resolve, 300))`
    const plain = await run(script)
    const sandboxed = await run(`await testTransaction.start()\n${script}`)
    expect(sandboxed.code).toBe(plain.code)
    expect(sandboxed.stderr).toContain('column "no_column" does not exist')
  })
})
