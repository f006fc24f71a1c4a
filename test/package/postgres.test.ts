import { readFile } from 'node:fs/promises'
import net from 'node:net'
import path from 'node:path'
import { useDatabase } from '../support/database.ts'
import { until } from '../support/until.ts'
import { installed as sharedInstall } from './installed.ts'

const database = useDatabase()
const installed = sharedInstall()

const runners: [name: string, parameters: string[]][] = [
  [
    'Jest',
    ['node_modules/jest/bin/jest.js', '--ci', '--rootDir', 'postgres', '-c', 'postgres/jest.config.cjs'],
  ],
  ['Vitest', ['node_modules/vitest/vitest.mjs', 'run', '--root', 'postgres', '--no-color']],
]

type Found = { name: string; port: string }

/** Runs the test that looks for its database; gives what it has found. */
async function find(parameters: string[], env: Record<string, string>): Promise<Found> {
  const file = path.join(installed.folder, 'found.json')
  const output = await installed.run(process.execPath, parameters, { ...env, FOUND_FILE: file })
  expect(output).not.toMatch(/did not exit|close timed out|DeprecationWarning/)
  return JSON.parse(await readFile(file, 'utf8')) as Found
}

function isClosed(port: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = net.connect(Number(port), '127.0.0.1', () => resolve(false))
    socket.on('error', () => resolve(true)).on('connect', () => socket.destroy())
  })
}

test('startPostgres is one function for require and import, makes any database, and ends with the process', async () => {
  const output = await installed.run(process.execPath, ['postgres/start.mjs'])
  const [, port = ''] = /^port (\d+)$/m.exec(output) ?? []
  await until(() => isClosed(port))
})

describe.each(runners)('the global set-up of %s', (_name, parameters) => {
  test('starts a server for the run, whatever server is that of development', async () => {
    const { name, port } = await find(parameters, { DATABASE_URL: database.url(), PGSSLMODE: 'require' })
    expect(name).toBe('test')
    expect(port).not.toBe(new URL(database.url()).port)
    await until(() => isClosed(port))
  })

  test('starts none where the environment names one for tests', async () => {
    const { hostname, port, username, password, pathname } = new URL(database.url())
    const found = await find(parameters, {
      DATABASE_URL: 'postgres://nobody@nowhere.invalid/app',
      TEST_DB_HOST: hostname,
      TEST_DB_PORT: port,
      TEST_DB_USER: username,
      TEST_DB_PASSWORD: password,
      TEST_DB_NAME: pathname.slice(1),
    })
    expect(found).toEqual({ name: pathname.slice(1), port })
  })
})
