import { Client } from 'pg'
import { ClonePool } from '../../../../src/databases/clones/clone-pool.ts'
import { lockOf } from '../../../../src/databases/naming/advisory-lock.ts'
import { readName } from '../../../../src/databases/naming/database-names.ts'
import { madeBy } from '../../../../src/databases/templates/layers/made-by.ts'
import { shellCommand } from '../../../../src/databases/templates/layers/shell-command.ts'
import type { DatabaseInTheMaking, Layer } from '../../../../src/databases/templates/recipe.ts'
import {
  ensureTemplate,
  type Template,
  type TemplateOptions,
} from '../../../../src/databases/templates/template.ts'
import { startDatabaseProcess } from '../../../support/database-process.ts'
import { useDatabase } from '../../../support/database.ts'
import { useProject } from '../../../support/databases-project.ts'
import { until } from '../../../support/until.ts'

// To copy a database takes its time on a machine that is busy.
jest.setTimeout(60_000)

// Templates are made with a strategy that is given, except where it is what the test is about: to measure takes its time.

const counting = useDatabase('create table builds (step text)')
const project = useProject(counting.url)

const templates: Template[] = []
afterEach(async () => {
  for (const template of templates.splice(0)) await template.release()
})

async function ensure(
  name: string,
  layers: readonly Layer[],
  options: TemplateOptions = { strategy: 'WAL_LOG' },
): Promise<Template> {
  const template = await ensureTemplate(project.server(), { name, layers }, options)
  templates.push(template)
  return template
}

const table = (name: string) => madeBy(name, ({ run }) => run(`create table ${name} ()`))

async function tablesOf(template: Template): Promise<string[]> {
  const pool = new ClonePool(project.server(), template, { ahead: 0 })
  const client = new Client({ connectionString: (await pool.take()).url })
  await client.connect()
  const { rows } = await client.query<{ name: string }>(
    "select tablename as name from pg_tables where schemaname = 'public' order by 1",
  )
  await client.end()
  await pool.end()
  return rows.map(({ name }) => name)
}

const purposes = async () => (await project.names()).map((name) => readName(name)!.purpose).toSorted()

const building = (extra: string) => `
  const count = async (step) => {
    const client = new pg.Client(COUNTING)
    await client.connect()
    await client.query('insert into builds values ($1)', [step])
    await client.end()
  }
  const layer = madeBy('1', async ({ run }) => {
    await run('create table first ()')
    await count('begun')
    ${extra}
    await run('create table second ()')
    await count('done')
  })
  const template = await ensureTemplate(server, { name: 'race', layers: [layer] }, { strategy: 'WAL_LOG' })
  say(template.name)
  await template.release()`

test('ten processes build it once, after the first was killed half-way', async () => {
  const url = counting.url()
  const start = (extra: string) =>
    startDatabaseProcess(url, project.name, building(extra).replace('COUNTING', JSON.stringify(url)))
  const first = start("say('half-way'); await new Promise((resolve) => setTimeout(resolve, 60_000))")
  await first.line('half-way')
  const others = Array.from({ length: 10 }, () => start(''))
  const { classId } = lockOf('build', '')
  await until(async () => {
    const [row] = await project
      .server()
      .query<{ n: number }>(
        `select count(*)::int as n from pg_locks where locktype = 'advisory' and classid = ${classId} and not granted`,
      )
    return row?.n === 10
  }, 45_000)
  first.child.kill('SIGKILL')
  const names = (await Promise.all(others.map((other) => other.ended()))).flat()
  expect(new Set(names).size).toBe(1)
  expect(names).toHaveLength(10)
  expect(await counting.outside('select step, count(*)::int as n from builds group by 1 order by 1')).toEqual(
    [
      { step: 'begun', n: 2 },
      { step: 'done', n: 1 },
    ],
  )
  expect(await purposes()).toEqual(['template'])
  const sameLayer = madeBy('1', () => Promise.reject(new Error('must not be built again')))
  expect(await tablesOf(await ensure('race', [sameLayer]))).toEqual(['first', 'second'])
})

test('a changed hash makes a new one; the old one is dropped when no run uses it', async () => {
  const inUse = startDatabaseProcess(
    counting.url(),
    project.name,
    `const layer = madeBy('one', ({ run }) => run('create table one ()'))
     const template = await ensureTemplate(server, { name: 'changing', layers: [layer] }, { strategy: 'WAL_LOG' })
     say('in use')
     const alive = setInterval(() => {}, 1000)
     process.once('SIGTERM', () => { clearInterval(alive); template.release() })`,
  )
  await inUse.line('in use')
  const other = await ensure('another', [table('other')])
  const old = await ensure('changing', [table('one')])
  await old.release()
  const two = await ensure('changing', [table('two')])
  expect(await project.names()).toEqual(expect.arrayContaining([old.name, two.name]))
  inUse.child.kill()
  await inUse.ended()
  const three = await ensure('changing', [table('three')])
  const names = await project.names()
  // This process itself still uses the second.
  expect(names).not.toContain(old.name)
  expect(names).toEqual(expect.arrayContaining([two.name, three.name, other.name]))
})

