/** What a write costs when a test makes many: Postgres gets slow past 64 subtransactions that are open. */
import { Client } from 'pg'
import { otherVariants } from './other-packages.ts'
import { type Contender, measurePairs, timed } from './pairs.ts'
import type { Bench, Group, Section } from './results.ts'
import { BASELINE, ownVariants, type Variant } from './variants.ts'

const COUNTS = [1, 10, 100, 1000, 10_000]
const COMPARED = [BASELINE, 'pg-sandbox', 'pg-transactional-tests']

/** Tests of few writes are run several times, to have something to measure. */
const WRITES_IN_A_FILE = 100

export async function measureWrites(bench: Bench): Promise<Section> {
  const title = 'Writes in a test'
  const all = [...ownVariants, ...otherVariants()]
  const variants = all.filter(({ name }) => COMPARED.includes(name) && bench.wants(name))
  const counts = bench.isQuick ? COUNTS.slice(0, -1) : COUNTS
  const pairsOf = (count: number): number => bench.pairs(bench.isQuick ? 3 : count === 10_000 ? 3 : 7)
  const total = counts.reduce((sum, count) => sum + pairsOf(count) + 1, 0)
  const done = bench.progress(title, total)
  const inspector = new Client({ connectionString: bench.url })
  await inspector.connect()
  const groups: Group[] = []
  for (const count of counts) {
    const contenders = variants.map((variant) => contender(variant, bench.url, count, inspector))
    const measured = await measurePairs(contenders, { baseline: BASELINE, pairs: pairsOf(count), done })
    groups.push({ name: count === 1 ? '1 write' : `${count.toLocaleString('en')} writes`, measured })
  }
  await inspector.end()
  return { name: 'writes', title, unit: 'ms per write', groups, notes: [] }
}

function contender(variant: Variant, url: string, count: number, inspector: Client): Contender {
  const tests = Math.max(1, WRITES_IN_A_FILE / count)
  return {
    name: variant.name,
    async run() {
      const file = await variant.begin(url, [])
      const test = (writes: number): Promise<void> =>
        file.test(async (database) => {
          for (let i = 0; i < writes; i += 1)
            await database.query('insert into writes (body) values ($1)', [`body ${i}`])
        })
      await test(1)
      const milliseconds = await timed(async () => {
        for (let i = 0; i < tests; i += 1) await test(count)
      })
      await file.end()
      await inspector.query('truncate writes')
      return milliseconds / tests / count
    },
  }
}
