'use strict'

// Owns one PostgreSQL server and its folder, in a process of its own; see `startKeeper` in postgres.cjs.
// Answers `{ port, logFile }` on its output when the server is ready, and ends when its input closes.

const { spawn } = require('node:child_process')
const fs = require('node:fs/promises')
const { openSync } = require('node:fs')
const net = require('node:net')
const path = require('node:path')
const { setTimeout: sleep } = require('node:timers/promises')
const { accountForServer, programsFolder, temporaryFolder } = require('./postgres-programs.cjs')

const START_LIMIT = 60_000

/** @type {import('node:child_process').ChildProcess | undefined} what runs now: initdb, then postgres */
let running
/** @type {string | undefined} */
let folder
/** @type {Promise<unknown> | undefined} settles when nothing is written to the folder any more */
let starting
/** @type {Promise<void> | undefined} */
let stopping

async function main() {
  const settings = JSON.parse(process.argv[2] ?? '{}')
  process.stdin.resume().on('close', () => stop(0))
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => stop(0))
  // Who reads our output may be gone when we have something to say.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {})
  try {
    starting = start(settings)
    process.stdout.write(`${JSON.stringify(await starting)}\n`)
  } catch (error) {
    if (!stopping) process.stderr.write(error instanceof Error ? error.message : String(error))
    await stop(1)
  }
}

/** @param {Record<string, string>} settings */
async function start(settings) {
  const account = accountForServer()
  folder = await temporaryFolder(account)
  const programs = await programsFolder(folder)
  const data = path.join(folder, 'data')
  const logFile = path.join(folder, 'server.log')
  await fs.writeFile(logFile, '')
  await initialize(programs, data, account)
  for (let attempt = 1; ; attempt += 1) {
    const port = await freePort()
    await configure(data, { ...defaultSettings(folder, port), ...settings })
    if (await serve({ programs, data, logFile, account })) return { port, logFile }
    // Somebody else may have taken the port in between.
    if (attempt === 5) throw new Error(`postgres ended at once:\n${await fs.readFile(logFile, 'utf8')}`)
  }
}

/**
 * @param {string} programs
 * @param {string} data
 * @param {import('./postgres-programs.cjs').Account} account
 */
async function initialize(programs, data, account) {
  const options = ['--username=postgres', '--auth=trust', '--encoding=UTF8', '--no-locale', '--no-sync']
  const initdb = spawnProgram(path.join(programs, 'initdb'), ['-D', data, ...options], account, 'pipe')
  let output = ''
  initdb.stdout?.on('data', (chunk) => (output += chunk))
  initdb.stderr?.on('data', (chunk) => (output += chunk))
  const code = await exitOf(initdb)
  if (code !== 0) throw new Error(`initdb failed (${code}).\n${output}`)
  await fs.writeFile(path.join(data, 'pg_hba.conf'), HBA)
}

const HBA = `local all postgres trust
host  all postgres 127.0.0.1/32 trust
local all all scram-sha-256
host  all all 127.0.0.1/32 scram-sha-256
`

/**
 * @param {string} socketFolder
 * @param {number} port
 * @returns {Record<string, string>}
 */
function defaultSettings(socketFolder, port) {
  return {
    port: String(port),
    listen_addresses: '127.0.0.1',
    unix_socket_directories: socketFolder,
    max_connections: '100',
    shared_buffers: '16MB',
    fsync: 'off',
    synchronous_commit: 'off',
    full_page_writes: 'off',
    wal_level: 'minimal',
    max_wal_senders: '0',
    password_encryption: 'scram-sha-256',
    timezone: 'UTC',
    log_timezone: 'UTC',
  }
}

/**
 * @param {string} data
 * @param {Record<string, string>} settings
 */
async function configure(data, settings) {
  const lines = Object.entries(settings).map(
    ([name, value]) => `${name} = '${value.replaceAll("'", "''")}'\n`,
  )
  await fs.writeFile(path.join(data, 'postgresql.auto.conf'), lines.join(''))
}

/**
 * @param {{ programs: string, data: string, logFile: string, account: import('./postgres-programs.cjs').Account }} server
 * @returns {Promise<boolean>} false if the server ended before it was ready
 */
async function serve({ programs, data, logFile, account }) {
  const log = openSync(logFile, 'a')
  const postgres = spawnProgram(path.join(programs, 'postgres'), ['-D', data], account, log)
  void exitOf(postgres).catch(() => {})
  const limit = Date.now() + START_LIMIT
  while (postgres.exitCode === null && postgres.signalCode === null) {
    if (await isReady(data)) return true
    if (Date.now() > limit) throw new Error(`postgres was not ready within ${START_LIMIT / 1000} s`)
    await sleep(20)
  }
  return false
}

/**
 * The eighth line of postmaster.pid is the server's own word, where a port that answers may be another server's.
 *
 * @param {string} data
 */
async function isReady(data) {
  const lines = await fs.readFile(path.join(data, 'postmaster.pid'), 'utf8').catch(() => '')
  return lines.split('\n')[7]?.trim() === 'ready'
}

/**
 * @param {string} program
 * @param {string[]} parameters
 * @param {import('./postgres-programs.cjs').Account} account
 * @param {'pipe' | number} output
 */
function spawnProgram(program, parameters, account, output) {
  if (stopping) throw new Error('stopped while starting')
  // PGPORT, PGDATA and the like would win over what the configuration says.
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('PG')))
  const options = { ...account, env: { ...env, LC_ALL: 'C' }, cwd: '/', detached: true }
  running = spawn(program, parameters, { ...options, stdio: ['ignore', output, output] })
  return running
}

/** @param {import('node:child_process').ChildProcess} child */
function exitOf(child) {
  if (child.exitCode !== null) return Promise.resolve(child.exitCode)
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code, signal) => resolve(code ?? signal))
  })
}

/** @returns {Promise<number>} */
function freePort() {
  return new Promise((resolve, reject) => {
    const server = net.createServer().once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() =>
        typeof address === 'object' && address ? resolve(address.port) : reject(new Error('no port')),
      )
    })
  })
}

/** @param {number} code */
function stop(code) {
  stopping ??= cleanUp()
    .catch((error) => process.stderr.write(`\n${folder} could not be removed: ${error.message}`))
    .then(() => process.exit(code))
  return stopping
}

async function cleanUp() {
  if (running?.pid && running.exitCode === null && running.signalCode === null) {
    const ended = exitOf(running)
    // To postgres: leave at once, without a last checkpoint. initdb has children of its own, so the group.
    process.kill(-running.pid, 'SIGQUIT')
    await Promise.race([ended, sleep(10_000)])
    if (running.exitCode === null && running.signalCode === null) process.kill(-running.pid, 'SIGKILL')
  }
  await starting?.catch(() => {})
  if (folder) await fs.rm(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 })
}

void main()