test('nobody can connect to a finished template', async () => {
  const { name } = await ensure('another', [table('other')])
  const client = new Client({ connectionString: project.server().url(name) })
  await expect(client.connect()).rejects.toMatchObject({ code: '55000' })
})

test('what a layer fails with is told with its name and line, and nothing is left', async () => {
  const before = await project.names()
  const layer: Layer = {
    label: 'tables',
    hash: () => 'broken',
    apply: ({ run }) => run("create table café ();\nselect '😀';\ncreate table t (id nothing)", '0002.sql'),
  }
  const failed = ensure('broken', [table('first'), layer])
  await expect(failed).rejects.toMatchObject({ code: 'PG_SANDBOX_TEMPLATE_FAILED', cause: { code: '42704' } })
  await expect(failed).rejects.toThrow('0002.sql, line 3: type "nothing" does not exist')
  expect(await project.names()).toEqual(before)
})

test('a function that fails is told with its version', async () => {
  const layer = madeBy('7', () => Promise.reject(new Error('no rows')))
  await expect(ensure('broken', [layer])).rejects.toThrow(
    'The template could not be made: version 7: no rows',
  )
})

test('a session that a layer leaves open is told with its pid, user and application', async () => {
  let client: Client | undefined
  const layer = madeBy('1', async ({ url }: DatabaseInTheMaking) => {
    client = new Client({ connectionString: url, application_name: 'my migrations' })
    client.on('error', () => {})
    await client.connect()
  })
  const failed = ensure('left open', [layer])
  await expect(failed).rejects.toMatchObject({ code: 'PG_SANDBOX_DATABASE_IN_USE' })
  const { processID } = client as unknown as { processID: number }
  await expect(failed).rejects.toThrow(
    `- pid ${processID}, user "postgres", application "my migrations", idle`,
  )
})

test('a layer that takes too long is given up, and told so', async () => {
  let aborted = false
  const layer = madeBy('1', async ({ signal }) => {
    await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }))
    aborted = true
  })
  await expect(ensure('slow', [layer], { limit: 200, strategy: 'WAL_LOG' })).rejects.toMatchObject({
    code: 'PG_SANDBOX_TEMPLATE_LIMIT',
    message: expect.stringContaining('was not ready after 200 ms; it is being made by this process'),
  })
  expect(aborted).toBe(true)
})

test('who waits too long for another process is told which', async () => {
  const hanging = startDatabaseProcess(
    counting.url(),
    project.name,
    `const hang = madeBy('1', () => { say('hanging'); return new Promise((resolve) => setTimeout(resolve, 60_000)) })
     await ensureTemplate(server, { name: 'hanging', layers: [hang] })`,
  )
  await hanging.line('hanging')
  const waited = ensure('hanging', [madeBy('1', async () => {})], { limit: 200, strategy: 'WAL_LOG' })
  await expect(waited).rejects.toThrow(`it is being made by process ${hanging.child.pid} on `)
  hanging.child.kill('SIGKILL')
  await hanging.ended()
})

test('a command makes it in the database that its environment names', async () => {
  const script = "new (require('pg').Client)(process.env.DATABASE_URL)"
  const command = (sql: string) =>
    `node -e "const c = ${script}; c.connect().then(() => c.query(process.env.PGDATABASE.includes('building') ? '${sql}' : ''))` +
    `.catch((e) => { console.error(e.message); process.exitCode = 3 }).finally(() => c.end())"`
  const made = await ensure('command', [shellCommand(command('create table by_command ()'), { reads: [] })])
  expect(await tablesOf(made)).toEqual(['by_command'])
  const failed = ensure('command', [shellCommand(command('create nonsense'), { reads: [] })])
  await expect(failed).rejects.toThrow('it ended with 3 and said:\nsyntax error at or near "nonsense"')
})

test('the fastest way to copy it is measured once, and remembered for templates as large', async () => {
  const measured = await ensure('measured', [table('one')], {})
  const copies = async () =>
    (await project.server().databases()).flatMap(({ mark }) => (mark?.copy === undefined ? [] : [mark.copy]))
  expect(await copies()).toEqual([{ strategy: measured.strategy, sizeClass: expect.any(Number) }])
  const made: string[] = []
  const write = jest.spyOn(process.stderr, 'write').mockImplementation((text) => made.push(String(text)) > 0)
  process.env.TEST_DB_VERBOSE = '1'
  try {
    const next = await ensure('measured', [table('two')], {})
    expect(next.strategy).toBe(measured.strategy)
  } finally {
    delete process.env.TEST_DB_VERBOSE
    write.mockRestore()
  }
  expect(made.filter((line) => line.includes('created'))).toEqual([
    expect.stringMatching(/^pg-sandbox: created test_\S+_building_\S+ from template0 in \d+ ms\n$/),
  ])
  expect(await copies()).toHaveLength(2)
})
