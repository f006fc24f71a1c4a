/** The heart of the comparison: the same tests in each variant, on the loopback and with a delay. */
import { Client } from 'pg'
import { DELAY } from './delayed.ts'
import { otherNames, otherVariants, INSTALL } from './other-packages.ts'
import { type Contender, measurePairs, timed } from './pairs.ts'
import type { Bench, Group, Section } from './results.ts'
import { touchedTables } from './schema.ts'
import { BASELINE, ownVariants, type Variant } from './variants.ts'
import { type Workload, workloads } from './workload.ts'

/** The workloads of `--quick`. */
const QUICK = ['2 statements', '5 statements', '5 statements in a transaction']

/** How many tests are timed together, as a file has several. */
interface Counts {
  readonly fast: number
  readonly slow: number
  readonly pairs: number
}

function countsWithoutDelay({ isQuick }: Bench): Counts {
  return isQuick ? { fast: 20, slow: 1, pairs: 5 } : { fast: 50, slow: 1, pairs: 11 }
}

export async function measureTests(bench: Bench): Promise<Section> {
  return measureAt(bench.url, bench, countsWithoutDelay(bench), {
    name: 'tests',
    title: 'Tests, on the loopback',
  })
}

/** Beside a server as it is without being set up for tests, where each commit waits for the disk. */
export async function measureSyncedTests(bench: Bench): Promise<Section> {
  const server = await bench.startSynced()
  const quickly = {
    ...bench,
    url: server.url,
    isQuick: true,
    wants: (name: string) => bench.wants(name) && !isSlow(name),
  }
  try {
    const title = 'Tests, on the loopback, with fsync as it is by default'
    return await measureAt(server.url, quickly, countsWithoutDelay(bench), { name: 'synced', title })
  } finally {
    await server.stop()
  }
}

function isSlow(name: string): boolean {
  return ownVariants.some((variant) => variant.name === name && variant.isSlow)
}

export async function measureDelayedTests(bench: Bench): Promise<Section> {
  const counts = bench.isQuick ? { fast: 3, slow: 1, pairs: 3 } : { fast: 5, slow: 1, pairs: 6 }
  const title = `Tests, each message delayed by ${DELAY} ms`
  return measureAt(bench.delayedUrl, bench, counts, { name: 'delayed', title })
}

async function measureAt(
  url: string,
  bench: Bench,
  counts: Counts,
  heading: { name: string; title: string },
): Promise<Section> {
  const all = [...ownVariants, ...otherVariants()]
  const variants = all.filter(({ name }) => bench.wants(name))
  const pairs = bench.pairs(counts.pairs)
  const chosen = bench.isQuick ? workloads.filter(({ name }) => QUICK.includes(name)) : workloads
  const done = bench.progress(heading.title, chosen.length * (pairs + 1))
  const inspector = new Client({ connectionString: bench.url })
  await inspector.connect()
  const groups: Group[] = []
  for (const workload of chosen) {
    const able = variants.filter((variant) => variant.cannot?.(workload) === undefined)
    const contenders = able.map((variant) => contender(variant, { url, workload, counts, inspector }))
    const measured = await measurePairs(contenders, { baseline: BASELINE, pairs, done })
    groups.push({ name: workload.name, measured })
  }
  await inspector.end()
  return { ...heading, unit: 'ms per test', groups, notes: notesOn(all, variants) }
}

interface Circumstances {
  readonly url: string
  readonly workload: Workload
  readonly counts: Counts
  readonly inspector: Client
}

/** A file of tests. The first is not timed, as it connects. */
function contender(variant: Variant, { url, workload, counts, inspector }: Circumstances): Contender {
  const tests = variant.isSlow ? counts.slow : counts.fast
  return {
    name: variant.name,
    async run() {
      const file = await variant.begin(url, workload.touched)
      if (!variant.isSlow) await file.test((database) => workload.run(database))
      const milliseconds = await timed(async () => {
        for (let i = 0; i < tests; i += 1) await file.test((database) => workload.run(database))
      })
      await file.end()
      await inspect(variant, inspector)
      return milliseconds / tests
    },
  }
}

/** What does not undo a test is no isolation, however fast. Leaves the tables as new for the next. */
async function inspect({ name, leavesRows }: Variant, inspector: Client): Promise<void> {
  const counts = touchedTables.map((table) => `(select count(*)::int from ${table})`)
  const { rows } = await inspector.query(`select ${counts.join(' + ')} as left`)
  const left = (rows[0] as { left: number }).left
  if (left > 0 && !leavesRows) throw new Error(`${name} has left ${left} rows`)
  await inspector.query(`truncate ${touchedTables.join(', ')}`)
}

function notesOn(all: readonly Variant[], variants: readonly Variant[]): string[] {
  const missing = otherNames.filter((name) => !all.some((variant) => variant.name === name))
  const notes = missing.map((name) => `${name} is not installed: ${INSTALL}`)
  for (const { name, cannot } of variants) {
    const reasons = workloads.map((workload) => cannot?.(workload)).filter((reason) => reason !== undefined)
    for (const reason of new Set(reasons)) notes.push(`${name} has no figures with transactions: ${reason}`)
  }
  return notes
}
