import net from 'node:net'
import { Client, Pool, type PoolClient } from 'pg'
import { markReal } from '../../src/driver/marks.ts'
import { useTestDatabase } from '../../src/hooks.ts'
import { useTestDatabase as useInNodeTest } from '../../src/runners/node-test.ts'
import { isolated, testTransaction } from '../../src/index.ts'
import { type TestDatabase, useDatabase } from '../support/database.ts'
import { pause } from '../support/pooled.ts'
import { errorOf, nativeClient, unsandboxed } from './connection-provocations.ts'

const { start, rollback, parallel } = testTransaction

/** What the query was told, and what the next rollback() throws. */
export type Told = { readonly told: unknown; readonly rolledBack: unknown }

let database: TestDatabase
let pool: Pool
let clients: PoolClient[] = []

/** A database, and for each test a pool whose connections the end of the test closes. */
export function useProvocations(): void {
  database = useDatabase('create table notes (id int primary key)')

  beforeEach(() => {
    pool = new Pool({ connectionString: database.url() })
    pool.on('error', () => {})
  })

  afterEach(async () => {
    await testTransaction.close().catch(() => {})
    testTransaction.configure({ outsideQueries: 'error', outsideQueryTimeout: 1000 })
    for (const client of clients.splice(0)) client.release(true)
    await pool.end()
    expect(await database.countOutside('notes')).toBe(0)
  })
}

async function lend(): Promise<PoolClient> {
  const client = await pool.connect()
  client.on('error', () => {})
  clients.push(client)
  return client
}

async function outsideQuery(): Promise<unknown> {
  testTransaction.configure({ outsideQueryTimeout: 50 })
  await start()
  const client = await lend()
  await client.query('begin')
  return errorOf(pool.query("select 'outside'"))
}

/** Its own transaction keeps the second from running until the level ends. */
async function waiting(end: () => Promise<void>): Promise<unknown> {
  testTransaction.configure({ outsideQueryTimeout: 60_000 })
  await start()
  const [owner, other] = [await lend(), await lend()]
  await owner.query('begin')
  const waits = errorOf(other.query("select 'waiting'"))
  await pause(20)
  await end()
  return waits
}

/** It waits in its client, while one of the deeper level waits in line. */
async function overtaken(): Promise<unknown> {
  await start()
  const client = await lend()
  const busy = client.query('select pg_sleep(0.1)')
  const overtaking = errorOf(client.query("select 'overtaken'"))
  await start()
  await pool.query('insert into notes values (1)')
  await busy
  return overtaking
}

function testEnded(): Promise<unknown> {
  return waiting(rollback)
}

export function testEndedByClose(): Promise<unknown> {
  return waiting(testTransaction.close)
}

/** Its client has not even connected. */
async function lateQuery(): Promise<unknown> {
  await start()
  const client = new Client(database.url())
  const connecting = errorOf(client.connect())
  await testTransaction.close()
  const error = await connecting
  await client.end().catch(() => {})
  return error
}

async function transactionEnded(): Promise<unknown> {
  await start()
  const client = await lend()
  await client.query('begin')
  const running = errorOf(client.query('insert into notes values (1) returning pg_sleep(0.1)'))
  await rollback()
  await running
  await start()
  return errorOf(client.query("select 'after the test'"))
}

async function scopeEnded(): Promise<unknown> {
  await start()
  let late: Promise<unknown> = Promise.resolve()
  let ended = (): void => {}
  await parallel(async () => {
    await pool.query('insert into notes values (1)')
    late = new Promise<void>((resolve) => (ended = resolve)).then(() =>
      errorOf(pool.query("select 'after the scope'")),
    )
  })
  ended()
  return late
}

/** In a scope of its own, as its end is known there whatever the runner. */
async function calledLate(): Promise<unknown> {
  await start()
  let late: Promise<unknown> = Promise.resolve()
  let ended = (): void => {}
  const body = isolated(async () => {
    await pool.query('select 1')
    late = new Promise<void>((resolve) => (ended = resolve)).then(() =>
      errorOf(pool.query("select 'after the test'")),
    )
  })
  await body()
  ended()
  return late
}

/** Vitest says which test a hook is for. */
async function concurrentTests(): Promise<unknown> {
  await start()
  const startFor = start as (given: unknown) => Promise<void>
  await startFor({ task: { type: 'test', name: 'the other' } })
  return errorOf(pool.query("select 'at the same time'"))
}

function doneCallback(): Promise<unknown> {
  const body = isolated((done: () => void) => done()) as () => Promise<void>
  return errorOf(body())
}

function noAroundEach(): Promise<unknown> {
  return errorOf(Promise.resolve().then(() => useTestDatabase({ ['concurrent' as string]: true })))
}

function invalidSeed(): Promise<unknown> {
  return errorOf(Promise.resolve().then(() => useTestDatabase({ seed: 'rows' as never })))
}

async function connectionLost(): Promise<unknown> {
  await start()
  await pool.query('insert into notes values (1)')
  await errorOf(pool.query('select pg_terminate_backend(pg_backend_pid())'))
  return errorOf(pool.query("select 'after the loss'"))
}

async function twoPhaseCommit(): Promise<unknown> {
  await start()
  const client = await lend()
  await client.query('begin')
  return errorOf(client.query("prepare transaction 'x'"))
}

async function clusterCommand(): Promise<unknown> {
  await database.leave()
  testTransaction.configure({ isolation: 'database' })
  try {
    await start()
    return await errorOf(pool.query('create role made_for_good'))
  } finally {
    await testTransaction.close()
    testTransaction.configure({ isolation: 'transaction' })
  }
}

