/** What a database of its own costs a test, beside a TRUNCATE of the same schema. */
import { Client } from 'pg'
import { databaseWithTables, dropDatabases, madeBy, restore, snapshot } from '../src/databases/index.ts'
import { recipeOf } from '../src/databases/kinds/starting-contents.ts'
import { readName } from '../src/databases/naming/database-names.ts'
import { Server } from '../src/databases/server/server.ts'
import { ensureTemplate } from '../src/databases/templates/template.ts'
import { type Contender, measurePairs, timed } from './pairs.ts'
import type { Bench, Section } from './results.ts'
import { createSchema, tables, touchedTables } from './schema.ts'

/** The label is that of the variant. */
const TRUNCATE = 'truncate'

const contents = { tables: [madeBy('1', fortyTables)] }

async function fortyTables({ url }: { url: string }): Promise<void> {
  await withClient(url, createSchema)
}

export async function measureDatabases(bench: Bench): Promise<Section> {
  process.env['PG_SANDBOX_PROJECT'] = 'pg-sandbox bench'
  const title = 'A database of its own'
  const pairs = bench.pairs(bench.isQuick ? 7 : 31)
  const done = bench.progress(title, pairs + 1)
  const server = Server.of(bench.url)
  const release = server.keepOpen()
  try {
    const contenders = [
      truncation(bench.url),
      ...ofDatabases(server, bench.url),
      await restoration(server, bench.url),
    ]
    const measured = await measurePairs(contenders, { baseline: TRUNCATE, pairs, done })
    return { name: 'databases', title, unit: 'ms', groups: [{ name: '40 tables', measured }], notes: [] }
  } finally {
    await dropDatabases()
    for (const { name } of await server.databases()) await server.dropDatabase(name)
    await release()
  }
}

function truncation(url: string): Contender {
  const insert = touchedTables.map((table) => `insert into ${table} (name) values ('one')`).join('; ')
  return {
    name: TRUNCATE,
    run: () =>
      withClient(url, async (client) => {
        await client.query(insert)
        return timed(() => client.query(`truncate ${tables.join(', ')}`))
      }),
  }
}

function ofDatabases(server: Server, url: string): Contender[] {
  const mark = { purpose: 'clone', state: 'ready' } as const
  const create = async (name: string): Promise<number> => {
    const template = await ensureTemplate(server, recipeOf(contents))
    const { name: from, strategy } = template
    const milliseconds = await timed(() => server.createDatabase(name, { from, strategy, mark }))
    await template.release()
    return milliseconds
  }
  return [
    {
      name: 'clone, made ahead',
      async run() {
        await background(server)
        const name = nextName()
        const milliseconds = await create(name)
        await server.dropDatabase(name)
        return milliseconds
      },
    },
    {
      name: 'wait for one that is ready',
      async run() {
        await background(server)
        const begun = performance.now()
        const database = await databaseWithTables({ ...contents, url })
        const milliseconds = performance.now() - begun
        await database.drop()
        return milliseconds
      },
    },
    {
      name: 'its drop, in the background',
      async run() {
        const name = nextName()
        await create(name)
        await background(server)
        return timed(() => server.dropDatabase(name))
      },
    },
  ]
}

let names = 0
const nextName = (): string => `bench_test_${process.pid}_${(names += 1)}`

/** Of a database with a client in it, which has written to it. */
async function restoration(server: Server, url: string): Promise<Contender> {
  const database = await databaseWithTables({ ...contents, url })
  await snapshot('as made', { database })
  return {
    name: 'restore of a snapshot',
    async run() {
      const client = new Client({ connectionString: database.url })
      client.on('error', () => {})
      await client.connect()
      await client.query(`insert into ${touchedTables[0]} (name) values ('one')`)
      await background(server)
      const milliseconds = await timed(() => restore('as made', { database }))
      await client.end().catch(() => {})
      return milliseconds
    },
  }
}

/** The database to restore, the clone for it, and the two that are ahead. */
const AT_REST = 4

/** Waits until what goes on in the background is done. */
async function background(server: Server): Promise<void> {
  const clones = async (): Promise<number> =>
    (await server.databases()).filter(({ name }) => readName(name)?.purpose === 'clone').length
  while ((await clones()) !== AT_REST) await new Promise((resolve) => setTimeout(resolve, 5))
}

async function withClient<Result>(url: string, work: (client: Client) => Promise<Result>): Promise<Result> {
  const client = new Client({ connectionString: url })
  await client.connect()
  try {
    return await work(client)
  } finally {
    await client.end()
  }
}
