/** What a test has left behind is refused after close() as well, whenever it comes. */
import { useDatabase } from '../support/database.ts'
import { runScript } from '../support/node-process.ts'

const database = useDatabase('create table notes (id int primary key, text text)')
beforeEach(() => database.outside('truncate notes'))

/** What every script has, beside what runScript() gives it. */
const COMMON = `
  const { isolated } = require('${require.resolve('../../src/index.ts')}')
  const pool = new Pool({ connectionString: url })
  pool.on('error', () => {})
  const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms))
  let id = 0
  const told = []
  const reached = async (count) => { while (told.length < count) await sleep(10) }
  const insert = (client = pool) =>
    client.query('insert into notes values ($1)', [++id]).then(() => told.push('written'), (error) => told.push(error.code))
  const { start, rollback, close, parallel } = testTransaction
  const finish = async () => { await pool.end(); console.log(JSON.stringify(told)) }`

async function run(script: string): Promise<string[]> {
  const { code, stdout, stderr } = await runScript(database.url(), `${COMMON}\n${script}\nawait finish()`)
  expect([code, stderr]).toEqual([0, ''])
  return JSON.parse(stdout) as string[]
}

const LATE = /^PG_SANDBOX_(?:TEST_ENDED|SCOPE_ENDED)$/

const scripts: [name: string, script: string, written: number][] = [
  [
    'a parallel call that goes on after close()',
    `
    await start()
    const scope = parallel(async () => { await insert(); await sleep(200); await insert() })
    await reached(1)
    await close()
    await scope.catch(() => {})`,
    1,
  ],
  [
    'a parallel call that goes on after close(), with ten queries',
    `
    await start()
    const scope = parallel(async () => { await sleep(200); for (let i = 0; i < 10; i++) await insert() })
    await close()
    await scope.catch(() => {})`,
    0,
  ],
  [
    'a parallel call that goes on after close(), with a client that was lent',
    `
    await start()
    const scope = parallel(async () => {
      const client = await pool.connect()
      client.on('error', () => {})
      await insert(client)
      await sleep(200)
      await insert(client)
      client.release(true)
    })
    await reached(1)
    await close()
    await scope.catch(() => {})`,
    1,
  ],
  [
    'a parallel call that goes on after close(), with a new client',
    `
    await start()
    const scope = parallel(async () => {
      await sleep(200)
      const client = new Client(url)
      client.on('error', () => {})
      await client.connect()
      await insert(client).finally(() => client.end())
    })
    await close()
    await scope.catch((error) => told.push(error.code))`,
    0,
  ],
  [
    'a timer of a parallel call that has ended',
    `
    await start()
    await parallel(() => void setTimeout(() => void insert(), 200))
    await close()
    await sleep(500)`,
    0,
  ],
  [
    'a timer of a parallel call, after start() has come again',
    `
    await start()
    await parallel(() => void setTimeout(() => void insert(), 200))
    await close()
    await start()
    await sleep(500)
    await close()`,
    0,
  ],
  [
    'a timer of a parallel call without start()',
    `
    await parallel(async () => { await insert(); setTimeout(() => void insert(), 200) })
    await sleep(500)`,
    1,
  ],
  [
    'a timer of a body of isolated()',
    `
    await isolated(async () => { await insert(); setTimeout(() => void insert(), 200) })()
    await sleep(500)`,
    1,
  ],
  [
    'a body of isolated() that goes on after close()',
    `
    const body = isolated(async () => { await insert(); await sleep(200); await insert() })()
    await reached(1)
    await close()
    await body.catch(() => {})`,
    1,
  ],
  [
    'a transaction of a parallel call that goes on after close()',
    `
    await start()
    const scope = parallel(async () => {
      const client = await pool.connect()
      client.on('error', () => {})
      await client.query('begin')
      await insert(client)
      await sleep(200)
      await insert(client)
      await client.query('commit').catch(() => {})
      client.release(true)
    })
    await reached(1)
    await close()
    await scope.catch(() => {})`,
    1,
  ],
]

describe('is refused, and commits nothing:', () => {
  test.each(scripts)('%s', async (_name, script, written) => {
    const told = await run(script)
    expect(await database.countOutside('notes')).toBe(0)
    expect(told.slice(0, written)).toEqual(Array(written).fill('written'))
    expect(told.length).toBeGreaterThan(written)
    for (const code of told.slice(written)) expect(code).toMatch(LATE)
  })
})

test('what is called after close() by nobody’s test is outside, as ever', async () => {
  expect(await run('await start(); await insert(); await close(); await insert()')).toEqual([
    'written',
    'written',
  ])
  expect(await database.countOutside('notes')).toBe(1)
})