async function reservedSavepoint(): Promise<unknown> {
  await start()
  const client = await lend()
  await client.query('begin')
  return errorOf(client.query('savepoint "pg-sandbox mine"'))
}

async function blockedByTest(): Promise<unknown> {
  await start()
  await pool.query('insert into notes values (1)')
  return errorOf(parallel(() => pool.query('insert into notes values (1)')))
}

async function schemaNotAllowed(): Promise<unknown> {
  await database.outside(
    `revoke create on database ${new URL(database.url()).pathname.slice(1)} from app_user`,
  )
  const client = new Client(database.url({ user: 'app_user', password: 'secret' }))
  testTransaction.configure({ isolation: 'schema' })
  try {
    await start()
    await client.connect()
    return await errorOf(client.query('select 1'))
  } finally {
    await client.end()
    testTransaction.configure({ isolation: 'transaction' })
  }
}

/** No statement is known that ends the real transaction unseen, so a proxy says that one did. */
async function unexpectedState(): Promise<Told> {
  const target = Number(new URL(database.url()).port)
  const proxy = await startLyingProxy(target, 'values (99)')
  const url = new URL(database.url())
  url.hostname = '127.0.0.1'
  url.port = String(proxy.port)
  const liedTo = new Pool({ connectionString: url.href })
  liedTo.on('error', () => {})
  await start()
  const told = await errorOf(liedTo.query('insert into notes values (99)'))
  const rolledBack = await errorOf(rollback())
  await testTransaction.close()
  await liedTo.end()
  await proxy.close()
  return { told, rolledBack }
}

/** Reports an idle status at the end of the first answer to a message that contains `marker`. */
async function startLyingProxy(
  target: number,
  marker: string,
): Promise<{ port: number; close(): Promise<void> }> {
  const ready = Buffer.from([0x5a, 0, 0, 0, 5, 0x54])
  const server = net.createServer((client) => {
    const onward = markReal(new net.Socket()).connect(target, '127.0.0.1')
    let lies = false
    client.on('data', (chunk) => {
      lies ||= chunk.includes(marker)
      onward.write(chunk)
    })
    onward.on('data', (chunk) => {
      const at = lies ? chunk.lastIndexOf(ready) : -1
      if (at >= 0) chunk[at + 5] = 0x49
      client.write(chunk)
    })
    for (const [one, other] of [
      [client, onward],
      [onward, client],
    ] as const)
      one.on('error', () => {}).on('close', () => other.destroy())
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    port: (server.address() as net.AddressInfo).port,
    close: () => new Promise((resolve) => server.close(() => resolve())),
  }
}

/** The client believes its role in force, which a rollback has undone. */
async function failedOwnStatement(): Promise<Told> {
  await start()
  await start()
  const client = await lend()
  await client.query('create role made_and_undone')
  await client.query('set role made_and_undone')
  await rollback()
  await start()
  const told = await errorOf(client.query('insert into notes values (1)'))
  return { told, rolledBack: await errorOf(rollback()) }
}

/** A warning of the process, as an error with the fields it would have there. */
export async function unseenNotifications(): Promise<unknown> {
  await database.outside(
    `create or replace function tell() returns void language sql as $$ select pg_notify('told', '') $$`,
  )
  const emit = jest.spyOn(process, 'emitWarning').mockImplementation(() => {})
  try {
    await start()
    const client = await lend()
    await client.query('listen told')
    await client.query('select tell()')
    const [message, options] = emit.mock.calls[0] ?? []
    const { type, code } = (options ?? {}) as { type?: string; code?: string }
    return Object.assign(new Error(String(message)), { name: type, code, calls: emit.mock.calls.length })
  } finally {
    emit.mockRestore()
  }
}

async function openTransaction(): Promise<unknown> {
  const client = await lend()
  await client.query('begin')
  await start()
  const error = await errorOf(client.query('insert into notes values (1)'))
  await testTransaction.close()
  await client.query('rollback')
  return error
}

async function noHooks(): Promise<unknown> {
  const { beforeAll: hook } = globalThis
  try {
    Object.assign(globalThis, { beforeAll: undefined })
    return await errorOf(Promise.resolve().then(() => useTestDatabase()))
  } finally {
    Object.assign(globalThis, { beforeAll: hook })
  }
}

function hooksInTest(): Promise<unknown> {
  return errorOf(Promise.resolve().then(() => useTestDatabase()))
}

function otherRunner(): Promise<unknown> {
  return errorOf(Promise.resolve().then(() => useInNodeTest()))
}

function invalidOption(): Promise<unknown> {
  return errorOf(Promise.resolve().then(() => testTransaction.configure({ outsideQueryTimeout: 0 })))
}

/** By the factories that make them. */
export const simple = {
  outsideQuery,
  testEnded,
  lateQuery,
  overtaken,
  transactionEnded,
  calledLate,
  concurrentTests,
  scopeEnded,
  connectionLost,
  schemaNotAllowed,
  twoPhaseCommit,
  clusterCommand,
  reservedSavepoint,
  blockedByTest,
  openTransaction,
  noHooks,
  otherRunner,
  hooksInTest,
  noAroundEach,
  doneCallback,
  invalidSeed,
  invalidOption,
  unsandboxed,
  nativeClient,
}

/** Those that end the connection. */
export const fatal = { unexpectedState, failedOwnStatement }
