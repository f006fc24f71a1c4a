import { Client } from 'pg'
import { ClonePool, type ClonePoolOptions } from '../../../../src/databases/clones/clone-pool.ts'
import type { Clone } from '../../../../src/databases/clones/clone.ts'
import { readName } from '../../../../src/databases/naming/database-names.ts'
import { madeBy } from '../../../../src/databases/templates/layers/made-by.ts'
import { ensureTemplate, type Template } from '../../../../src/databases/templates/template.ts'
import { useDatabase } from '../../../support/database.ts'
import { useProject } from '../../../support/databases-project.ts'
import { until } from '../../../support/until.ts'

// To copy a database takes its time on a machine that is busy.
jest.setTimeout(60_000)

const database = useDatabase()
const project = useProject(database.url)

let template: Template
beforeAll(async () => {
  const notes = madeBy('1', ({ run }) => run('create table notes (id int primary key)'))
  template = await ensureTemplate(project.server(), { layers: [notes] }, { strategy: 'WAL_LOG' })
})
afterAll(() => template.release())

let pool: ClonePool
afterEach(() => pool.end())

function usePool(options: ClonePoolOptions = {}, from: Template | string = template): ClonePool {
  pool = new ClonePool(project.server(), from, options)
  return pool
}

const clones = async () => (await project.names()).filter((name) => readName(name)?.purpose === 'clone')

async function connectTo({ url }: Clone): Promise<Client> {
  const client = new Client({ connectionString: url })
  client.on('error', () => {})
  await client.connect()
  return client
}

test('what is committed in one clone is not in another', async () => {
  usePool({ ahead: 0 })
  const [one, two] = [await pool.take(), await pool.take()]
  const writer = await connectTo(one)
  await writer.query('insert into notes values (1)')
  await writer.end()
  const reader = await connectTo(two)
  expect((await reader.query('select * from notes')).rows).toEqual([])
  await reader.end()
})

test('as many as are wanted are made ahead, and again for each that is taken', async () => {
  usePool({ ahead: 2 }).fill()
  await until(async () => (await clones()).length === 2)
  const ready = await clones()
  const clone = await pool.take()
  expect(ready).toContain(clone.name)
  await until(async () => (await clones()).length === 3)
  pool.release(clone)
  await until(async () => (await clones()).length === 2)
  expect(await clones()).not.toContain(clone.name)
})

/** `PG_SANDBOX_TEST_CLONES=200` takes as many. */
const COUNT = Number(process.env.PG_SANDBOX_TEST_CLONES ?? 10)

test('clones that were taken and returned leave no database behind', async () => {
  usePool({ ahead: 1 })
  const seen = new Set<string>()
  for (let taken = 0; taken < COUNT; taken += 1) {
    const clone = await pool.take()
    seen.add(clone.name)
    pool.release(clone)
    pool.release(clone)
  }
  await pool.end()
  expect(seen.size).toBe(COUNT)
  expect(await clones()).toEqual([])
}, 300_000)

test('end() drops what was not given back, also with sessions open in it, and what is still being made', async () => {
  usePool({ ahead: 1 })
  const client = await connectTo(await pool.take())
  const late = pool.take()
  await pool.end()
  await late
  expect(await clones()).toEqual([])
  await client.end().catch(() => {})
  await expect(pool.take()).rejects.toMatchObject({ code: 'PG_SANDBOX_TEST_ENDED' })
})

test('who asks after a failure finds out whether it fails still', async () => {
  const source = await usePool({ ahead: 0 }).take()
  const others = new ClonePool(project.server(), source.name, { ahead: 1 })
  const first = await others.take()
  const client = await connectTo(source)
  const failed = await Promise.all([0, 1].map(() => others.take().catch((error: unknown) => error)))
  expect(failed.at(-1)).toMatchObject({ code: 'PG_SANDBOX_DATABASE_IN_USE' })
  await client.end()
  const next = await others.take()
  expect(next.name).not.toBe(first.name)
  await others.end()
})

test('a clone that is kept stays, and how to look at it is printed', async () => {
  const lines: string[] = []
  const write = jest.spyOn(process.stderr, 'write').mockImplementation((text) => lines.push(String(text)) > 0)
  usePool({ ahead: 0 })
  const [one, two] = [await pool.take(), await pool.take()]
  try {
    pool.release(one, { keep: true, test: 'users > an email is taken once' })
    pool.release(two)
    await pool.end()
  } finally {
    write.mockRestore()
  }
  const { port } = new URL(one.url)
  expect(lines).toEqual([
    `pg-sandbox: the database of the test "users > an email is taken once" is kept for a day: ${one.name}\n` +
      `  psql 'postgres://postgres@127.0.0.1:${port}/${one.name}'\n`,
  ])
  expect(await clones()).toEqual([one.name])
  await project.server().dropDatabase(one.name)
})
