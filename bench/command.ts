/**
 * `npm run bench`. `--quick` takes about a minute; `--only` takes the name of a section or of a variant, and may be given
 * more than once; `--pairs 20`; `--json file`; `--svg file`; `--round-trips` prints that table alone.
 */
import { writeFile } from 'node:fs/promises'
import { parseArgs } from 'node:util'
import { Client } from 'pg'
import { chartOf } from './chart.ts'
import { measureDatabases } from './databases.ts'
import { startDelayed } from './delayed.ts'
import { measureFixtures } from './fixtures.ts'
import { measureLarge } from './large.ts'
import { describeMachine, lineAbout } from './machine.ts'
import { otherNames } from './other-packages.ts'
import { measureParallel } from './parallel-scopes.ts'
import { Progress } from './progress.ts'
import type { Bench, Section } from './results.ts'
import { roundTripTable } from './round-trips.ts'
import { createSchema } from './schema.ts'
import { tableOf } from './table.ts'
import { measureDelayedTests, measureSyncedTests, measureTests } from './tests.ts'
import { BASELINE, ownVariants, TEMPLATE, withDatabase } from './variants.ts'
import { measureWrites } from './writes.ts'

export interface Postgres {
  readonly url: string
  readonly version: string
  stop(): Promise<void>
}

const DATABASE = 'bench'

const sections: Readonly<Record<string, (bench: Bench) => Promise<Section>>> = {
  tests: measureTests,
  synced: measureSyncedTests,
  delayed: measureDelayedTests,
  parallel: measureParallel,
  large: measureLarge,
  writes: measureWrites,
  databases: measureDatabases,
  fixtures: measureFixtures,
}

/** With settings that are to differ from those for tests it is a server of its own. */
type Start = (settings?: Readonly<Record<string, string>>) => Promise<Postgres>

/** The defaults of PostgreSQL. */
const SYNCED = { fsync: 'on', synchronous_commit: 'on', full_page_writes: 'on' }

/** Gives the exit code. */
export async function runBench(parameters: string[], start: Start): Promise<number> {
  const { values } = parseArgs({
    args: parameters,
    options: {
      quick: { type: 'boolean', default: false },
      only: { type: 'string', multiple: true, default: [] },
      pairs: { type: 'string' },
      json: { type: 'string' },
      svg: { type: 'string' },
      'round-trips': { type: 'boolean', default: false },
    },
  })
  const pairs = values.pairs === undefined ? undefined : Number(values.pairs)
  if (pairs !== undefined && !(Number.isSafeInteger(pairs) && pairs > 0))
    throw new Error('--pairs takes a whole number above 0')
  const unknown = values.only.filter((name) => !(name in sections) && !variantNames().includes(name))
  if (unknown.length > 0)
    throw new Error(`--only takes ${[...Object.keys(sections), ...variantNames()].join(', ')}`)
  const postgres = await start()
  const machine = describeMachine(postgres.version)
  const progress = new Progress(process.stderr)
  try {
    if (values['round-trips']) {
      console.log(await roundTripTable(postgres.url))
      return 0
    }
    console.log(lineAbout(machine))
    const results = await withBench(postgres.url, { ...values, pairs, progress, start })
    progress.end()
    if (values.json)
      await writeFile(values.json, `${JSON.stringify({ machine, sections: results }, null, 2)}\n`)
    if (values.svg) await writeFile(values.svg, chartOf(results, machine))
    return 0
  } finally {
    await postgres.stop()
  }
}

function variantNames(): string[] {
  return [...ownVariants.map(({ name }) => name), ...otherNames]
}

interface Options {
  readonly quick: boolean
  /** Names of sections and of variants. */
  readonly only: readonly string[]
  readonly pairs: number | undefined
  readonly progress: Progress
  readonly start: Start
}

async function withBench(
  server: string,
  { quick, only, pairs, progress, start }: Options,
): Promise<Section[]> {
  const onlySections = only.filter((name) => name in sections)
  const onlyVariants = only.filter((name) => !(name in sections))
  const url = await createDatabases(server)
  const delayed = await startDelayed(url)
  const bench: Bench = {
    url,
    delayedUrl: delayed.url,
    startSynced: () => startSynced(start),
    isQuick: quick,
    pairs: (usual) => pairs ?? usual,
    wants: (variant) => onlyVariants.length === 0 || [BASELINE, ...onlyVariants].includes(variant),
    progress: (title, total) => progress.section(title, total),
  }
  const results: Section[] = []
  try {
    for (const [name, measure] of Object.entries(sections)) {
      if (onlySections.length > 0 && !onlySections.includes(name)) continue
      const section = await measure(bench)
      progress.end()
      console.log(tableOf(section))
      results.push(section)
    }
  } finally {
    delayed.stop()
    await dropDatabases(server)
  }
  return results
}

async function startSynced(start: Start): Promise<{ url: string; stop(): Promise<void> }> {
  const server = await start(SYNCED)
  return { url: await createDatabases(server.url), stop: () => server.stop() }
}

async function createDatabases(server: string): Promise<string> {
  await dropDatabases(server)
  const url = withDatabase(server, DATABASE)
  await withClient(server, (client) => client.query(`create database ${DATABASE}`))
  await withClient(url, createSchema)
  await withClient(server, (client) => client.query(`create database ${TEMPLATE} template ${DATABASE}`))
  return url
}

async function dropDatabases(server: string): Promise<void> {
  await withClient(server, async (client) => {
    const { rows } = await client.query(
      "select datname from pg_database where datname = $1 or datname = $2 or starts_with(datname, 'bench_clone_')",
      [DATABASE, TEMPLATE],
    )
    for (const { datname } of rows as { datname: string }[])
      await client.query(`drop database if exists ${datname} with (force)`)
  })
}

async function withClient(url: string, work: (client: Client) => Promise<unknown>): Promise<void> {
  const client = new Client({ connectionString: url })
  await client.connect()
  try {
    await work(client)
  } finally {
    await client.end()
  }
}
