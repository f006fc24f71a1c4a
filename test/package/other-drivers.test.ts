/**
 * Other drivers as they are installed. pg.native is built from its sources, which takes a
 * compiler and libpq; where these are not there, its tests are left out.
 */
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import path from 'node:path'
import { useDatabase } from '../support/database.ts'
import { installWith } from './installed.ts'

const database = useDatabase('create table notes (id int primary key)')
let folder: Awaited<ReturnType<typeof installWith>>

/** Where Node's own headers are, beside the program as a rule. */
const NODE = path.dirname(path.dirname(process.execPath))
const has = (program: string): boolean => spawnSync(program, ['--version']).status === 0
const canBuild = existsSync(path.join(NODE, 'include/node/node.h')) && has('pg_config') && has('make')
const whereBuilt = canBuild ? describe : describe.skip

beforeAll(async () => {
  folder = await installWith({
    'pg-native': '^3.5.0',
    postgres: '^3.4.9',
    '@neondatabase/serverless': '^1.0.0',
    ws: '^8.18.0',
  })
  if (!canBuild) return
  const allowed = ['--ignore-scripts=false', '--dangerously-allow-all-scripts']
  await folder.run('npm', ['rebuild', 'libpq', ...allowed], { npm_config_nodedir: NODE })
}, 240_000)
afterAll(() => folder.remove())
beforeEach(() => database.outside('truncate notes'))

/** No variable of the environment tells the server: a driver alone knows it. */
const COMMON = `
const { testTransaction } = require('pg-sandbox')
const at = new URL('postgres:' + process.env.ADDRESS_OF_TEST)
const url = at.href
const options = { host: at.hostname, port: Number(at.port), user: at.username, password: decodeURIComponent(at.password), database: at.pathname.slice(1) }
const INSERT = 'insert into notes values (1)'
const { start, rollback, close } = testTransaction
const told = (promise) => Promise.resolve(promise).then(() => 'written', (error) => error.code ?? error.message)
const within = (promise, limit = 5000) =>
  Promise.race([promise, new Promise((resolve) => setTimeout(() => resolve('pending'), limit).unref())])
`

/** The last line that the script writes. */
async function run(script: string, env: Record<string, string> = {}): Promise<unknown> {
  const source = `${COMMON}\nasync function main() { ${script} }\nmain().then((result) => { console.log(JSON.stringify(result)); process.exit() })`
  const output = await folder.run(process.execPath, ['--no-warnings', '-e', source], {
    PG_SANDBOX_TEST_SERVER: '',
    ADDRESS_OF_TEST: database.url().replace(/^postgres(?:ql)?:/, ''),
    ...env,
  })
  return JSON.parse(output.trim().split('\n').at(-1)!) as unknown
}

whereBuilt('pg.native is refused, and commits nothing', () => {
  test.each([
    [
      'connected before start()',
      `
      const { native } = require('pg')
      const client = new native.Client(url)
      await client.connect()
      await start()
      return within(told(client.query(INSERT)))`,
    ],
    [
      'connected before start(), with a callback',
      `
      const { native } = require('pg')
      const client = new native.Client(url)
      await client.connect()
      await start()
      return within(told(new Promise((resolve, reject) => client.query(INSERT, (error) => error ? reject(error) : resolve()))))`,
    ],
    [
      'a pool with idle clients',
      `
      const { native } = require('pg')
      const pool = new native.Pool({ connectionString: url })
      await pool.query('select 1')
      await start()
      return within(told(pool.query(INSERT)))`,
    ],
    [
      'loaded after start()',
      `
      await start()
      const { native } = require('pg')
      const client = new native.Client(url)
      return within(told(client.connect().then(() => client.query(INSERT))))`,
    ],
    [
      'a pool that is loaded after start()',
      `
      await start()
      const { native } = require('pg')
      return within(told(new native.Pool({ connectionString: url }).query(INSERT)))`,
    ],
    [
      'loaded after start(), which has come twice',
      `
      await start()
      await start()
      await rollback()
      await start()
      const { native } = require('pg')
      return within(told(new native.Pool({ connectionString: url }).query(INSERT)))`,
    ],
    [
      'pg-native by itself',
      `
      await start()
      const Native = require('pg-native')
      const client = new Native()
      const call = (method, ...args) => new Promise((resolve, reject) => client[method](...args, (error) => error ? reject(error) : resolve()))
      return within(told(call('connect', url).then(() => call('query', INSERT))))`,
    ],
  ])('%s', async (_name, script) => {
    const code = await run(script)
    expect(await database.countOutside('notes')).toBe(0)
    expect(code).toBe('PG_SANDBOX_NATIVE_CLIENT')
  })

  test('NODE_PG_FORCE_NATIVE', async () => {
    const script = `
      await start()
      const { Pool } = require('pg')
      return within(told(new Pool({ connectionString: url }).query(INSERT)))`
    expect(await run(script, { NODE_PG_FORCE_NATIVE: '1' })).toBe('PG_SANDBOX_NATIVE_CLIENT')
    expect(await database.countOutside('notes')).toBe(0)
  })

  test('outside the sandbox it works', async () => {
    const script = `
      await start()
      const { native } = require('pg')
      await close()
      return within(told(new native.Pool({ connectionString: url }).query(INSERT)))`
    expect(await run(script)).toBe('written')
  })
})

