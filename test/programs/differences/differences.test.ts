import { useDatabase } from '../../support/database.ts'
import { type Batch, batchesOf, runBatch } from './batch.ts'
import { Harness } from './harness.ts'
import { reportOf } from './report.ts'
import { DATABASE_SETTINGS, type SchemaKind } from './schema.ts'
import { shrinkFound } from './shrink.ts'

/**
 * Random programs, plain and sandboxed: every message of the server must be the same, and nothing stays.
 * `RANDOM_PROGRAMS=5000 RANDOM_SEED=7` runs more, and others; `npm run fuzz` runs many more, in several processes.
 */
const PROGRAMS = Number(process.env['RANDOM_PROGRAMS'] ?? 300)

const SEED = Number(process.env['RANDOM_SEED'] ?? 20_261_121)

const databases = {
  rich: { plain: useDatabase(DATABASE_SETTINGS), sandboxed: useDatabase(DATABASE_SETTINGS) },
  bare: { plain: useDatabase(DATABASE_SETTINGS), sandboxed: useDatabase(DATABASE_SETTINGS) },
}

const harnesses = new Map<SchemaKind, Harness>()

beforeAll(async () => {
  for (const kind of ['rich', 'bare'] as const) {
    const { plain, sandboxed } = databases[kind]
    harnesses.set(kind, await Harness.prepare(kind, plain.url(), sandboxed.url()))
  }
}, 30_000)

afterAll(async () => {
  for (const harness of harnesses.values()) await harness.end()
})

/** The report of the first program that differs. */
async function firstDifference(batch: Batch): Promise<string | undefined> {
  const harness = harnesses.get(batch.schema)!
  const [found] = await runBatch(batch, harness)
  return found && reportOf({ found, shrunk: await shrinkFound(found, harness), count: 1 })
}

test.each(batchesOf({ programs: PROGRAMS, seed: SEED, size: 50 }))(
  '$size random programs do the same plain and sandboxed (seed $seed, $schema schema, $situation)',
  async (batch) => {
    const difference = await firstDifference(batch)
    if (difference !== undefined) throw new Error(difference)
  },
  300_000,
)
