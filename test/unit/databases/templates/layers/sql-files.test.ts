import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { shellCommand } from '../../../../../src/databases/templates/layers/shell-command.ts'
import { sqlFiles, upwards } from '../../../../../src/databases/templates/layers/sql-files.ts'
import type { Layer } from '../../../../../src/databases/templates/recipe.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'layers-'))
  write('migrations/0002_two.sql', 'two')
  write('migrations/0001_one/migration.sql', 'one')
  write('migrations/0002_two.down.sql', 'undone')
  write('migrations/meta.json', '{}')
  write('seed.sql', 'seed')
})
afterEach(() => rmSync(folder, { recursive: true }))

function write(name: string, text: string): void {
  const file = path.join(folder, name)
  mkdirSync(path.dirname(file), { recursive: true })
  writeFileSync(file, text)
}

const at = (name: string) => path.join(folder, name)

async function runBy(layer: Layer): Promise<[string, string][]> {
  const ran: [string, string][] = []
  const { signal } = new AbortController()
  const run = async (sql: string, label?: string) => void ran.push([sql, path.relative(folder, label!)])
  await layer.apply({ name: 'made_test', url: 'postgres://127.0.0.1/made_test', signal, run })
  return ran
}

test('files of a folder are applied in the order of their paths, those of down migrations are not', async () => {
  expect(await runBy(sqlFiles(at('migrations'), at('seed.sql')))).toEqual([
    ['one', 'migrations/0001_one/migration.sql'],
    ['two', 'migrations/0002_two.sql'],
    ['seed', 'seed.sql'],
  ])
})

test.each([
  ['a text', 'migrations/0002_two.sql', true],
  ['a file more', 'migrations/0003.sql', true],
  ['a file that is not applied', 'migrations/0002_two.down.sql', false],
])('the hash changes with what is applied: %s', async (_, name, changes) => {
  const before = await sqlFiles(at('migrations')).hash()
  write(name, 'changed')
  const after = await sqlFiles(at('migrations')).hash()
  expect(after !== before).toBe(changes)
})

test('the hash of a command changes with the command and with every file that it reads', async () => {
  const layer = () => shellCommand('migrate up', { reads: [at('migrations')] })
  const before = await layer().hash()
  expect(await layer().hash()).toBe(before)
  write('migrations/meta.json', '{"changed":true}')
  expect(await layer().hash()).not.toBe(before)
  expect(await shellCommand('migrate', { reads: [at('migrations')] }).hash()).not.toBe(await layer().hash())
})

test('a folder that is not there is told by name', async () => {
  await expect(sqlFiles(at('nowhere')).hash()).rejects.toThrow('nowhere')
})

test.each(['-- migrate:down', '-- +goose Down', '-- Down Migration', '--Down Migration'])(
  'what stands below %s is left out',
  (marker) => {
    expect(upwards(`create table t ();\n${marker}\ndrop table t;`)).toBe('create table t ();\n')
  },
)

test('a comment that only speaks of it is no marker', () => {
  const sql = "-- no migrate:down here\nselect '-- migrate:down';"
  expect(upwards(sql)).toBe(sql)
})