describe('postgres.js', () => {
  test('connected before start(), by host and port, is refused, and commits nothing', async () => {
    const code = await run(`
      const sql = require('postgres')({ ...options, max: 1 })
      await sql\`select 1\`
      await start()
      return within(told(sql.unsafe(INSERT)))`)
    expect(await database.countOutside('notes')).toBe(0)
    expect(code).toBe('PG_SANDBOX_UNSANDBOXED')
  })

  test('with ssl: require is refused at once where the server has no TLS', async () => {
    const [code, took] = (await run(`
      await start()
      const began = Date.now()
      const sql = require('postgres')({ ...options, ssl: 'require', connect_timeout: 20 })
      const code = await within(told(sql.unsafe(INSERT)), 8000)
      return [code, Date.now() - began]`)) as [string, number]
    expect(code).not.toMatch(/^(?:pending|written)$/)
    expect(took).toBeLessThan(5000)
    expect(await database.countOutside('notes')).toBe(0)
  })

  test('that is opened after start() is in the sandbox', async () => {
    const told = await run(`
      await start()
      const sql = require('postgres')(options)
      await sql.unsafe(INSERT)
      const rows = await sql\`select id from notes\`
      await sql.end()
      return [...rows]`)
    expect(told).toEqual([{ id: 1 }])
    expect(await database.countOutside('notes')).toBe(0)
  })
})

describe('a WebSocket to a Postgres proxy, as @neondatabase/serverless has it', () => {
  /** The proxy runs in a process of its own: what it sends to the server is none of the test's. */
  const CONNECT = `
    const proxy = require('node:child_process').spawn(process.execPath, ['-e', \`
      const { WebSocketServer } = require('ws')
      const server = new WebSocketServer({ port: 0, host: '127.0.0.1' }, () => console.log(server.address().port))
      server.on('connection', (socket) => {
        const onward = require('node:net').connect(\${options.port}, '127.0.0.1')
        socket.on('message', (bytes) => onward.write(bytes)).on('close', () => onward.destroy())
        onward.on('data', (bytes) => socket.send(bytes)).on('close', () => socket.close())
      })\`], { stdio: ['ignore', 'pipe', 'inherit'] })
    process.on('exit', () => proxy.kill())
    const port = await new Promise((resolve) => proxy.stdout.once('data', (text) => resolve(Number(text))))
    const warnings = []
    process.on('warning', ({ code }) => warnings.push(code))
    const { Client, neonConfig } = require('@neondatabase/serverless')
    neonConfig.webSocketConstructor = require('ws')
    neonConfig.wsProxy = () => '127.0.0.1:' + port
    Object.assign(neonConfig, { useSecureWebSocket: false, pipelineTLS: false, pipelineConnect: false })
    const client = new Client(url)
    client.on('error', () => {})`

  test.each([
    ['opened after start()', `await start(); const code = await within(told(client.connect()))`],
    [
      'opened before start()',
      `await client.connect(); await start(); const code = await within(told(client.query(INSERT)))`,
    ],
  ])('%s is refused, which a warning tells, and commits nothing', async (_when, script) => {
    const [code, warnings] = (await run(`${CONNECT}
      ${script}
      await new Promise((resolve) => setTimeout(resolve, 50))
      return [code, warnings]`)) as [string, string[]]
    expect(await database.countOutside('notes')).toBe(0)
    expect(code).not.toMatch(/^(?:written|pending)$/)
    expect(warnings).toContain('PG_SANDBOX_UNSANDBOXED')
  })

  test('with onUnsandboxed: warn is told of in a warning, and commits', async () => {
    const [told, warnings] = (await run(`${CONNECT}
      testTransaction.configure({ onUnsandboxed: 'warn' })
      await client.connect()
      await start()
      const result = await within(told(client.query(INSERT)))
      await new Promise((resolve) => setTimeout(resolve, 50))
      return [result, warnings]`)) as [string, string[]]
    expect(told).toBe('written')
    expect(warnings).toContain('PG_SANDBOX_UNSANDBOXED')
    expect(await database.countOutside('notes')).toBe(1)
  })

  test('outside the sandbox works', async () => {
    expect(await run(`${CONNECT}\nawait client.connect()\nreturn within(told(client.query(INSERT)))`)).toBe(
      'written',
    )
    expect(await database.countOutside('notes')).toBe(1)
  })
})
