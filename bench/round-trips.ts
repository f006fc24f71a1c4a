/** `npm run bench -- --round-trips`: what a test waits for, counted by a proxy; no clock is needed. */
import { Client } from 'pg'
import { RoundTrips } from '../test/support/round-trips.ts'
import { type Situation, situations } from '../test/support/round-trip-situations.ts'
import { otherVariants } from './other-packages.ts'
import { BASELINE, ownVariants, type Variant } from './variants.ts'
import type { Database } from './workload.ts'

const COUNTED = [BASELINE, 'pg-sandbox', 'pg-transactional-tests', 'pgsql-test']

const NOTES = 'create table if not exists notes (id serial primary key, body text unique)'

/** A row of Markdown for each situation, hooks included, on a connection that is open. */
export async function roundTripTable(url: string): Promise<string> {
  const all = [...ownVariants, ...otherVariants()]
  const variants = COUNTED.flatMap((name) => all.filter((variant) => variant.name === name))
  const admin = new Client({ connectionString: url })
  await admin.connect()
  await admin.query(NOTES)
  const proxied = new URL(url)
  const trips = await RoundTrips.start(Number(proxied.port || 5432))
  proxied.port = String(trips.port)
  const lines = [
    row(['a test that does', ...variants.map(({ label }) => label)]),
    row(['---', ...variants.map(() => '---')]),
  ]
  for (const situation of situations) {
    const counts: string[] = []
    for (const variant of variants) {
      counts.push(await count(variant, situation, proxied.href, trips))
      await admin.query('truncate notes')
    }
    lines.push(row([situation.name, ...counts]))
  }
  await trips.close()
  await admin.query('drop table notes')
  await admin.end()
  return lines.join('\n')
}

function row(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`
}

async function count(
  variant: Variant,
  { work, name }: Situation,
  url: string,
  trips: RoundTrips,
): Promise<string> {
  if (variant.name === 'pgsql-test' && name.includes('COMMIT')) return '–'
  const file = await variant.begin(url, [])
  await file.test(async (database) => void (await database.query('select 1')))
  let hasFailed = false
  const counted = await trips.count(() =>
    file
      .test((database) => withClient(variant, database, work))
      .catch(() => {
        // In a transaction without savepoints nothing runs after an error.
        hasFailed = true
      }),
  )
  await file.end()
  return hasFailed ? 'fails' : String(counted)
}

/** One client for the test, as a pool opens a new one after an error. */
async function withClient(variant: Variant, database: Database, work: Situation['work']): Promise<void> {
  if (variant.name === 'pgsql-test') return work(database)
  const client = await database.connect()
  try {
    await work(client)
  } finally {
    client.release()
  }
}
