import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { useDatabase } from '../../support/database.ts'
import { openOutside } from '../../support/outside.ts'

jest.setTimeout(30_000)

const ROOT = path.join(__dirname, '../../..')
const database = useDatabase('create table notes (id int primary key)')
const outside = openOutside()

let folder: string
beforeAll(async () => {
  await database.leave()
  folder = await mkdtemp(path.join(os.tmpdir(), 'pg-sandbox-keep-'))
})
afterAll(async () => {
  outside.close()
  await rm(folder, { recursive: true, force: true })
})

const SUITE = `
const { useTestDatabase } = require(${JSON.stringify(path.join(ROOT, 'src/index.ts'))})
const { Pool } = require(${JSON.stringify(require.resolve('pg'))})
useTestDatabase({ isolation: 'database', keep: 'onFailure' })
const pool = new Pool({ connectionString: process.env.DATABASE_URL })
afterAll(() => pool.end())
test('passes', () => pool.query('insert into notes values (1)'))
test('fails', async () => {
  await pool.query('insert into notes values (2)')
  throw new Error('on purpose')
})`

/** Runs Jest itself, and gives what it has written. */
async function runJest(): Promise<string> {
  await writeFile(path.join(folder, 'keep.test.js'), SUITE)
  const { transform } = require(path.join(ROOT, 'jest.config.cjs')).projects[0] as { transform: object }
  const config = JSON.stringify({ rootDir: folder, transform: resolved(transform) })
  const parameters = [require.resolve('jest/bin/jest'), '--config', config]
  const env = { ...process.env, DATABASE_URL: database.url(), NODE_OPTIONS: '', JEST_WORKER_ID: undefined }
  return new Promise((resolve) => {
    execFile(process.execPath, parameters, { cwd: ROOT, env, timeout: 25_000 }, (_error, stdout, stderr) =>
      resolve(stdout + stderr),
    )
  })
}

/** The suite lies outside the project, where the transformer is. */
function resolved(transform: object): object {
  const entries = Object.entries(transform) as [string, [string, unknown]][]
  return Object.fromEntries(
    entries.map(([files, [transformer, options]]) => [files, [require.resolve(transformer), options]]),
  )
}

test('the clone of a failed test is kept and told of, that of the other is dropped', async () => {
  const output = await runJest()
  const [, name = '', url = ''] =
    /the database of the test "fails" is kept for a day: (\S+)\n {2}psql '(\S+)'/.exec(output) ?? []
  expect(output).toContain('on purpose')
  expect(output.match(/is kept for a day/g)).toHaveLength(1)
  expect(new URL(url).pathname).toBe(`/${name}`)
  // The password is not printed.
  const login = new URL(url)
  login.password = new URL(database.url()).password
  expect(await outside.query(login.href, 'select id from notes')).toEqual([{ id: 2 }])
  await outside.disconnect(login.href)
  await database.outside(`drop database "${name}"`)
})
